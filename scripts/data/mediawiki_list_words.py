"""Write what MediaWiki's messages say about lists of words as a table (list_words.tsv).

Usage: mediawiki_list_words.py MEDIAWIKI/languages/i18n VERSION > cstool/wikitext/data/list_words.tsv
"""

import json
import sys
from pathlib import Path

KEYS = ("comma-separator", "and", "word-separator", "ellipsis")


def main(folder: str, version: str) -> None:
    """Print the table."""
    print(
        f"# source: MediaWiki {version}'s languages/i18n; made by scripts/data/{Path(__file__).name}"
    )
    print("language", "comma", "and", "word", "ellipsis", sep="\t")
    for file in sorted(Path(folder).glob("*.json")):
        messages = json.loads(file.read_text(encoding="utf-8"))
        values = [messages.get(key, "").replace(" ", "&#32;") for key in KEYS]
        if any(values) and file.stem != "qqq":
            print(file.stem, *values, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
