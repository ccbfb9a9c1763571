"""Reads lists of Wikidata items: a text file with one QID per line, or a folder of `link`."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from cstool.arrays.arrow import distinct, flat, one_chunk
from cstool.errors import InputError
from cstool.storage.checksums import open_part
from cstool.storage.manifest import need_stage
from cstool.storage.text_files import BOM, need_text

Qids = np.ndarray[Any, np.dtype[np.uint32]]
_QID = re.compile(rb"[Qq]([1-9][0-9]{0,9})")
# Bytes, for a QID and a comment. The rest of a longer line is read as the next line.
_LONGEST_LINE = 1 << 16


def qids_of(path: Path) -> Qids:
    """Return uint32[n]: the QIDs in a text file, or of the mentions in a folder, sorted and unique.

    A text file has one QID per line; `#` begins a comment. Raises InputError for any other line,
    and if there are no QIDs.
    """
    qids = _linked(path) if path.is_dir() else np.fromiter(_listed(path), np.uint32)
    if not len(qids):
        raise InputError(f"{path}: contains no QIDs; give a file with one QID per line")
    return distinct(qids)


def _listed(path: Path) -> Iterator[int]:
    try:
        with path.open("rb") as file:
            need_text(file.peek(1024), str(path))
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b""), 1):
                word = line.partition(b"#")[0].strip().removeprefix(BOM)
                match = _QID.fullmatch(word)
                if match and int(match[1]) < 1 << 32:
                    yield int(match[1])
                elif word:
                    raise InputError(
                        f"{path}: line {number:,} is not a QID: {word[:40]!r}; give one per line, "
                        "such as Q42"
                    )
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}); give a file with one QID per "
            "line, or a folder written by `cstool link`"
        ) from error


def _linked(folder: Path) -> Qids:
    """Return the QIDs of the mentions in a folder of `cstool link`, a row group at a time."""
    qids: Qids = np.zeros(0, np.uint32)
    pending: list[Qids] = []
    for part in need_stage(folder, "link").tables:
        file = open_part(folder / part.file)
        for index in range(file.num_row_groups):
            table = file.read_row_group(index, columns=["mentions"], use_threads=False)
            _, mentions = flat(one_chunk(table.column("mentions")))
            pending.append(distinct(mentions.field("qid").drop_null().to_numpy()))
        if sum(map(len, pending)) > 1 << 24:
            qids, pending = distinct(np.concatenate([qids, *pending])), []
    return distinct(np.concatenate([qids, *pending]))
