"""The sections of the page, with their texts, charts and tables."""

from collections import Counter
from collections.abc import Iterator, Sequence

from cstool.languages.codes import language_name
from cstool.report.html.charts import ChartRow, Drawer
from cstool.report.html.document_figures import document_figures
from cstool.report.html.facts import ReportData
from cstool.report.html.figures import Figure, Section
from cstool.report.html.funnel import FunnelStep, all_steps, main_way
from cstool.report.html.languages import language_figures
from cstool.report.html.lexicon_figures import lexicon_figures, romanized_figures
from cstool.report.html.mixture_figures import mixture_figures
from cstool.report.html.tables import (
    in_bytes,
    in_seconds,
    percent,
    table,
)
from cstool.report.html.timings import StageCost
from cstool.storage.counts import largest
from cstool.storage.mixture_sums import whole_of
from cstool.storage.reason_phrases import phrase_of, reasons_text

_SHOWN = 25
_HOLES_LISTED = 200


def sections(facts: ReportData, draw: Drawer) -> list[Section]:
    """Return the sections for which there is data."""
    candidates = (
        Section("mixture", "Mixture", "", [*_mixture(facts, draw)]),
        Section("lexicon", "Lexicon", "", [*_lexicon(facts, draw)]),
        Section("romanized", "Latin letters", "", [*_romanized(facts, draw)]),
        Section(
            "funnel",
            "From dump to corpus",
            "How much of its input each step kept, and why the rest was dropped.",
            [*_funnel(facts, draw)],
        ),
        Section(
            "languages",
            "Languages",
            _language_note(facts),
            [*language_figures(facts, draw)],
        ),
        Section("sentences", facts.units.capitalize(), "", [*_rows(facts, draw)]),
        Section("entities", "Entities", "", [*_entities(facts, draw)]),
        Section("holes", "Holes", _HOLES, [*_holes(facts, draw)]),
        Section("time", "Run time", "", [*_times(facts, draw)]),
    )
    return [section for section in candidates if section.figures]


def _mixture(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    return mixture_figures(facts.mixture, draw) if facts.mixture else iter(())


def _lexicon(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    return lexicon_figures(facts.lexicon, draw) if facts.lexicon else iter(())


def _romanized(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    return romanized_figures(facts.romanized, draw) if facts.romanized else iter(())


def _language_note(facts: ReportData) -> str:
    """Return what the language of a row is, where it is not that of its text."""
    if facts.stage in ("entities", "pair"):
        return ""
    words = " and of the translations of words" if facts.dictionary_words else ""
    return f"The language of a {facts.unit} is that of its entity labels{words}."


def _funnel(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    steps = main_way(facts.stages)
    every = all_steps(facts.stages)
    if not every:
        return
    numbers = table(
        ["stage", "unit", "read", "kept", "share", "dropped", "reason"],
        [line for step in every for line in _lines(step)],
    )
    if not steps:
        yield Figure("Input kept", "", numbers)
        return
    rows = [
        {
            "name": step.title,
            "share": step.share,
            "label": f"{step.kept:,} of {step.read:,}",
            "why": reasons_text(dict(step.most_dropped())),
        }
        for step in steps
    ]
    description = "; ".join(f"{step.title}: {step.kept:,} of {step.read:,}" for step in steps)
    chart = draw.kept(rows, ("Share of the input that each step kept", description))
    yield Figure(
        "Input kept by each step",
        "The whole bar is the input of a step, the colored part is what the step kept. The most "
        "frequent reasons for drops are below the bar.",
        numbers,
        chart,
    )


def _lines(step: FunnelStep) -> Iterator[list[str | int | None]]:
    """Yield the table rows of a step: its counts, then one row for each further reason."""
    reasons = [(phrase_of(reason), number) for reason, number in step.dropped.items()]
    first: tuple[str, int | None] = reasons[0] if reasons else ("", None)
    kept = percent(step.share)
    yield [step.stage, step.title, step.read, step.kept, kept, first[1], first[0]]
    for reason, number in reasons[1:]:
        yield ["", "", "", "", "", number, reason]


def _rows(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    if facts.statistics is None:
        return
    if facts.unit != "sentence":
        yield from document_figures(facts, draw)
        return
    languages = facts.statistics.languages.values()
    for title, axis, size, every, histograms in (
        ("Entities per sentence", "entities", 1, 1, [n.entities_a_sentence for n in languages]),
        ("Length of sentences", "characters", 10, 5, [n.characters for n in languages]),
    ):
        total = [sum(column) for column in zip(*filter(None, histograms), strict=True)]
        if not any(total[1:] if axis == "entities" else total):
            continue
        last = max(i for i, number in enumerate(total) if number)
        names = [_bucket(i, size, len(total)) for i in range(last + 1)]
        rows = [{"name": str(i * size), "value": total[i]} for i in range(last + 1)]
        everything = sum(total)
        middle = next(i for i in range(len(total)) if 2 * sum(total[: i + 1]) >= everything)
        text = f"Median: {names[middle]} {axis}."
        cells = [
            (name, number, percent(number / everything))
            for name, number in zip(names, total, strict=False)
        ]
        chart = draw.columns(rows, axis, (title, text), every=every)
        yield Figure(title, text, table([axis, "sentences", "share"], cells), chart)


def _bucket(number: int, size: int, buckets: int) -> str:
    low = number * size
    if number == buckets - 1:
        return f"{low}+"
    return str(low) if size == 1 else f"{low}–{low + size - 1}"


def _entities(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    if facts.statistics is None or not facts.statistics.entities:
        return
    top = facts.statistics.entities
    known = facts.entities
    types = Counter[int]()
    for e in top:
        for type_ in known[e.qid].types if e.qid in known else ():
            types[type_] += e.number
    named = facts.names([*types, *(e.qid for e in top)])
    names = {e.qid: named[e.qid] or e.name for e in top}
    cells = [
        (
            f"Q{e.qid}",
            names[e.qid],
            e.number,
            f"{e.at_most:,}" if e.at_most > e.number else "",
            ", ".join(named[t] or f"Q{t}" for t in (known[e.qid].types if e.qid in known else ())),
        )
        for e in top
    ]
    rows = [{"name": _with_qid(names[e.qid], e.qid), "value": e.number} for e in top[:_SHOWN]]
    title = "Most frequent entities"
    heads = ["item", "name", "occurrences", "upper bound", "types"]
    yield Figure(
        title,
        f"Number of occurrences in the {facts.units} of all languages.",
        table(heads, cells),
        draw.bars(rows, (title, _description(rows))),
    )
    if types:
        ranked = sorted(types.items(), key=lambda n: (-n[1], n[0]))
        rows = [{"name": _with_qid(named[t], t), "value": n} for t, n in ranked[:_SHOWN]]
        title = f"Types of the {len(top)} most frequent entities"
        yield Figure(
            title,
            "Number of occurrences of the entities by type (instance of, P31).",
            table(["item", "type", "occurrences"], [(f"Q{t}", named[t], n) for t, n in ranked]),
            draw.bars(rows, (title, _description(rows))),
        )


def _with_qid(name: str, qid: int) -> str:
    return f"{name} (Q{qid})" if name else f"Q{qid}"


_HOLES = (
    "A sentence with missing text (a hole), for example where a template could not be rendered, is "
    "dropped. These templates caused the most dropped sentences; a rule for a template keeps them."
)


def _holes(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    holes = facts.detail("extract", "holes")
    if not holes:
        return
    ranked = largest(holes, _HOLES_LISTED)
    rows = [{"name": name, "value": number} for name, number in [*ranked.items()][:_SHOWN]]
    title = "Dropped sentences by template"
    chart = draw.bars(rows, (title, _description(rows)))
    yield Figure(title, "", table(["template", "sentences"], ranked.items()), chart)


def _times(facts: ReportData, draw: Drawer) -> Iterator[Figure]:
    if not facts.costs:
        return
    rows = [
        {"name": name, "value": round(cost.wall_s, 1)}
        for name, cost in zip(_run_names(facts.costs), facts.costs, strict=True)
    ]
    cells = [
        (
            cost.stage,
            cost.wiki,
            cost.runs[0].started[:16].replace("T", " "),
            in_seconds(cost.wall_s),
            in_seconds(cost.cpu_s),
            in_bytes(cost.peak_bytes),
            max(run.jobs for run in cost.runs),
            in_bytes(cost.bytes),
            f"{in_bytes(cost.bytes / cost.wall_s)}/s" if cost.wall_s else "–",
        )
        for cost in facts.costs
    ]
    heads = ["stage", "wiki", "started", "time", "CPU", "memory", "jobs", "input", "throughput"]
    title = "Seconds per run"
    text = (
        "Elapsed time. Memory is the peak of the largest process. Throughput is the size of the "
        "input on disk divided by the elapsed time."
    )
    yield Figure(title, text, table(heads, cells), draw.bars(rows, (title, _description(rows))))


def _run_names(costs: Sequence[StageCost]) -> list[str]:
    """Return a name for each run: its stage, its wiki if there are several, a number if needed."""
    many = len({cost.wiki for cost in costs if cost.wiki}) > 1
    names = [f"{one.stage} ({one.wiki})" if many and one.wiki else one.stage for one in costs]
    alike, before = Counter(names), Counter[str]()
    for i, name in enumerate(names):
        before[name] += 1
        names[i] = f"{name} {before[name]}" if alike[name] > 1 else name
    return names


def _description(rows: Sequence[ChartRow]) -> str:
    """Return the values of the first bars as text."""
    return ", ".join(f"{row['name']}: {row['value']:,}" for row in rows[:5])


def headline(facts: ReportData) -> list[tuple[str, str]]:
    """Return the numbers at the top of the page, with their units."""
    figures: list[tuple[str, str]] = []
    if facts.statistics is not None:
        languages = facts.statistics.languages
        rows = sum(sum(n.rows.values()) for n in languages.values())
        source = facts.source_rows
        entities = sum(n.entities for n in languages.values())
        unswitched = sum(n.unswitched for n in languages.values())
        figures += [
            (f"{rows - source:,}", f"switched {facts.units}"),
            (f"{source:,}", f"source {facts.units}"),
            (f"{len(languages):,}", "language" if len(languages) == 1 else "languages"),
            (f"{entities:,}", "mentions of entities"),
            (f"{entities / rows:.2f}" if rows else "–", f"mentions of entities per {facts.unit}"),
        ]
        if words := sum(facts.dictionary_words.values()):
            figures.append((f"{words:,}", "dictionary words"))
        if rows > source:
            share = percent(unswitched / (rows - source))
            figures.append((share, f"of switched {facts.units} are equal to their source"))
    elif facts.mixture is not None:
        whole, number = whole_of(facts.mixture), len(facts.mixture.stages)
        figures += [
            (f"{whole.rows:,}", "rows"),
            (f"{whole.size:,}", facts.mixture.unit),
            (f"{number:,}", "training stage" if number == 1 else "training stages"),
            (percent(whole.switched), f"of {facts.mixture.unit} are code-switched"),
        ]
    else:
        steps = all_steps(facts.stages[-1:])
        figures += [(f"{step.kept:,}", f"{step.title} kept") for step in steps]
    return [*figures, (in_bytes(facts.bytes), "size of the files")]


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def title_of(facts: ReportData) -> str:
    """Return the page's title."""
    wikis = ", ".join(facts.sources)
    if facts.stage == "mix":
        return f"Training mixture from {wikis}" if wikis else "Training mixture"
    if facts.stage != "shard":
        return f"cstool {facts.stage}: {wikis}" if wikis else f"cstool {facts.stage}"
    names = [language_name(code) for code in facts.source_languages]
    return (
        f"Code-switched {_listed(names)} {facts.units}" if names else f"Code-switched {facts.units}"
    )
