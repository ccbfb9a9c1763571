"""Tokenizers for tests, and a reader of Megatron's files, written from their description."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from tokenizers import Tokenizer

from tests.masking.tokenizers import train

TEXTS = ["The old mill stands on the river.", "Fire and rain, sun and wind!"] * 20


def byte_level(path: Path, end: str = "</s>", *more: str) -> Path:
    """Save a byte-level tokenizer whose document end has this name; return its file."""
    tokenizer = train("byte-level", TEXTS, 320)
    tokenizer.add_special_tokens([end, *more])
    tokenizer.save(str(path))
    return path


class MegatronFile(NamedTuple):
    """What `.bin`, `.idx` and `.samples.pq` contain."""

    sequences: list[list[int]]
    bounds: list[int]
    type: str
    samples: list[list[dict[str, Any]]]


def read_megatron(prefix: str) -> MegatronFile:
    """Read the files of a prefix: tokens by the index, which is read field by field."""
    index = Path(f"{prefix}.idx").read_bytes()
    assert index[:9] == b"MMIDIDX\0\0"
    assert int.from_bytes(index[9:17], "little") == 1
    type_ = {4: "<i4", 8: "<u2"}[index[17]]
    number, bounds = (int.from_bytes(index[at : at + 8], "little") for at in (18, 26))
    lengths = np.frombuffer(index, "<i4", number, 34)
    begins = np.frombuffer(index, "<i8", number, 34 + 4 * number)
    rest = np.frombuffer(index, "<i8", bounds, 34 + 12 * number)
    assert len(index) == 34 + 12 * number + 8 * bounds
    data = Path(f"{prefix}.bin").read_bytes()
    sequences = [
        np.frombuffer(data, type_, length, begin).tolist()
        for length, begin in zip(lengths, begins, strict=True)
    ]
    assert sum(map(len, sequences)) * int(type_[2]) == len(data)
    samples = pq.read_table(f"{prefix}.samples.pq").column("samples").to_pylist()
    return MegatronFile(sequences, rest.tolist(), type_, samples)


def decoded(tokenizer: Path, ids: list[int]) -> str:
    """Return the text of tokens, document ends included."""
    return Tokenizer.from_file(str(tokenizer)).decode(ids, skip_special_tokens=False)
