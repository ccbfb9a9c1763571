"""Formats counts as tables for a terminal."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wcwidth import wcswidth

from cstool.execution.terminal import printable
from cstool.report.stats.compare import CorpusSummary, by_language
from cstool.report.stats.documents import PairStats
from cstool.report.stats.folder_figures import FolderStats, LanguageStats, TextStats
from cstool.report.stats.lexicon_numbers import LexiconStats
from cstool.report.stats.romanized_numbers import RomanizedLanguage

if TYPE_CHECKING:
    from cstool.report.stats.breakdowns import TitleStats, TypeStats

_HEAD = ("language", "", "words", "entities", "linked", "per sentence", "dictionary words")
# Heads of the measures; a narrow table omits the last ones.
_MEASURES = (
    ("CMI", "cmi", ".1f"),
    ("I", "i_index", ".3f"),
    ("M", "m_index", ".3f"),
    ("entropy", "entropy", ".3f"),
    ("burst.", "burstiness", ".3f"),
    ("SPF", "switch_fraction", ".3f"),
    ("CMI+P", "cmi_switches", ".1f"),
)
_SHORTEST_BAR = 5
# Combinations of languages in a table.
_COMBINATIONS = 30


def as_table(stats: FolderStats, width: int, listed: Sequence[LanguageStats] | None = None) -> str:
    """Return the counts as a table of at most `width` columns, with the measures that fit.

    `listed`: the languages to show, if not all; a last line gives the number of others. The
    remaining width is used for a bar for each language.
    """
    listed = stats.languages if listed is None else listed
    head = [*_HEAD, *(name for name, _, _ in _MEASURES)]
    head[1] = stats.rows_are
    if stats.unit:
        head[5] = f"per {stats.unit}"
    rows = sum(s.rows for s in stats.languages)
    totals = rows, stats.words, stats.entities, stats.linked, stats.mixing
    everything = LanguageStats("all", *totals, dictionary_words=stats.dictionary_words)
    lines = [_cells(s) for s in [*listed, everything]]
    used = [i for i in range(len(head)) if any(line[i] for line in lines)]
    if stats.stage in ("switch", "shard") or (stats.stage == "romanize" and stats.switched):
        used = [i for i in used if i != 4]  # all entities of these stages are linked
    widths = {i: max(len(head[i]), *(len(line[i]) for line in lines)) for i in used}
    while used[-1] >= len(_HEAD) and _room(widths, used, width) < 0:
        used.pop()
    room = min(40, _room(widths, used, width) - 2)
    most = max((s.rows for s in listed), default=0)
    out = ["  ".join(_cell(head[i], widths[i], i) for i in used)]
    for line, rows in zip(lines, [*(s.rows for s in listed), 0], strict=True):
        bar = "█" * round(room * rows / most) if most and room >= _SHORTEST_BAR else ""
        out.append(("  ".join(_cell(line[i], widths[i], i) for i in used) + "  " + bar).rstrip())
    if others := len(stats.languages) - len(listed):
        out.append(f"… and {others:,} more language{'s' * (others != 1)}")
    return "\n".join(out)


def _room(widths: dict[int, int], used: list[int], width: int) -> int:
    """Return the number of columns that the table leaves free."""
    return width - sum(widths[i] for i in used) - 2 * (len(used) - 1)


def _cells(stats: LanguageStats) -> list[str]:
    """Return the cells of a language."""
    numbers = (stats.words, stats.entities, stats.linked)
    mean = stats.entities_a_sentence
    measures = [
        (getattr(stats.mixing, field) if stats.mixing else None, form)
        for _, field, form in _MEASURES
    ]
    return [
        printable(stats.language),
        f"{stats.rows:,}",
        *("" if n is None else f"{n:,}" for n in numbers),
        "" if mean is None else f"{mean:.2f}",
        _number(stats.dictionary_words or None),
        *("" if value is None else f"{value:{form}}" for value, form in measures),
    ]


def _cell(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)


def documents_table(listed: Sequence[LanguageStats]) -> str:
    """Return the lengths, gaps and switched shares of paragraphs or pages, "" if there are none."""
    lines = []
    for one in listed:
        if its := one.documents:
            lengths = [_number(n) for n in (*its.characters[:3], *its.words[1:3])]
            numbers = [f"{n:,}" for n in (its.sentences, its.gaps, its.with_gaps)]
            shares = ["" if s is None else f"{100 * s:.1f}%" for s in (its.in_names, its.switched)]
            lines.append([one.language, *lengths, *numbers, *shares])
    if not lines:
        return ""
    head = ["language", "characters 10%", "50%", "90%", "words 50%", "90%", "sentences", "gaps",
            "with gaps", "in names", "switched"]  # fmt: skip
    used = [i for i in range(len(head)) if any(line[i] for line in lines)]
    cells = [[line[i] for i in used] for line in lines]
    return aligned([head[i] for i in used], cells, 1, len(cells), "")


def pairs_table(pairs: PairStats) -> str:
    """Return the pairs of pages by language and by combination of languages."""
    lines = [
        [one.language, f"{one.rows:,}", f"{one.segments:,}", f"{one.words:,}",
         *(_number(n) for n in one.characters[:3]), _mean(one.ratio)]
        for one in pairs.languages
    ]  # fmt: skip
    head = ["language", "pages", "segments", "words", "characters 10%", "50%", "90%", "ratio"]
    combinations = [[name, f"{rows:,}"] for name, rows in pairs.combinations.items()]
    tables = (
        aligned(head, lines, 1, len(lines), ""),
        aligned(["languages", "rows"], combinations[:_COMBINATIONS], 1, len(combinations),
                 "combinations"),
    )  # fmt: skip
    return "\n\n".join(tables)


def lexicon_tables(lexicon: LexiconStats, shown: int | None = None) -> str:
    """Return the pairs of names by languages and origin, by script, and the linked entities."""
    every = lexicon.languages
    origins = sorted({origin for one in every for origin in one.origins})
    lines = [
        [one.source_language, one.target_language, f"{one.pairs:,}", f"{one.entities:,}",
         f"{one.pairs / one.entities:.2f}" if one.entities else "",
         *(_number(one.origins.get(origin)) for origin in origins)]
        for one in every[:shown]
    ]  # fmt: skip
    linked = [] if lexicon.linked is None else [["linked entities", f"{lexicon.linked:,}"]]
    whole = [["pairs", f"{lexicon.pairs:,}"], ["entities", f"{lexicon.entities:,}"], *linked]
    head = ["source", "target", "pairs", "entities", "per entity", *origins]
    scripts = [[name, f"{number:,}"] for name, number in lexicon.scripts.items()]
    most = [[f"Q{one.qid}", one.name, f"{one.links:,}"] for one in lexicon.most_linked]
    tables = [
        aligned(["lexicon", ""], whole, 1, len(whole), ""),
        aligned(head, lines, 2, len(every), "pairs of languages"),
        aligned(["script", "pairs"], scripts[:_COMBINATIONS], 1, len(scripts), "scripts"),
    ]
    if most:
        tables.append(aligned(["most linked", "", "links"], most, 2, len(most), ""))
    return "\n\n".join(tables)


def romanized_table(languages: Sequence[RomanizedLanguage]) -> str:
    """Return the share of rows that change, and of Latin letters before and after."""
    lines = [
        [one.language, f"{one.rows:,}", *(_percent(share) for share in one.shares)]
        for one in languages
    ]
    head = ["language", "rows read", "changed", "Latin letters", "romanized"]
    return aligned(head, lines, 1, len(lines), "")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}%"


def types_table(types: "Sequence[TypeStats]", shown: int) -> str:
    """Return the first `shown` types as a table."""
    every = sum(one.entities for one in types)
    lines = [
        [f"Q{one.qid}", one.name or "", f"{one.items:,}", f"{one.entities:,}",
         f"{100 * one.entities / every:.1f}%" if every else ""]
        for one in types[:shown]
    ]  # fmt: skip
    return aligned(["type", "", "items", "entities", "share"], lines, 2, len(types), "types")


def titles_table(titles: "Sequence[TitleStats]", shown: int) -> str:
    """Return the first `shown` pages as a table."""
    lines = [[one.title, f"{one.rows:,}", f"{one.entities:,}"] for one in titles[:shown]]
    head, left = ["page", "rows", "entities"], 1
    if len({one.wiki for one in titles}) > 1:
        lines = [[one.wiki or "", *line] for one, line in zip(titles, lines, strict=False)]
        head, left = ["wiki", *head], 2
    return aligned(head, lines, left, len(titles), "pages")


def summaries_table(summaries: Sequence[CorpusSummary], unit: str = "sentence") -> str:
    """Return a table with a column for each corpus; `unit`: what their rows contain."""
    columns = [_figures(one, unit) for one in summaries]
    lines = [[name, *(column[name] for column in columns)] for name in columns[0]]
    lines = [line for line in lines if any(line[1:]) or "dictionary words" not in line[0]]
    return aligned(["", *(one.name for one in summaries)], lines, 1, len(lines), "")


def _figures(one: CorpusSummary, unit: str) -> dict[str, str]:
    source, switched = one.source or TextStats(0), one.switched or TextStats(0)
    of_words = f"  dictionary words in switched {unit}s"
    return {
        f"source {unit}s": _number(source.sentences or None),
        f"  words per source {unit}": _mean(source.words_a_sentence),
        f"  entities in source {unit}s": _number(source.entities),
        f"  entities per source {unit}": _mean(source.entities_a_sentence),
        f"switched {unit}s": _number(switched.sentences or None),
        f"  entities in switched {unit}s": _number(switched.entities),
        f"  entities per switched {unit}": _mean(switched.entities_a_sentence),
        of_words: _number(switched.dictionary_words or None),
        "languages": _number(one.languages),
    }


def languages_table(folders: Mapping[str, FolderStats], units: str = "sentences") -> str:
    """Return a table of the rows by language and folder."""
    lines = [
        [language, *(_number(its[name].rows if name in its else 0) for name in folders)]
        for language, its in by_language(folders).items()
    ]
    return aligned([units, *folders], lines, 1, len(lines), "")


def _mean(mean: float | None) -> str:
    return "" if mean is None else f"{mean:.2f}"


def _number(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def aligned(head: list[str], lines: list[list[str]], left: int, number: int, what: str) -> str:
    """Return cells in aligned columns; a last line gives the number of omitted lines.

    The first `left` columns are left-aligned. `number`: total number of lines; `what`: their unit.
    Widths are columns of the terminal, because names can be in any script.
    """
    cells = [[printable(cell) for cell in line] for line in (head, *lines)]
    widths = [max(wcswidth(line[i]) for line in cells) for i in range(len(head))]
    out = []
    for line in cells:
        padded = [
            text + " " * (width - wcswidth(text)) if i < left
            else " " * (width - wcswidth(text)) + text
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ]  # fmt: skip
        out.append("  ".join(padded).rstrip())
    if number > len(lines):
        out.append(f"… and {number - len(lines):,} more {what}")
    return "\n".join(out)
