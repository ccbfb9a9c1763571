"""Formats the numbers of a mixture as tables for a terminal."""

from cstool.report.stats.tables import aligned
from cstool.storage.mixture import Mixture
from cstool.storage.mixture_sums import MixtureSum, by_corpus, by_language, left_out, whole_of
from cstool.storage.reason_phrases import phrase_of


def mixture_tables(mixture: Mixture) -> str:
    """Return the rows of a mixture by stage and corpus, by language, and what was left out."""
    dropped = left_out(mixture)
    whole = whole_of(mixture)
    names = [stage.folder for stage in mixture.stages]
    corpora = [
        [names[stage - 1], corpus, *_mixed(its, whole)]
        for (stage, corpus), its in by_corpus(mixture).items()
    ]
    languages = [
        [language, *_mixed(its, whole)]
        for language, its in by_language(mixture).items()
        if its.rows
    ]
    reasons = [
        [
            names[stage - 1],
            corpus,
            phrase_of(reason),
            f"{its.rows:,}",
            "" if its.size is None else f"{its.size:,}",
        ]
        for (stage, corpus), by_reason in dropped.items()
        for reason, its in by_reason.items()
    ]
    numbers = ["rows", mixture.unit, "share", "code-switched"]
    tables = [
        aligned(["stage", "corpus", *numbers], [*corpora, ["all", "", *_mixed(whole, whole)]],
                 2, 0, ""),
        aligned(["language", *numbers], languages, 1, 0, ""),
    ]  # fmt: skip
    if reasons:
        head = ["stage", "corpus", "left out", "rows", mixture.unit]
        tables.append(aligned(head, reasons, 3, 0, ""))
    return "\n\n".join(tables)


def _mixed(its: MixtureSum, whole: MixtureSum) -> list[str]:
    """Return rows, size, share of the whole size, and share of it in code-switched rows."""
    shares = its.size / whole.size if whole.size else None, its.switched
    percent = ["" if share is None else f"{100 * share:.1f}%" for share in shares]
    return [f"{its.rows:,}", f"{its.size:,}", *percent]
