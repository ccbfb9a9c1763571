"""Take the README's screenshot of a report: python -m scripts.check.report_picture REPORT PNG.

Uses the system's Chromium, headless, with the window width of a laptop.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def picture(report: Path, png: Path) -> None:
    """Show a sentence of the report and a name's tip; write the window's picture."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1000, "height": 1180}, color_scheme="light")
        page.goto(report.absolute().as_uri())
        page.get_by_label("Text", exact=True).fill("hardly any water and almost no")
        page.locator(".entity").nth(3).hover()
        page.wait_for_timeout(200)
        page.screenshot(path=png)
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    picture(Path(sys.argv[1]), Path(sys.argv[2]))
