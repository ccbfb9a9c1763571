"""Write MediaWiki's messages with separators of texts as a table (separators.tsv).

Usage: mediawiki_list_words.py MEDIAWIKI/languages/i18n VERSION > cstool/wikitext/data/separators.tsv
"""

import json
import sys
from pathlib import Path

KEYS = (
    *("and", "brackets", "colon-separator", "comma-separator", "ellipsis", "parentheses"),
    *("pipe-separator", "quotation-marks", "semicolon-separator", "word-separator"),
)


def main(folder: str, version: str) -> None:
    """Print the table."""
    print(f"# source: MediaWiki {version}'s languages/i18n; made by scripts/data/{Path(__file__).name}")
    print("language", "message", "text", sep="\t")
    for file in sorted(Path(folder).glob("*.json")):
        messages = json.loads(file.read_text(encoding="utf-8"))
        for key in KEYS:
            if messages.get(key) and file.stem != "qqq":
                print(file.stem, key, messages[key].replace(" ", "&#32;"), sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
