"""The figures on a mixture: its corpora by stage, its languages, and what was left out."""

from collections.abc import Iterator

from cstool.languages.codes import codes_in, language_name
from cstool.report.html.bar_charts import bar_chart
from cstool.report.html.charts import Drawer
from cstool.report.html.figures import Figure
from cstool.report.html.tables import Cell, percent, table
from cstool.storage.mixture import Mixture
from cstool.storage.mixture_sums import (
    SWITCHED,
    MixtureSum,
    available_by_corpus,
    by_corpus,
    by_language,
    by_stage,
    left_out,
    whole_of,
)
from cstool.storage.reason_phrases import phrase_of, reasons_text

_SHOWN = 30
_REASONS = 3
_Corpus = tuple[int, str]


def mixture_figures(mixture: Mixture, draw: Drawer) -> Iterator[Figure]:
    """Yield the figures on a mixture."""
    yield _corpora(mixture, draw)
    yield _switched(mixture, draw)
    yield _languages(mixture, draw)
    yield from _dropped(mixture, draw)


def _named(mixture: Mixture, key: _Corpus) -> str:
    stage, corpus = key
    return f"{mixture.stages[stage - 1].folder} · {corpus}"


def _corpora(mixture: Mixture, draw: Drawer) -> Figure:
    sums, of_stage = by_corpus(mixture), by_stage(mixture)
    available = available_by_corpus(mixture)
    cells = [
        (
            mixture.stages[key[0] - 1].folder,
            key[1],
            its.rows,
            its.size,
            percent(_share(its.size, of_stage[key[0]].size)),
            available[key],
        )
        for key, its in sums.items()
    ]
    title = f"{mixture.unit.capitalize()} by stage and corpus"
    heads = ["stage", "corpus", "rows", mixture.unit, "share of the stage"]
    what = (
        f" Tokens are those of {mixture.tokenizer}."
        if mixture.unit == "tokens"
        else " Words are counted by the rules of each script."
    )
    text = f"The stages are in the order of training.{what}"
    bars = [(_named(mixture, key), its.size) for key, its in sums.items()]
    numbers = table([*heads, f"available {mixture.unit}"], cells)
    return Figure(title, text, numbers, bar_chart(title, bars, draw))


def _switched(mixture: Mixture, draw: Drawer) -> Figure:
    whole = whole_of(mixture)
    known = {key: its for key, its in by_corpus(mixture).items() if its.size}
    bars = [(_named(mixture, key), its.switched or 0.0) for key, its in known.items()]
    cells: list[tuple[Cell, ...]] = [
        (stage.folder, "all", *_of_switched(its))
        for stage, its in zip(mixture.stages, by_stage(mixture).values(), strict=True)
    ]
    cells += [
        (mixture.stages[stage - 1].folder, corpus, *_of_switched(its))
        for (stage, corpus), its in known.items()
    ]
    cells.append(("all", "all", *_of_switched(whole)))
    title = f"Share of code-switched {mixture.unit}"
    text = f"{SWITCHED} In the whole mixture: {percent(whole.switched)}."
    heads = ["stage", "corpus", "code-switched rows", f"code-switched {mixture.unit}", "share"]
    return Figure(title, text, table(heads, cells), bar_chart(title, bars, draw, share=True))


def _of_switched(its: MixtureSum) -> tuple[int, int, str]:
    return its.switched_rows, its.switched_size, percent(its.switched)


def _languages(mixture: Mixture, draw: Drawer) -> Figure:
    whole = whole_of(mixture).size
    sums = {code: its for code, its in by_language(mixture).items() if its.rows}
    cells = [
        (
            code,
            language_name(code),
            its.rows,
            its.size,
            percent(_share(its.size, whole)),
            percent(its.switched),
        )
        for code, its in sums.items()
    ]
    heads = ["code", "language", "rows", mixture.unit, "share", "code-switched"]
    title = f"{mixture.unit.capitalize()} by language"
    text = "The language of a row is that of its entity labels."
    if any(len(codes_in(code)) > 1 for code in sums):
        text += " Rows with pages in several languages have all of them, joined by +."
    bars = [(f"{language_name(code)} ({code})", its.size) for code, its in sums.items()]
    return Figure(title, text, table(heads, cells), bar_chart(title, bars, draw))


def _dropped(mixture: Mixture, draw: Drawer) -> Iterator[Figure]:
    dropped = left_out(mixture)
    if not dropped:
        return
    cells = [
        (mixture.stages[stage - 1].folder, corpus, phrase_of(reason), its.rows, its.size)
        for (stage, corpus), by_reason in dropped.items()
        for reason, its in by_reason.items()
    ]
    bars = [
        {
            "name": _named(mixture, key),
            "share": its.rows / read if read else 0.0,
            "label": f"{its.rows:,} of {read:,}",
            "why": reasons_text({reason: n.rows for reason, n in most}),
        }
        for key, its in by_corpus(mixture).items()
        for by_reason in [dropped.get(key, {})]
        for read in [its.rows + sum(one.rows for one in by_reason.values())]
        for most in [[*by_reason.items()][:_REASONS]]
    ]
    description = "; ".join(f"{bar['name']}: {bar['label']}" for bar in bars[:5])
    title = "Rows used of each corpus"
    heads = ["stage", "corpus", "left out", "rows", mixture.unit]
    chart = draw.kept(bars[:_SHOWN], (title, description))
    text = (
        "The whole bar is the training rows of a corpus, the colored part is what the stage uses. "
        "The most frequent reasons why rows were left out are below the bar."
    )
    yield Figure(title, text, table(heads, cells), chart)


def _share(size: int, whole: int) -> float | None:
    return size / whole if whole else None
