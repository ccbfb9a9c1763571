"""The options of an output format."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FormatOptions:
    """The options that only some formats have.

    `tokenizer`: the tokenizer.json of formats that contain tokens. `document_end`: its token for
    the end of a document, None for the usual ones. `pack`: number of tokens of a sequence, None for
    a sequence per row; `whole_samples`: whether packed sequences are cut between rows only.
    """

    tokenizer: Path | None = None
    document_end: str | None = None
    pack: int | None = None
    whole_samples: bool = False


NO_OPTIONS = FormatOptions()
