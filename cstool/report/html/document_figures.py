"""The figures on paragraphs and pages: lengths, entities, shares of names, gaps."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from cstool.languages.codes import language_name
from cstool.report.html.charts import Drawer
from cstool.report.html.facts import ReportData
from cstool.report.html.figures import Figure
from cstool.report.html.tables import Cell, percent, table
from cstool.storage.histograms import BOUNDS, SHARES, quantile
from cstool.storage.statistics import DocumentNumbers

# Buckets of a chart are doubled from here on; all smaller numbers are one bucket.
_SMALLEST = {"characters": 128, "words": 16, "entities": 1}


def document_figures(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    """Yield the figures on the paragraphs or pages of a corpus."""
    assert facts.statistics is not None
    by_language = {
        code: its.documents for code, its in facts.statistics.languages.items() if its.documents
    }
    whole = sum(by_language.values(), DocumentNumbers())
    units = facts.units
    for title, axis, counts in (
        (f"Entities per {facts.unit}", "entities", whole.entities),
        (f"Length of {units} in characters", "characters", whole.characters),
        (f"Length of {units} in words, of a sample", "words", whole.words),
    ):
        if any(counts):
            yield _lengths(title, axis, counts, units, draw)
    if any(whole.shares):
        yield _shares(whole.shares, units, draw)
    yield _by_language(by_language, units)
    passes = [its.passes for its in facts.statistics.languages.values() if its.passes]
    if passes:
        total = [sum(column) for column in zip(*passes, strict=True)]
        yield Figure("Passes", "", table(["pass", units], [*enumerate(total)]))


def _lengths(title: str, axis: str, counts: Sequence[int], units: str, draw: Drawer) -> Figure:
    """Return a histogram whose buckets double."""
    lows = [0, _SMALLEST[axis]]
    last = max(i for i, number in enumerate(counts) if number)
    while lows[-1] <= BOUNDS[last]:
        lows.append(2 * lows[-1])
    sums = [0] * (len(lows) - 1)
    for low, number in zip(BOUNDS, counts, strict=True):
        if number:
            sums[max(i for i, start in enumerate(lows[:-1]) if start <= low)] += number
    names = [
        str(low) if high == low + 1 else f"{low:,}–{high - 1:,}" for low, high in pairwise(lows)
    ]
    rows = [{"name": f"{low:,}", "value": n} for low, n in zip(lows, sums, strict=False)]
    median = quantile(counts, 0.5)
    text = f"Median: {median:,} {axis}. Each interval is twice as wide as the one before."
    cells = [(name, n, percent(n / sum(sums))) for name, n in zip(names, sums, strict=True)]
    chart = draw.columns(rows, axis, (title, text), every=1)
    return Figure(title, text, table([axis, units, "share"], cells), chart)


def _shares(counts: Sequence[int], units: str, draw: Drawer) -> Figure:
    title = "Share of the characters in names"
    text = f"Of each of the switched {units}."
    step = 100 // SHARES
    last = max(i for i, number in enumerate(counts) if number)
    rows = [{"name": f"{step * i}%", "value": counts[i]} for i in range(last + 1)]
    cells = [
        (f"{step * i}–{step * (i + 1)}%", counts[i], percent(counts[i] / sum(counts)))
        for i in range(last + 1)
    ]
    chart = draw.columns(rows, "share", (title, text), every=1)
    return Figure(title, text, table(["characters in names", units, "share"], cells), chart)


def _by_language(numbers: dict[str, DocumentNumbers], units: str) -> Figure:
    cells: list[tuple[Cell, ...]] = []
    for code, its in numbers.items():
        lengths = (quantile(its.characters, share) for share in (0.1, 0.5, 0.9, 0.99))
        words = (quantile(its.words, share) for share in (0.5, 0.9))
        share = its.name_characters / its.switched_characters if its.switched_characters else None
        counted = (its.sentences, its.gaps, its.with_gaps)
        cells.append((code, language_name(code), *lengths, *words, *counted, percent(share)))
    heads = ["code", "language", "characters: 10%", "50%", "90%", "99%", "words: 50%", "90%"]
    heads += ["sentences", "gaps", f"{units} with gaps", "characters in names"]
    text = (
        "Quantiles are approximate. Gaps are sentences that are missing because they have missing "
        "text."
    )
    return Figure("Lengths and gaps by language", text, table(heads, cells))
