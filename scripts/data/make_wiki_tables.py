"""Write the tables of Wikimedia's own settings of its Wikipedias.

    python -m scripts.data.make_wiki_tables SETTINGS

SETTINGS is a folder with tables of operations/mediawiki-config (wmf-config/InitialiseSettings.php,
core-Namespaces.php, interwiki.php, and dblists/wikipedia.dblist): `wikipedias.tsv`,
`local_interwikis.tsv`, `case_sensitive.tsv`, `namespace_aliases.tsv`, `namespaces_extra.tsv` and
`interwiki.tsv`. Writes `wikis.tsv`, `wiki_namespaces.tsv`, `further_namespaces.tsv` and
`interwiki.tsv` in cstool/wikitext/data. A row that all Wikipedias have is written once, as a row of
`*`.
"""

import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "cstool/wikitext/data"
SETTINGS_OF = "2026-08-21"
INTERWIKI_OF = "2026-07-21"
SOURCE = "source: Wikimedia's operations/mediawiki-config"
MADE_BY = "made by scripts/data/make_wiki_tables.py"

# What WikimediaMaintenance's dumpInterwiki.php adds to each wiki's prefixes: those of the other
# projects in the wiki's language (getSites), and its one exception ($prefixRewrites).
PROJECTS = ("b", "chapter", "n", "q", "s", "v", "voy", "wikt")
REWRITTEN = [("svwiki", "s", ""), ("svwiki", "src", "project")]
# The one prefix among those of Wikipedias' languages that is no language.
NO_LANGUAGE = "w"

Row = tuple[str, ...]

# Namespaces from this number on are not MediaWiki's own.
FIRST_FURTHER = 100
# Those that all Wikipedias have, of the extension Scribunto (Extension default namespaces).
EVERYWHERE: list[Row] = [("*", "828", "Module"), ("*", "829", "Module talk")]


def read(path: Path) -> list[Row]:
    """Return a table's rows without its header."""
    lines = path.read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(line.split("\t")) for line in lines]


def write(name: str, comment: str, header: Row, rows: Iterable[Row]) -> None:
    """Write a table of the package."""
    lines = [f"# {SOURCE} {comment}", *("\t".join(row) for row in [header, *rows])]
    (DATA / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def wikis(settings: Path) -> list[Row]:
    """Return each Wikipedia, the prefixes that lead to itself, and the case of its titles."""
    own: dict[str, list[str]] = {}
    for wiki, prefix in read(settings / "local_interwikis.tsv"):
        own.setdefault(wiki, []).append(prefix)
    sensitive = {wiki for (wiki,) in read(settings / "case_sensitive.tsv")}
    return [
        (wiki, " ".join(own.get(wiki, [])), "case-sensitive" if wiki in sensitive else "")
        for wiki, _ in read(settings / "wikipedias.tsv")
    ]


def namespaces(settings: Path) -> list[Row]:
    """Return the names and aliases of namespaces that each wiki's settings add.

    Names of further namespaces are left out, because <siteinfo> has them.
    """
    extra = read(settings / "namespaces_extra.tsv")
    rows = [(wiki, n, name) for wiki, n, name in extra if int(n) < FIRST_FURTHER]
    rows += [(wiki, n, alias) for wiki, alias, n in read(settings / "namespace_aliases.tsv")]
    number_of_wikis = len(read(settings / "wikipedias.tsv"))
    shared = Counter((n, name) for _, n, name in set(rows))
    everywhere = {row for row, number in shared.items() if number == number_of_wikis}
    kept = {("*", *row) for row in everywhere}
    kept |= {row for row in rows if row[1:] not in everywhere}
    return sorted(kept, key=lambda row: (row[0], int(row[1]), row[2]))


def further_namespaces(settings: Path) -> list[Row]:
    """Return the names of further namespaces, for exports without <siteinfo>."""
    extra = read(settings / "namespaces_extra.tsv")
    rows: list[Row] = [(wiki, n, name) for wiki, n, name in extra if int(n) >= FIRST_FURTHER]
    return EVERYWHERE + sorted(rows, key=lambda row: (row[0], int(row[1]), row[2]))


def interwiki(settings: Path) -> list[Row]:
    """Return the prefixes of other wikis: of languages of Wikipedia, and of projects."""
    rows: list[Row] = [
        ("*", prefix, "language" if scope == "wikipedia" and prefix != NO_LANGUAGE else "project")
        for prefix, scope, *_ in read(settings / "interwiki.tsv")
    ]
    rows += [("*", prefix, "project") for prefix in PROJECTS]
    return sorted(set(rows)) + REWRITTEN


def main() -> None:
    """Write the tables."""
    settings = Path(sys.argv[1])
    write(
        "wikis.tsv",
        f"of {SETTINGS_OF}, {MADE_BY}; local: prefixes of links to the wiki itself"
        " ($wgLocalInterwikis); case: of titles' first letters, if it is not first-letter",
        ("wiki", "local", "case"),
        wikis(settings),
    )
    write(
        "wiki_namespaces.tsv",
        f"of {SETTINGS_OF}, {MADE_BY}; $wgNamespaceAliases, $wgMetaNamespace and"
        " $wgExtraNamespaces below 100; *: all Wikipedias",
        ("wiki", "namespace", "name"),
        namespaces(settings),
    )
    write(
        "further_namespaces.tsv",
        f"of {SETTINGS_OF}, {MADE_BY}; $wgExtraNamespaces from 100 on; *: all (Scribunto)",
        ("wiki", "namespace", "name"),
        further_namespaces(settings),
    )
    write(
        "interwiki.tsv",
        f"(interwiki.php of {INTERWIKI_OF}) and dumpInterwiki.php, {MADE_BY}; *: all Wikipedias; a"
        " wiki's own rows come after these, with no kind for a prefix that it does not have;"
        " prefixes are read without regard to case",
        ("wiki", "prefix", "kind"),
        interwiki(settings),
    )


if __name__ == "__main__":
    main()
