"""Check that the tree may be released under a tag: the version is the same everywhere.

Usage: python -m scripts.check.release TAG
"""

import re
import sys
from pathlib import Path

from cstool import __version__, distribution

ROOT = Path(__file__).parents[2]


def faults(tag: str) -> list[str]:
    """Return the reasons not to release the tree as `tag`."""
    found = []
    if tag != f"v{__version__}":
        found.append(f"the tag is {tag!r}, cstool.__version__ is {__version__!r}")
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    if f"\nversion: {__version__}\n" not in citation:
        found.append(f"CITATION.cff: the version is not {__version__}")
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    if not re.search(rf"^## {re.escape(__version__)}\b", changes, re.MULTILINE):
        found.append(f"CHANGELOG.md: no section {__version__}")
    if re.search(r"^## Unreleased\s+\S(?!# )", changes, re.MULTILINE):
        found.append("CHANGELOG.md: the section 'Unreleased' is not empty")
    if not distribution.PUBLISHED:
        found.append("cstool/distribution.py: PUBLISHED is False (CONTRIBUTING.md, 'Release')")
    return found


def main() -> None:
    """Exit with an error that lists the reasons, if there are any."""
    found = faults(sys.argv[1] if len(sys.argv) > 1 else "")
    if found:
        sys.exit("not released:\n" + "\n".join(found))
    print(f"{sys.argv[1]}: may be released")


if __name__ == "__main__":
    main()
