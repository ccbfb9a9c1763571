"""A memory-mapped store of labels by entity and language, shared by all processes.

A bit mask per entity says in which languages it has a label. Labels in many languages are equal
("Ridley Scott"), so each distinct label of an entity, called a word here, is stored once. For each
bit of the mask, in order, `which` has the index of the word among the entity's words; a language's
index in `which` is the entity's first one plus the number of lower bits (rank by popcount).

Files, all raw little-endian arrays followed by a checksum:

- `qids` u32[n], sorted
- `rows` u64[n, m + 2]: the mask (m numbers of 64 bits), the index of the entity's first element in
  `which`, the index of its first word in `offsets`
- `which` u8 (u16 for more than 256 languages); `steps` u8, parallel to it: the step of the search
  that found the label
- `offsets` i64[words + 1]: byte offsets into `text`; `text`: UTF-8
- `marks` u8[n]: a mark of each entity, 0 for none
- `known` i64[n + 1]: the index of the entity's first name in `known_offsets` (i64, byte offsets
  into `known_text`): its names in the source language, first the label ("" for none), then aliases
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, offsets_of, one_chunk, ranges, strings
from cstool.arrays.codepoints import bytes_of
from cstool.errors import InputError
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import append_checksum, check_checksum, map_numbers
from cstool.storage.label_lookup import LabelArrays, labels_of, masks_of

_KNOWN = ("known", "known_offsets", "known_text")
_FILES = ("qids", "rows", "which", "steps", "offsets", "text", "marks", *_KNOWN)
# The columns of a piece of a store, with a row per entity.
LABELS = pa.schema(
    [
        ("qid", pa.uint32()),
        ("mask", pa.binary()),
        ("which", pa.binary()),
        ("words", pa.list_(pa.field("element", pa.string()))),
        ("mark", pa.uint8()),
        ("known", pa.list_(pa.field("element", pa.string()))),
        ("steps", pa.binary()),
    ]
)


def words(languages: int) -> int:
    """Return the number of 64-bit words in the mask of that many languages."""
    return max(1, -(-languages // 64))


def _index_type(languages: int) -> Any:
    """Return the type of a word's index; an entity has at most one word per language."""
    return np.uint8 if languages <= 256 else np.uint16


def pack(
    qids: Array,
    chosen: Array,
    values: pa.Array,
    marks: Array | None = None,
    known: pa.ListArray | None = None,
    steps: Array | None = None,
) -> pa.Table:
    """Return labels as a piece of a store: a table with the schema `LABELS`.

    `qids`: [n]. `chosen`: int[n, languages], the index of each label in `values`, -1 for none;
    equal indices are stored once. `marks`: [n]. `known`: a list of names per entity. `steps`:
    uint8[n, languages], the step of the search that found each label. Entities without a label, a
    mark and a known name are left out.
    """
    names = LABELS.field("known").type
    if marks is None:
        marks = np.zeros(len(qids), np.uint8)
    if known is None:
        known = pa.ListArray.from_arrays(
            offsets_of(np.zeros(len(qids), int)), strings([]), type=names
        )
    if steps is None:
        steps = np.zeros(chosen.shape, np.uint8)
    some = (chosen >= 0).any(axis=1) | (marks > 0) | (np.diff(flat(known)[0]) > 0)
    if not some.all():
        kept = numbers(np.flatnonzero(some))
        qids, chosen, marks, known = qids[some], chosen[some], marks[some], known.take(kept)
        steps = steps[some]
    there = chosen >= 0
    number, languages = chosen.shape
    entity = np.nonzero(there)[0]
    # Sorted by entity, then by index in `values`: the order of an entity's words.
    keys, inverse = np.unique(entity * len(values) + chosen[there], return_inverse=True)
    owner = keys // max(1, len(values))
    firsts = np.searchsorted(owner, np.arange(number))
    which = (inverse - firsts[entity]).astype(_index_type(languages))
    width = words(languages)
    bits = np.zeros((number, width * 64), bool)
    bits[:, :languages] = there
    masks = np.packbits(bits, axis=1, bitorder="little")
    counts = there.sum(axis=1)
    return pa.table(
        [
            numbers(qids.astype(np.uint32)),
            _binary(np.full(number, width * 8), masks),
            _binary(counts * which.itemsize, which),
            pa.ListArray.from_arrays(
                offsets_of(np.bincount(owner, minlength=number)),
                values.take(numbers(keys % max(1, len(values)))),
                type=LABELS.field("words").type,
            ),
            numbers(marks.astype(np.uint8)),
            known,
            _binary(counts, steps[there]),
        ],
        schema=LABELS,
    )


def _binary(lengths: Array, data: Array) -> pa.Array:
    """Return a column of byte strings of these lengths; `data`: all of them, concatenated."""
    offsets = offsets_of(lengths)
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(lengths), [None, offsets.buffers()[1], pa.py_buffer(data.tobytes())]
    )


def write_store(folder: Path, tables: Iterable[pa.Table], languages: Sequence[str]) -> None:
    """Write a store from tables with the schema `LABELS`, sorted by QID across all tables.

    Memory is that of the largest table. The files appear when all are complete, because other
    array tasks may be reading the same store. Raises OutputError if the disk is full or the folder
    cannot be written.
    """
    with ExitStack() as stack:
        out: dict[str, IO[bytes]] = {}
        for name in _FILES:
            temporary = stack.enter_context(whole_file(folder / name))
            out[name] = stack.enter_context(temporary.open("wb"))
        for name in ("offsets", "known_offsets", "known"):
            out[name].write(np.zeros(1, np.int64).tobytes())
        ends: tuple[int, ...] = (0, 0, 0, 0, 0)
        for table in tables:
            if table.num_rows:
                ends = _append(out, table, len(languages), ends)
        for file in out.values():
            file.close()
            append_checksum(Path(file.name))


def is_store(folder: Path) -> bool:
    """Whether the folder contains a complete, undamaged store; reads all of it."""
    try:
        for name in _FILES:
            check_checksum(folder / name)
    except (OSError, InputError):
        return False
    return True


def _append(
    out: dict[str, IO[bytes]], table: pa.Table, languages: int, ends: tuple[int, ...]
) -> tuple[int, ...]:
    """Append the entities of a table; return the new ends.

    `ends`: the lengths of `which`, `offsets` (words), `text`, known names, and `known_text`.
    """
    qids, masks, which, texts, marks, known, steps = (
        one_chunk(table.column(name)) for name in LABELS.names
    )
    which_end, words_end, bytes_end, known_end, known_bytes_end = ends
    size = np.dtype(_index_type(languages)).itemsize
    which_offsets, which_data = _bytes_of(which)
    firsts, values = flat(texts)
    text_offsets, text = _bytes_of(values)
    rows = np.empty((len(qids), words(languages) + 2), np.uint64)
    rows[:, :-2] = np.frombuffer(_bytes_of(masks)[1], np.uint64).reshape(len(qids), -1)
    rows[:, -2] = which_offsets[:-1] // size + which_end
    rows[:, -1] = firsts[:-1] + words_end
    out["qids"].write(qids.to_numpy().tobytes())
    out["rows"].write(rows.tobytes())
    out["which"].write(which_data)
    out["steps"].write(_bytes_of(steps)[1])
    out["offsets"].write((text_offsets[1:] + bytes_end).tobytes())
    out["text"].write(text)
    out["marks"].write(marks.to_numpy().tobytes())
    known_firsts, names = flat(known)
    name_offsets, name_text = _bytes_of(names)
    out["known"].write((known_firsts[1:] + known_end).tobytes())
    out["known_offsets"].write((name_offsets[1:] + known_bytes_end).tobytes())
    out["known_text"].write(name_text)
    return (
        which_end + int(which_offsets[-1]) // size,
        words_end + len(values),
        bytes_end + int(text_offsets[-1]),
        known_end + len(names),
        known_bytes_end + int(name_offsets[-1]),
    )


def _bytes_of(column: pa.Array) -> tuple[Array, memoryview]:
    """Return a string column's byte offsets (int64[n + 1], from 0) and its bytes."""
    _, buffer, data = column.buffers()
    offsets = np.frombuffer(buffer, np.int32)[column.offset :][: len(column) + 1].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    return offsets - first, memoryview(data or b"")[first:last]


class LabelStore:
    """An open store, for lookups in batches.

    An entity is identified by its row index in the store (`find`), a language by its index in
    `languages`.
    """

    def __init__(self, folder: Path, languages: Sequence[str]) -> None:
        self.languages = list(languages)
        self._qids = map_numbers(folder / "qids", np.uint32)
        self._rows = map_numbers(folder / "rows", np.uint64).reshape(-1, words(len(languages)) + 2)
        self._labels = LabelArrays(
            self._rows,
            map_numbers(folder / "which", _index_type(len(languages))),
            map_numbers(folder / "steps", np.uint8),
            map_numbers(folder / "offsets", np.int64),
            map_numbers(folder / "text", np.uint8),
        )
        self._marks = map_numbers(folder / "marks", np.uint8)
        self._known = map_numbers(folder / "known", np.int64)
        self._names = _column(
            map_numbers(folder / "known_offsets", np.int64),
            map_numbers(folder / "known_text", np.uint8),
        )

    def __len__(self) -> int:
        return len(self._qids)

    def find(self, qids: Array) -> Array:
        """Return int64[n]: the row index of each QID in the store, -1 if it is absent."""
        if not len(self._qids):
            return np.full(len(qids), -1, np.int64)
        # In the map's own type: otherwise NumPy would convert a copy of the whole map.
        wanted = qids.astype(np.uint32)
        # In ascending order, so that one search reads memory near that of the last one.
        order = np.argsort(wanted)
        indices = np.empty(len(qids), np.int64)
        indices[order] = np.searchsorted(self._qids, wanted[order])
        indices[indices == len(self._qids)] = 0
        return np.where(self._qids[indices] == qids, indices, -1)

    def masks(self, entities: Array) -> Array:
        """Return uint64[n, m]: the masks of entities (row indices); 0 for an index of -1."""
        if not len(self._qids):
            return np.zeros((len(entities), self._rows.shape[1] - 2), np.uint64)
        masks: Array = self._rows.take(np.maximum(entities, 0), axis=0)[:, :-2]
        masks[entities < 0] = 0
        return masks

    def has(self, entities: Array, languages: Array) -> Array:
        """Return bool[n]: whether `entities[i]` has a label in `languages[i]` (indices)."""
        word, bit = languages // 64, (languages % 64).astype(np.uint64)
        masks = self.masks(entities)[np.arange(len(entities)), word]
        labelled: Array = masks >> bit & np.uint64(1) > 0
        return labelled

    def labels(self, entities: Array, languages: Array) -> tuple[pa.StringArray, Array]:
        """Return the label of `entities[i]` in `languages[i]` (indices), which must exist.

        And uint8[n]: the step of the search that found it.
        """
        return labels_of(self._labels, entities, languages)

    def same(self, entities: Array, texts: pa.StringArray) -> Array:
        """Return uint64[n, m]: the masks of languages in which an entity's label equals the text.

        `entities`: row indices, -1 for none; `texts`: a string for each.
        """
        return masks_of(self._labels, entities, texts)

    def marks(self, entities: Array) -> Array:
        """Return uint8[n]: the marks of entities (row indices); 0 for an index of -1."""
        if not len(self._qids):
            return np.zeros(len(entities), np.uint8)
        marks: Array = np.where(entities >= 0, self._marks[np.maximum(entities, 0)], 0)
        return marks

    def known(self, entities: Array) -> tuple[pa.Array, pa.ListArray]:
        """Return the names of entities in the source language: labels (null for none), aliases."""
        if not len(self._names):
            empty = offsets_of(np.zeros(len(entities), int))
            return pa.nulls(len(entities), pa.string()), pa.ListArray.from_arrays(
                empty, strings([])
            )
        rows = np.maximum(entities, 0)
        first = self._known[rows]
        number = np.where(entities >= 0, self._known[rows + 1] - first, 0)
        labels = self._names.take(numbers(np.where(number > 0, first, 0))).cast(pa.string())
        present = (number > 0) & (np.diff(bytes_of(labels)[0]) > 0)
        labels = _with_nulls(labels, present)
        number = np.maximum(number - 1, 0)
        aliases = self._names.take(numbers(ranges(first + 1, number))).cast(pa.string())
        return labels, pa.ListArray.from_arrays(offsets_of(number), aliases)


def _with_nulls(texts: pa.StringArray, valid: Array) -> pa.StringArray:
    """Return strings that are no slice of others, with null where `valid` is false."""
    mask = pa.py_buffer(np.packbits(valid, bitorder="little"))
    return pa.StringArray.from_buffers(len(texts), *texts.buffers()[1:], mask)


def _column(offsets: Array, text: Array) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text)
    )
