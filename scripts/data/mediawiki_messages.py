"""Write messages of MediaWiki that modules show as a table (messages.tsv).

Usage: mediawiki_messages.py MEDIAWIKI/languages/i18n VERSION > cstool/wikitext/data/messages.tsv
"""

import json
import sys
from pathlib import Path

INTERVALS = "seconds minutes hours days weeks years decades centuries millennia"
KEYS = (
    *("and", "brackets", "brackets-end", "brackets-start", "colon-separator", "comma-separator"),
    *(f"duration-{interval}" for interval in INTERVALS.split()),
    *("ellipsis", "parentheses", "parentheses-end", "parentheses-start", "percent"),
    *("pipe-separator", "quotation-marks", "semicolon-separator", "word-separator"),
)


def main(folder: str, version: str) -> None:
    """Print the table."""
    name = Path(__file__).name
    print(f"# source: MediaWiki {version}'s languages/i18n; made by scripts/data/{name}")
    print("language", "key", "text", sep="\t")
    for file in sorted(Path(folder).glob("*.json")):
        messages = json.loads(file.read_text(encoding="utf-8"))
        for key in KEYS:
            if key in messages and file.stem not in ("qqq", "qqx"):
                print(file.stem, key, messages[key], sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
