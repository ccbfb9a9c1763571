"""Generate cstool/wikitext/data/further_languages.tsv (needs `pip install babel`).

    python -m scripts.data.make_further_languages > cstool/wikitext/data/further_languages.tsv

Languages whose English names Unicode CLDR has, and which are not in languages.tsv: MediaWiki's
extension CLDR knows them.
"""

import babel

from cstool.languages.codes import is_known


def main() -> None:
    """Print the table."""
    names = babel.Locale("en").languages
    print(f"# source: Unicode CLDR (babel {babel.__version__}); languages that are not in")
    print("# languages.tsv; made by scripts/data/make_further_languages.py")
    print("code\tname")
    for tag, name in sorted(names.items()):
        code = tag.replace("_", "-").lower()
        if not is_known(code):
            print(f"{code}\t{name}")


if __name__ == "__main__":
    main()
