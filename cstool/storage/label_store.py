"""Labels by entity and language, in a memory map that all processes share.

For each entity a bit mask tells the languages that it has a label in. The labels of many
languages are the same word ("Ridley Scott"), so an entity's text holds each word once, and each
of its languages, in the order of the bits, has the number of its word: the place of that number
is the entity's first place plus the count of bits below its language's (rank by popcount).

Files, all raw little-endian arrays with a checksum behind them: `qids` u32 (sorted); `rows`
u64 × (mask + 2): an entity's mask, the place of its first number in `which`, and of its first
word in `offsets`; `which` u8 (u16 for more than 256 languages); `offsets` i64 (bytes into `text`,
one more than words); `text` UTF-8. And `marks` u8: what an entity is marked with (0: nothing);
`known` i64: its first name in `known_offsets`, i64, and these bytes in `known_text`: what the
text's own language calls it, the label ("" for none) before all others.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, offsets_of, one_chunk, ranges, strings
from cstool.errors import InputError
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import append_checksum, check_checksum, map_numbers

_KNOWN = ("known", "known_offsets", "known_text")
_FILES = ("qids", "rows", "which", "offsets", "text", "marks", *_KNOWN)
# A piece of a store: for each entity its mask, the numbers of its words, its words.
LABELS = pa.schema(
    [
        ("qid", pa.uint32()),
        ("mask", pa.binary()),
        ("which", pa.binary()),
        ("words", pa.list_(pa.field("element", pa.string()))),
        ("mark", pa.uint8()),
        ("known", pa.list_(pa.field("element", pa.string()))),
    ]
)


def words(languages: int) -> int:
    """Return the number of 64-bit words that a mask of so many languages takes."""
    return max(1, -(-languages // 64))


def _number(languages: int) -> Any:
    """Return the type that holds the number of a word: at most one word for each language."""
    return np.uint8 if languages <= 256 else np.uint16


def pack(
    qids: Array,
    chosen: Array,
    values: pa.Array,
    marks: Array | None = None,
    known: pa.ListArray | None = None,
) -> pa.Table:
    """Return labels as a piece of a store, a table of `LABELS`.

    `chosen`: a row for each entity, a column for each language; the label's place in `values`,
    -1 where there is none. Equal places are stored once; entities without a label, a mark and a
    name in the text's own language are left out.
    """
    names = LABELS.field("known").type
    if marks is None:
        marks = np.zeros(len(qids), np.uint8)
    if known is None:
        known = pa.ListArray.from_arrays(
            offsets_of(np.zeros(len(qids), int)), strings([]), type=names
        )
    some = (chosen >= 0).any(axis=1) | (marks > 0) | (np.diff(flat(known)[0]) > 0)
    if not some.all():
        kept = numbers(np.flatnonzero(some))
        qids, chosen, marks, known = qids[some], chosen[some], marks[some], known.take(kept)
    there = chosen >= 0
    number, languages = chosen.shape
    entity = np.nonzero(there)[0]
    # Sorted by entity, then place: an entity's words are numbered in that order.
    keys, inverse = np.unique(entity * len(values) + chosen[there], return_inverse=True)
    owner = keys // max(1, len(values))
    firsts = np.searchsorted(owner, np.arange(number))
    which = (inverse - firsts[entity]).astype(_number(languages))
    width = words(languages)
    bits = np.zeros((number, width * 64), bool)
    bits[:, :languages] = there
    masks = np.packbits(bits, axis=1, bitorder="little")
    counts = there.sum(axis=1) * which.itemsize
    return pa.table(
        [
            pa.array(qids, pa.uint32()),
            _binary(np.full(number, width * 8), masks),
            _binary(counts, which),
            pa.ListArray.from_arrays(
                offsets_of(np.bincount(owner, minlength=number)),
                values.take(pa.array(keys % max(1, len(values)))),
                type=LABELS.field("words").type,
            ),
            numbers(marks.astype(np.uint8)),
            known,
        ],
        schema=LABELS,
    )


def _binary(lengths: Array, data: Array) -> pa.Array:
    """Return a column of byte strings of these lengths, which stand one after another."""
    offsets = offsets_of(lengths)
    return pa.BinaryArray.from_buffers(
        pa.binary(), len(lengths), [None, offsets.buffers()[1], pa.py_buffer(data.tobytes())]
    )


def write_store(folder: Path, tables: Iterable[pa.Table], languages: Sequence[str]) -> None:
    """Write a store from tables of `LABELS`, sorted by QID over all of them.

    Takes the memory of the largest table. The files appear when all is written: other shards may
    be reading the same store. Raises OutputError when the disk is full or the place cannot be
    written.
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
    """Whether a store is there, complete and undamaged; reads all of it."""
    try:
        for name in _FILES:
            check_checksum(folder / name)
    except (OSError, InputError):
        return False
    return True


def _append(
    out: dict[str, IO[bytes]], table: pa.Table, languages: int, ends: tuple[int, ...]
) -> tuple[int, ...]:
    """Write a table's entities behind what there is; return where the last ones end.

    Numbers, words and their bytes, known names and their bytes.
    """
    qids, masks, which, texts, marks, known = (
        one_chunk(table.column(name)) for name in LABELS.names
    )
    numbers_end, words_end, bytes_end, known_end, known_bytes_end = ends
    size = np.dtype(_number(languages)).itemsize
    which_at, which_data = _bytes_of(which)
    firsts, values = flat(texts)
    text_at, text = _bytes_of(values)
    rows = np.empty((len(qids), words(languages) + 2), np.uint64)
    rows[:, :-2] = np.frombuffer(_bytes_of(masks)[1], np.uint64).reshape(len(qids), -1)
    rows[:, -2] = which_at[:-1] // size + numbers_end
    rows[:, -1] = firsts[:-1] + words_end
    out["qids"].write(qids.to_numpy().tobytes())
    out["rows"].write(rows.tobytes())
    out["which"].write(which_data)
    out["offsets"].write((text_at[1:] + bytes_end).tobytes())
    out["text"].write(text)
    out["marks"].write(marks.to_numpy().tobytes())
    known_at, names = flat(known)
    name_at, name_text = _bytes_of(names)
    out["known"].write((known_at[1:] + known_end).tobytes())
    out["known_offsets"].write((name_at[1:] + known_bytes_end).tobytes())
    out["known_text"].write(name_text)
    return (
        numbers_end + int(which_at[-1]) // size,
        words_end + len(values),
        bytes_end + int(text_at[-1]),
        known_end + len(names),
        known_bytes_end + int(name_at[-1]),
    )


def _bytes_of(column: pa.Array) -> tuple[Array, memoryview]:
    """Return a string column's offsets, beginning at 0, and its bytes."""
    _, places, data = column.buffers()
    offsets = np.frombuffer(places, np.int32)[column.offset :][: len(column) + 1].astype(np.int64)
    first, last = int(offsets[0]), int(offsets[-1])
    return offsets - first, memoryview(data or b"")[first:last]


class LabelStore:
    """An open store. Entities are asked for in batches; a place of -1 is "not there"."""

    def __init__(self, folder: Path, languages: Sequence[str]) -> None:
        self.languages = list(languages)
        self._qids = map_numbers(folder / "qids", np.uint32)
        self._rows = map_numbers(folder / "rows", np.uint64).reshape(-1, words(len(languages)) + 2)
        self._which = map_numbers(folder / "which", _number(len(languages)))
        self._offsets = map_numbers(folder / "offsets", np.int64)
        self._text = map_numbers(folder / "text", np.uint8)
        self._words = _column(self._offsets, self._text)
        self._marks = map_numbers(folder / "marks", np.uint8)
        self._known = map_numbers(folder / "known", np.int64)
        self._names = _column(
            map_numbers(folder / "known_offsets", np.int64),
            map_numbers(folder / "known_text", np.uint8),
        )

    def __len__(self) -> int:
        return len(self._qids)

    def find(self, qids: Array) -> Array:
        """Return the places of entities."""
        if not len(self._qids):
            return np.full(len(qids), -1, np.int64)
        # Asked in the map's own type, else NumPy would convert a copy of all of it.
        places = np.searchsorted(self._qids, qids.astype(np.uint32))
        places[places == len(self._qids)] = 0
        return np.where(self._qids[places] == qids, places, -1)

    def masks(self, places: Array) -> Array:
        """Return the masks of entities, rows of words; all zero for those not there."""
        if not len(self._qids):
            return np.zeros((len(places), self._rows.shape[1] - 2), np.uint64)
        masks: Array = self._rows[np.maximum(places, 0), :-2]
        masks[places < 0] = 0
        return masks

    def has(self, places: Array, languages: Array) -> Array:
        """Return whether entities have a label in languages (their numbers)."""
        word, bit = languages // 64, (languages % 64).astype(np.uint64)
        found: Array = self.masks(places)[np.arange(len(places)), word] >> bit & np.uint64(1) > 0
        return found

    def labels(self, places: Array, languages: Array) -> pa.Array:
        """Return the labels of entities in languages (their numbers), which must be there."""
        if not len(places):
            return pa.array([], pa.large_string())
        found = self._rows[places]
        word, bit = languages // 64, (languages % 64).astype(np.uint64)
        below = found[np.arange(len(places)), word] & ((np.uint64(1) << bit) - np.uint64(1))
        rank = np.bitwise_count(below).astype(np.int64)
        for i in range(found.shape[1] - 3):
            rank += np.where(word > i, np.bitwise_count(found[:, i]), 0).astype(np.int64)
        first_number, first_word = found[:, -2].astype(np.int64), found[:, -1].astype(np.int64)
        return self._words.take(numbers(first_word + self._which[first_number + rank]))

    def same(self, places: Array, texts: pa.Array) -> Array:
        """Return the masks of languages in which an entity's label is just this text."""
        found = np.zeros((len(places), self._rows.shape[1] - 2), np.uint64)
        there = np.flatnonzero(places >= 0)
        if not len(there):
            return found
        at = places[there]
        first = self._rows[at, -1].astype(np.int64)
        number = self._next(at, -1, len(self._offsets) - 1) - first
        # Few words have a text's length, and its first and last byte.
        lengths = pc.binary_length(texts).to_numpy(zero_copy_only=False)
        begins, view = _bytes_of(texts)
        data = np.frombuffer(view, np.uint8)
        owner = np.repeat(there, number)
        word = ranges(first, number)
        begin, end = self._offsets[word], self._offsets[word + 1]
        alike = np.flatnonzero((end - begin == lengths[owner]) & (end > begin))
        owner, word, begin, end = (part[alike] for part in (owner, word, begin, end))
        alike = self._text[begin] == data[begins[owner]]
        alike &= self._text[end - 1] == data[begins[owner + 1] - 1]
        owner, word = owner[alike], word[alike]
        mine = texts.take(numbers(owner)).cast(pa.large_string())
        equal = pc.equal(self._words.take(numbers(word)), mine).to_numpy(zero_copy_only=False)
        owner, word = owner[equal], word[equal]
        found[owner] = self._with_word(places[owner], word)
        return found

    def _with_word(self, places: Array, words_: Array) -> Array:
        """Return the masks of languages in which entities have these of their words."""
        rows = self._rows[places]
        masks = np.ascontiguousarray(rows[:, :-2])
        bits = np.unpackbits(masks.view(np.uint8), axis=1, bitorder="little")
        first = rows[:, -2].astype(np.int64)
        number = bits.sum(axis=1, dtype=np.int64)
        which = self._which[ranges(first, number)]
        asked = np.repeat(words_ - rows[:, -1].astype(np.int64), number)
        bits[bits.view(bool)] = which == asked
        packed: Array = np.packbits(bits, axis=1, bitorder="little").view(np.uint64)
        return packed

    def _next(self, places: Array, column: int, end: int) -> Array:
        """Return where the entities' words, or numbers, end: where the next one's begin."""
        after = np.minimum(places + 1, len(self._rows) - 1)
        ends = self._rows[after, column].astype(np.int64)
        return np.where(places + 1 < len(self._rows), ends, end)

    def marks(self, places: Array) -> Array:
        """Return what entities are marked with; 0 for nothing, and those not there."""
        if not len(self._qids):
            return np.zeros(len(places), np.uint8)
        marks: Array = np.where(places >= 0, self._marks[np.maximum(places, 0)], 0)
        return marks

    def known(self, places: Array) -> tuple[pa.Array, pa.ListArray]:
        """Return what the text's language calls entities: labels (null: none), lists of others."""
        if not len(self._names):
            nothing = offsets_of(np.zeros(len(places), int))
            return pa.nulls(len(places), pa.string()), pa.ListArray.from_arrays(
                nothing, strings([])
            )
        at = np.maximum(places, 0)
        first = self._known[at]
        number = np.where(places >= 0, self._known[at + 1] - first, 0)
        labels = self._names.take(numbers(np.where(number > 0, first, 0))).cast(pa.string())
        there = pc.and_(pc.not_equal(labels, ""), pc.greater(numbers(number), 0))
        labels = pc.if_else(there, labels, pa.scalar(None, pa.string()))
        number = np.maximum(number - 1, 0)
        others = self._names.take(numbers(ranges(first + 1, number))).cast(pa.string())
        return labels, pa.ListArray.from_arrays(offsets_of(number), others)


def _column(offsets: Array, text: Array) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(
        len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(text)
    )
