"""The card of a mixture: its `README.md`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cstool.formats.corpus_formats import CorpusFormat
from cstool.storage.manifest import Ancestor, Source
from cstool.storage.mixture import Mixture
from cstool.storage.row_kinds import RowKind


@dataclass(frozen=True)
class MixtureCardData:
    """What the card of a mixture describes.

    `sources`: the wikis of the text. `lineage`: the preceding stages. `parameters`: of the run.
    """

    mixture: Mixture
    form: CorpusFormat
    kind: RowKind
    sources: tuple[Source, ...]
    lineage: Sequence[Ancestor]
    parameters: dict[str, Any]


def mixture_card(data: MixtureCardData) -> str:
    """Return the card: the size of each corpus in each stage."""
    mixture = data.mixture
    lines = ["# Mixture", "", f"| stage | corpus | language | rows | {mixture.unit} |"]
    lines.append("|---|---|---|---|---|")
    lines += [
        f"| {n.stage} | {n.corpus} | {n.language} | {n.rows:,} | {n.size:,} |"
        for n in mixture.numbers
    ]
    return "\n".join([*lines, ""])
