"""Generate cstool/wikitext/data/language_names.tsv (needs `pip install babel`).

    python -m scripts.data.make_language_names > cstool/wikitext/data/language_names.tsv

Names of languages in the languages of Wikipedias, from Unicode CLDR, on which MediaWiki's extension
CLDR is based. Names that the extension replaces by its own (LocalNames) are left out (`OWN`).
"""

import babel
from babel.localedata import exists, load

from cstool.languages.codes import languages
from cstool.wikitext.wikis import known_wikis

OWN = frozenset({"bh", "mo", "nrm", "sh", "shi", "simple", "skr", "zh-hans", "zh-hant"})


def main() -> None:
    """Print the table."""
    print(f"# source: Unicode CLDR (babel {babel.__version__}): names of languages, by code,")
    print("# separated by |; made by scripts/data/make_language_names.py")
    print("language\tnames")
    wikis = known_wikis()
    for code, language in sorted(languages().items()):
        tag = language.bcp47.replace("-", "_")
        if code == "en" or not exists(tag) or not wikis.intersection(language.wikis):
            continue
        locale = str(babel.Locale.parse(tag))
        names = load(locale, merge_inherited=False).get("languages", {})
        found = {tag.replace("_", "-").lower(): name for tag, name in names.items()}
        row = "|".join(f"{tag}={name}" for tag, name in sorted(found.items()) if tag not in OWN)
        if row:
            print(f"{code}\t{row}")


if __name__ == "__main__":
    main()
