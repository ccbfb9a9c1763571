"""The parts of the dataset card on the origins of the text and of the names."""

from collections.abc import Iterable, Mapping

from cstool.download.addresses import Kind, PublishedFile, published_file
from cstool.storage.statistics import LanguageNumbers

_ORIGINS = {
    "label": "a label in the language of the row",
    "variant": "a label in a variant of the same language",
    "fallback": "a label in another language, Wikidata's fallback for the language of the row",
    "mul": "a label that Wikidata gives for all languages",
    "sitelink": "the title of a Wikipedia page, in the language `name_language`",
    "dictionary": "a translation of a word in a dictionary",
}


def origins_section(numbers: Mapping[str, LanguageNumbers]) -> str:
    """Return the share of the names of each origin by language, "" if it is unknown.

    Words that were switched are among the names.
    """
    found = {origin for its in numbers.values() for origin in its.origins}
    shown = [origin for origin in _ORIGINS if origin in found]
    if not shown:
        return ""
    meanings = "; ".join(f"`{origin}`: {_ORIGINS[origin]}" for origin in shown)
    lines = [f"| language | {' | '.join(shown)} |", f"|---|{'---:|' * len(shown)}"]
    for language, its in numbers.items():
        every = sum(its.origins.values())
        if every:
            shares = (f"{100 * its.origins.get(origin, 0) / every:.1f}%" for origin in shown)
            lines.append(f"| {language} | {' | '.join(shares)} |")
    table = "\n".join(lines)
    return f"""\
## Origin of the names

Share of the names{_words(found)} in switched sentences, by `origin`: {meanings}.

{table}

"""


def _words(origins: set[str]) -> str:
    return " and words" if "dictionary" in origins else ""


_KINDS = {
    Kind.DUMP: "XML dump",
    Kind.CONTENT: "MediaWiki Content File Export",
    Kind.TABLES: "SQL tables",
    Kind.ENTITIES: "entity dump",
}


def published_at(names: Iterable[str]) -> str:
    """Return a list of where files were published, a line for each edition.

    "" if no name is one of Wikimedia's. Of a mirror's files, Wikimedia's address is given.
    """
    found = dict.fromkeys(filter(None, map(published_file, names)))
    return "".join(f"- {_edition(one)}\n" for one in found)


def _edition(file: PublishedFile) -> str:
    return f"{file.wiki}, {file.date}: {_KINDS[file.kind]}, <{file.address}>"
