"""Generate cstool/languages/data/iso639.tsv (needs `pip install babel`).

    python -m scripts.data.make_iso639 > cstool/languages/data/iso639.tsv

The three-letter codes of ISO 639-3 (and 639-2) for languages that Wikimedia has under another code:
CLDR's language aliases (supplementalMetadata.xml) whose replacement is a code in languages.tsv.
Aliases to a script or a region are left out; `WIKIMEDIA` has what Wikimedia uses instead.
"""

import sys

import babel
from babel.core import get_global

from cstool.languages.codes import current, is_known

# CLDR replaces these by sr-Latn and fil.
WIKIMEDIA = {"hbs": "sh", "tgl": "tl"}


def codes() -> dict[str, str]:
    """Return the Wikimedia code of each three-letter code."""
    aliases = {code: language.replace("_", "-") for code, language in
               get_global("language_aliases").items()} | WIKIMEDIA  # fmt: skip
    return {
        code: current(language)
        for code, language in sorted(aliases.items())
        if len(code) == 3 and code.isalpha() and is_known(language)
    }


def main() -> None:
    """Write the table."""
    sys.stdout.write(f"# source: CLDR's language aliases (babel {babel.__version__}), made by ")
    sys.stdout.write("scripts/data/make_iso639.py\niso639\tcode\n")
    for code, language in codes().items():
        sys.stdout.write(f"{code}\t{language}\n")


if __name__ == "__main__":
    main()
