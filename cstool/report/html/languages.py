"""The figures on languages: sentences, scripts, labels, unchanged sentences, code-mixing."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cstool.languages.code_mixing import MixingMeasures, MixingSums
from cstool.languages.codes import bcp47, language_name
from cstool.report.html.bar_charts import bar_chart
from cstool.report.html.charts import Chart, Drawer
from cstool.report.html.facts import ReportData
from cstool.report.html.figures import Figure
from cstool.report.html.tables import (
    Cell,
    percent,
    script_name,
    table,
)
from cstool.storage.histograms import quantile
from cstool.storage.statistics import LanguageNumbers, SampleStats

_SHOWN = 30
# Codes listed for a language, of names that are not in it.
_OTHERS = 5


def language_figures(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    """Yield the figures on languages for which there is data."""
    if facts.statistics is None:
        yield from _of_counts(facts, draw)
        return
    languages = facts.statistics.languages
    rows = {code: sum(numbers.rows.values()) for code, numbers in languages.items()}
    yield _by_language(facts, rows, draw)
    yield _scripts(facts.units, rows, draw)
    yield from _labels(facts, rows, draw)
    yield from _origins(languages, facts.units)
    switched = {code: rows[code] - its.source_rows for code, its in languages.items()}
    if not any(its.source_rows for its in languages.values()):  # cstool 0.1 did not count them
        switched = {c: n for c, n in switched.items() if c not in facts.source_languages}
    switched = {code: number for code, number in switched.items() if number}
    if switched:
        yield _unswitched(facts, switched, draw)
        yield from _mixing({code: languages[code] for code in switched}, draw)


def _of_counts(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    """Yield figures from the counts of `switch`, `entities` or `pair`."""
    for stage, detail, what in (
        ("switch", "languages", facts.units),
        ("entities", "languages", "labels"),
        ("pair", "pages by language", "pages"),
    ):
        numbers = facts.detail(stage, detail) if facts.stage == stage else {}
        if numbers:
            title = f"{what.capitalize()} by language"
            ranked = sorted(numbers.items(), key=lambda n: (-n[1], n[0]))
            cells = [(code, language_name(code), number) for code, number in ranked]
            heads = ["code", "language", what]
            yield Figure(title, "", table(heads, cells), _bars(title, ranked, draw))
    yield from _entities_and_words(facts)
    pairs = facts.detail("pair", "pairs of languages") if facts.stage == "pair" else {}
    if pairs:
        lines = sorted(pairs.items(), key=lambda n: (-n[1], n[0]))
        yield Figure("Pairs of languages", "", table(["languages", "entities"], lines))


def _entities_and_words(facts: ReportData) -> Iterator[Figure]:
    """Yield a table of what was switched in a folder of `switch` with words."""
    words = facts.detail("switch", "words by language") if facts.stage == "switch" else {}
    if not words:
        return
    entities = facts.detail("switch", "entities by language")
    codes = sorted({*words, *entities}, key=lambda code: (-words.get(code, 0), code))
    cells = [(c, language_name(c), entities.get(c, 0), words.get(c, 0)) for c in codes]
    heads = ["code", "language", "entities", "dictionary words"]
    yield Figure("Entities and words by language", "", table(heads, cells))


def _named(code: str) -> str:
    return f"{language_name(code)} ({code})"


def _bars(
    title: str, ranked: Sequence[tuple[str, int | float]], draw: Drawer, *, share: bool = False
) -> Chart:
    named = [(_named(code), number) for code, number in ranked]
    return bar_chart(title, named, draw, share=share)


def _by_language(facts: ReportData, rows: dict[str, int], draw: Drawer) -> Figure:
    assert facts.statistics is not None
    languages = facts.statistics.languages
    ranked = sorted(rows.items(), key=lambda n: (-n[1], n[0]))
    cells: list[tuple[Cell, ...]] = []
    for code, number in ranked:
        its = languages[code]
        cells.append(
            (
                code,
                language_name(code),
                script_name(code),
                bcp47(code),
                number,
                its.rows.get("validation", 0),
                its.entities,
                *([facts.dictionary_words.get(code, 0)] if facts.dictionary_words else []),
                its.entities / number if number else None,
                quantile(its.documents.characters, 0.5)
                if its.documents
                else _median(its.characters),
            )
        )
    heads = ["code", "language", "script", "BCP 47", facts.units, "validation", "entities"]
    heads += ["dictionary words"] if facts.dictionary_words else []
    heads += [f"entities per {facts.unit}", "median characters"]
    title = f"{facts.units.capitalize()} by language"
    text = f"Training and validation {facts.units}."
    if len(rows) > _SHOWN:
        text += f" The chart shows the {_SHOWN} largest of {len(rows)} languages."
    return Figure(title, text, table(heads, cells), _bars(title, ranked, draw))


def _median(histogram: Sequence[int]) -> int | None:
    """Return the upper bound, in characters, of the bucket of ten that contains the median."""
    whole, below = sum(histogram), 0
    for bucket, number in enumerate(histogram):
        below += number
        if whole and 2 * below >= whole:
            return (bucket + 1) * 10
    return None


def _scripts(units: str, rows: dict[str, int], draw: Drawer) -> Figure:
    by_script, languages = Counter[str](), Counter[str]()
    for code, number in rows.items():
        by_script[script_name(code) or "unknown"] += number
        languages[script_name(code) or "unknown"] += 1
    ranked = sorted(by_script.items(), key=lambda n: (-n[1], n[0]))
    cells = [(script, languages[script], number) for script, number in ranked]
    bars = [{"name": script, "value": number} for script, number in ranked[:_SHOWN]]
    description = ", ".join(f"{name}: {number:,}" for name, number in ranked[:5])
    title = f"{units.capitalize()} by script"
    text = "The main script of the language of the entity labels."
    heads = ["script", "languages", units]
    return Figure(title, text, table(heads, cells), draw.bars(bars, (title, description)))


def _labels(facts: ReportData, rows: dict[str, int], draw: Drawer) -> Iterator[Figure]:
    labels = facts.detail("entities", "languages")
    both = {code: number for code, number in rows.items() if number and labels.get(code)}
    if not both:
        return
    ranked = sorted(both.items(), key=lambda n: (-n[1], n[0]))
    points = [{"name": code, "x": labels[code], "y": number} for code, number in ranked]
    cells = [
        (code, language_name(code), labels[code], number, number / labels[code])
        for code, number in sorted(both.items(), key=lambda n: -labels[n[0]])
    ]
    units = facts.units
    title = f"{units.capitalize()} and labels by language"
    text = (
        "Each point is a language, positioned by the number of its Wikidata labels and the number "
        f"of its {units}. A language far below the others has many labels, but few for the "
        "entities in this text. Codes that would overlap are omitted; the table has all of them."
    )
    heads = ["code", "language", "labels", units, f"{units} per label"]
    chart = draw.scatter(points, ("labels", units), (title, text))
    yield Figure(title, text, table(heads, cells), chart)


def _origins(languages: dict[str, LanguageNumbers], units: str) -> Iterator[Figure]:
    """Yield a table of the shares of the origins of names, if they are known."""
    every = {code: sum(its.origins.values()) for code, its in languages.items()}
    total = Counter[str]()
    for its in languages.values():
        total.update(its.origins)
    if not total:
        return
    shown = [origin for origin, _ in total.most_common()]
    cells: list[tuple[Cell, ...]] = []
    for code in sorted(filter(every.get, every), key=lambda code: (-every[code], code)):
        shares = (percent(languages[code].origins.get(o, 0) / every[code]) for o in shown)
        others = Counter(languages[code].name_languages)
        others.pop(code, None)
        listed = ", ".join(f"{other} ({n:,})" for other, n in others.most_common(_OTHERS))
        cells.append((code, language_name(code), every[code], *shares, listed))
    heads = ["code", "language", "names", *shown, "names from other codes"]
    text = (
        f"Where the names in switched {units} come from. label: the language of the row; variant: "
        "a variant of the same language; fallback: another language; mul: Wikidata's label for all "
        "languages; sitelink: the title of a Wikipedia page; dictionary: a translation of a word."
    )
    yield Figure("Origin of the names", text, table(heads, cells))


def _unswitched(facts: ReportData, rows: dict[str, int], draw: Drawer) -> Figure:
    assert facts.statistics is not None
    languages, unit, units = facts.statistics.languages, facts.unit, facts.units
    shares = {code: languages[code].unswitched / number for code, number in rows.items()}
    ranked = sorted(shares.items(), key=lambda n: (-n[1], n[0]))
    cells: list[tuple[Cell, ...]] = []
    for code, share in ranked:
        sample = languages[code].looked_at or SampleStats()
        of_entities = sample.unswitched / sample.entities if sample.entities else None
        its = (code, language_name(code), languages[code].unswitched, percent(share))
        cells.append((*its, percent(of_entities), sample.entities))
    spans = "entities and words" if facts.dictionary_words else "entities"
    heads = ["code", "language", units, "share", f"share of {spans}", f"sampled {spans}"]
    title = f"Unchanged {units}"
    if not any(shares.values()):
        none = f"No switched {unit} is equal to its source {unit}."
        return Figure(title, none, table(heads, cells), folded=True)
    text = (
        f"Switched {units} that are equal to their source {unit}, because every entity has the "
        "same label in both languages."
    )
    if not all(share for _, share in ranked[:_SHOWN]):
        text += f" The chart omits languages without such {units}."
    chart = _bars(title, [one for one in ranked if one[1]], draw, share=True)
    return Figure(title, text, table(heads, cells), chart)


def _mixing(languages: dict[str, LanguageNumbers], draw: Drawer) -> Iterator[Figure]:
    sums = {
        code: MixingSums.stored(its.looked_at.mixing if its.looked_at else {})
        for code, its in languages.items()
    }
    measures = {code: its.measures() for code, its in sums.items() if its.sentences}
    if not measures:
        return
    everything = sum((its for _, its in sorted(sums.items())), MixingSums()).measures()
    known = [(code, its.cmi) for code, its in measures.items() if its.cmi is not None]
    ranked = [(code, round(cmi, 2)) for code, cmi in sorted(known, key=lambda n: (-n[1], n[0]))]
    cells = [("", "all", *_measures(everything), sum(s.sentences for s in sums.values()))]
    cells += [
        (code, language_name(code), *_measures(measures[code]), sums[code].sentences)
        for code, _ in ranked
    ]
    heads = ["code", "language", "CMI", "CMI+P", "M", "I", "entropy", "burstiness", "SPF"]
    title = "Code-mixing"
    text = (
        "Code-Mixing Index (CMI): 0 for text in one language, 50 for equal amounts of two. The "
        "metrics are computed on a random sample of sentences and are defined in docs/metrics.md "
        "of cstool."
    )
    measured = table([*heads, "sampled sentences"], cells, digits=3)
    yield Figure(title, text, measured, _bars(title, ranked, draw))


def _measures(its: MixingMeasures) -> tuple[float | None, ...]:
    some = (its.cmi, its.cmi_switches, its.m_index, its.i_index)
    return (*some, its.entropy, its.burstiness, its.switch_fraction)
