"""The figures on a lexicon, and on rows with their text in Latin letters."""

from collections.abc import Iterator, Sequence

from cstool.languages.codes import codes_in, language_name
from cstool.report.html.bar_charts import bar_chart
from cstool.report.html.charts import Drawer
from cstool.report.html.figures import Figure
from cstool.report.html.tables import Cell, percent, table
from cstool.report.stats.lexicon_numbers import LexiconStats
from cstool.report.stats.romanized_numbers import RomanizedLanguage

_SHOWN = 30


def lexicon_figures(lexicon: LexiconStats, draw: Drawer) -> Iterator[Figure]:
    """Yield the figures on a lexicon: its pairs by languages and script, its most linked items."""
    yield _pairs(lexicon, draw)
    title = "Pairs by script"
    text = "The scripts of the target name (ISO 15924)."
    scripts = [*lexicon.scripts.items()]
    if scripts:
        yield Figure(
            title, text, table(["script", "pairs"], scripts), bar_chart(title, scripts, draw)
        )
    if lexicon.most_linked:
        title = "Most linked entities"
        cells = [(f"Q{one.qid}", one.name, one.links) for one in lexicon.most_linked]
        bars = [(f"{name} ({qid})", links) for qid, name, links in cells]
        yield Figure(
            title, "", table(["item", "name", "links"], cells), bar_chart(title, bars, draw)
        )


def _pairs(lexicon: LexiconStats, draw: Drawer) -> Figure:
    origins = sorted({origin for one in lexicon.languages for origin in one.origins})
    cells: list[tuple[Cell, ...]] = [
        (
            one.source_language,
            one.target_language,
            one.pairs,
            one.entities or None,
            one.pairs / one.entities if one.entities else None,
            *(one.origins.get(origin, 0) for origin in origins),
        )
        for one in lexicon.languages
    ]
    linked = "" if lexicon.linked is None else f", {lexicon.linked:,} of them linked"
    text = f"{lexicon.pairs:,} pairs of names of {lexicon.entities:,} entities{linked}."
    heads = ["source", "target", "pairs", "entities", "pairs per entity", *origins]
    bars = [(f"{o.source_language} – {o.target_language}", o.pairs) for o in lexicon.languages]
    title = "Pairs by languages"
    return Figure(title, text, table(heads, cells), bar_chart(title, bars, draw))


def romanized_figures(languages: Sequence[RomanizedLanguage], draw: Drawer) -> Iterator[Figure]:
    """Yield a figure on the rows that change, and on letters that are Latin before and after."""
    cells: list[tuple[Cell, ...]] = [
        (one.language, _name(one.language), one.rows, *map(percent, one.shares))
        for one in languages
    ]
    heads = ["code", "language", "rows read", "changed", "Latin letters", "romanized"]
    title = "Rows that change in Latin letters"
    text = "Share of rows whose text changes, and of letters that are Latin before and after."
    shares = [(_name(one.language), one.shares[0] or 0.0) for one in languages]
    chart = bar_chart(title, [one for one in shares if one[1]], draw, share=True)
    yield Figure(title, text, table(heads, cells), chart)


def _name(code: str) -> str:
    return " + ".join(map(language_name, codes_in(code)))
