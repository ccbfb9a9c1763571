"""Collects the statistics of each file of the corpus, and combines them.

The statistics of a file are written to a side table (`storage.parts.SideTable`), so that a resumed
run has those of the finished files. They depend only on the rows of the file, and are combined in a
fixed order.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import (
    are_among,
    booleans,
    flat,
    numbers,
    one_chunk,
    slices_of,
    strings,
)
from cstool.arrays.codepoints import begins_of, bounds_of_pieces, cut
from cstool.arrays.hashing import mix
from cstool.languages.code_mixing import MixingSums, sums_by_language
from cstool.languages.words import words_of
from cstool.storage.beginnings import beginning
from cstool.storage.checksums import read_part
from cstool.storage.document_numbers import document_numbers
from cstool.storage.histograms import histogram
from cstool.storage.parts import SideTable
from cstool.storage.row_kinds import RowKind
from cstool.storage.statistics import (
    CHARACTER_BUCKETS,
    CHARACTERS_A_BUCKET,
    ENTITY_BUCKETS,
    DocumentNumbers,
    LanguageNumbers,
    SampleSentence,
    SampleStats,
    SwitchedForm,
    TopEntity,
    added,
)
from cstool.storage.word_spans import are_words, number_by_row

FACTS = "facts"
SENTENCES_A_LANGUAGE = 20
TOP_ENTITIES = 200
# Number of entities in a file's statistics: one per 100 rows, within bounds. Any other entity is at
# most as frequent as the last one of these, which bounds the error of the sums.
_ENTITIES_ONE_OF, _ENTITIES_LEAST, _ENTITIES_MOST = 100, TOP_ENTITIES, 1000
# Rows of a file to analyze in detail; counting words takes longer than writing the rows.
LOOKED_AT = 10_000
# The same in characters, of paragraphs and pages, and how many are analyzed at a time.
CHARACTERS_LOOKED_AT, CHARACTERS_AT_ONCE = 8_000_000, 1_000_000
# Maximum bytes of a sample sentence, which bounds the size of the statistics.
_LONGEST_SAMPLE = 4_000
# Maximum characters of a source paragraph or page of which the beginning is a sample.
_LONGEST_BEGINNING = 800
_PLAIN = RowKind()
_SCHEMA = pa.schema([("facts", pa.string())])
_SPAN = ("qid", "source_start", "source_end", "start", "end")


class FileFacts(msgspec.Struct):
    """The statistics of a file.

    `entities`: QID and count of the most frequent ones; `floor`: maximum count of any other entity;
    `names`: name of an entity by QID; `sentences`: the sentences with the lowest hashes, and
    `hashes` their hashes.
    """

    language: str
    numbers: LanguageNumbers
    entities: list[tuple[int, int]]
    floor: int
    names: dict[int, str]
    sentences: list[SampleSentence]
    hashes: list[int]


class FileFactsBuilder:
    """Collects the statistics of a file from its rows, table by table, in order.

    `rows`: number of rows of the file; `kind`: of its rows; `sample`: whether to select sample
    sentences, which is done for training files.
    """

    def __init__(self, language: str, rows: int, *, sample: bool, kind: RowKind = _PLAIN) -> None:
        self._numbers = LanguageNumbers({})
        self._language = language
        self._kind = kind
        self._documents = DocumentNumbers()
        self._passes = np.zeros(kind.passes, np.int64)
        self._characters = np.zeros(CHARACTER_BUCKETS, np.int64)
        self._entities = np.zeros(ENTITY_BUCKETS, np.int64)
        self._origins: Counter[str] = Counter()
        self._name_languages: Counter[str] = Counter()
        self._qids: list[Array] = []
        self._names: list[tuple[Array, pa.StringArray]] = []
        self._sums = MixingSums()
        self._looked = SampleStats(words=0)
        self._handed_on = min(max(rows // _ENTITIES_ONE_OF, _ENTITIES_LEAST), _ENTITIES_MOST)
        self._left = LOOKED_AT
        self._characters_left = CHARACTERS_LOOKED_AT
        self._sample = sample
        self._sentences: list[tuple[int, SampleSentence]] = []

    def add(self, table: pa.Table) -> None:
        """Add the rows of a table, which are all in the language of the file."""
        offsets, spans = flat(one_chunk(table.column("entities")))
        words = are_words(spans)
        lengths = pc.utf8_length(one_chunk(table.column("text"))).to_numpy()
        switched = pc.not_equal(table.column("language"), table.column("source_language"))
        if self._kind.unit == "sentence":
            buckets = np.minimum(lengths // CHARACTERS_A_BUCKET, CHARACTER_BUCKETS - 1)
            self._characters += np.bincount(buckets, minlength=CHARACTER_BUCKETS)
            number = number_by_row(offsets, ~words)
            buckets = np.minimum(number, ENTITY_BUCKETS - 1)
            self._entities += np.bincount(buckets, minlength=ENTITY_BUCKETS)
        else:
            of_row = one_chunk(switched).to_numpy(zero_copy_only=False)
            self._documents += document_numbers(table, "entities", of_row)
        if self._kind.passes > 1:
            passes = table.column("pass").to_numpy()
            self._passes += np.bincount(passes, minlength=len(self._passes))
        same = pc.and_(pc.equal(table.column("text"), table.column("source_text")), switched)
        self._numbers.unswitched += pc.sum(same).as_py() or 0
        self._numbers.source_rows += table.num_rows - (pc.sum(switched).as_py() or 0)
        of_switched = numbers(np.flatnonzero(_repeated(switched, offsets)))
        self._numbers.source_entities += len(spans) - len(of_switched)
        for name, into in (("origin", self._origins), ("name_language", self._name_languages)):
            into.update(_tally(spans.field(name).take(of_switched)))
        self._qids.append(_qids(spans, ~words))
        if self._kind.unit != "sentence":
            self._look_at_documents(table.slice(0, self._left), lengths[: self._left])
        elif self._left:
            self._look_at(table.slice(0, self._left).combine_chunks())
        self._left = max(0, self._left - table.num_rows)
        if self._sample:
            self._choose(table)

    def _look_at_documents(self, rows: pa.Table, lengths: Array) -> None:
        """Analyze the first rows in detail, up to a number of characters, a few rows at a time."""
        ends = np.cumsum(lengths)
        for start, end in slices_of(ends, CHARACTERS_AT_ONCE):
            if self._characters_left <= 0:
                return
            some = rows.slice(start, end - start).combine_chunks()
            self._look_at(some)
            words = histogram(words_of(one_chunk(some.column("text")))).tolist()
            self._documents += DocumentNumbers(words=words)
            self._characters_left -= int(lengths[start:end].sum())

    def _look_at(self, rows: pa.Table) -> None:
        """Analyze rows in detail: entity names, whether they were changed, and code-mixing."""
        unequal = pc.not_equal(rows.column("language"), rows.column("source_language"))
        self._sums += _mixing(rows.filter(unequal), self._kind)
        source = _mixing(rows.filter(pc.invert(unequal)), _PLAIN)
        self._looked.source_rows += rows.num_rows - (pc.sum(unequal).as_py() or 0)
        self._looked.source_words += source.words
        offsets, spans = flat(one_chunk(rows.column("entities")))
        anchors = _cut_out(rows.column("source_text"), offsets, spans, "source_start", "source_end")
        same = pc.equal(_cut_out(rows.column("text"), offsets, spans, "start", "end"), anchors)
        switched = _repeated(unequal, offsets)
        self._looked.entities += int(switched.sum())
        self._looked.unswitched += int(same.to_numpy(zero_copy_only=False)[switched].sum())
        entities = ~are_words(spans)
        qids, firsts = np.unique(_qids(spans, entities), return_index=True)
        self._names.append((qids, anchors.take(numbers(np.flatnonzero(entities)[firsts]))))
        self._looked.rows += rows.num_rows

    def _choose(self, table: pa.Table) -> None:
        """Keep the sentences with the lowest hashes, which are the same in every language.

        Of paragraphs and pages, the beginning is kept; of several passes, the first.
        """
        if self._kind.passes > 1:
            table = table.filter(pc.equal(table.column("pass"), 0))
        if self._kind.unit != "sentence":
            self._choose_documents(table)
            return
        sizes = [pc.binary_length(table.column(name)) for name in ("text", "source_text")]
        short = pc.less_equal(pc.max_element_wise(*sizes), _LONGEST_SAMPLE)
        indexes = np.flatnonzero(one_chunk(short).to_numpy(zero_copy_only=False))
        if not len(indexes):
            return
        hashes = mix(table.column("id").to_numpy().astype(np.uint64))
        few = min(SENTENCES_A_LANGUAGE, len(indexes))
        lowest = indexes[np.argpartition(hashes[indexes], few - 1)[:few]]
        rows = table.take(numbers(lowest)).to_pylist()
        candidates = zip(hashes[lowest].tolist(), map(_sentence, rows), strict=True)
        self._sentences = sorted([*self._sentences, *candidates], key=_order)[:SENTENCES_A_LANGUAGE]

    def _choose_documents(self, table: pa.Table) -> None:
        """Keep the beginnings of the paragraphs or pages with the lowest hashes."""
        hashes = mix(table.column("id").to_numpy().astype(np.uint64))
        lowest = np.argsort(hashes, kind="stable")[:SENTENCES_A_LANGUAGE]
        annotated = self._kind.annotated
        for hash_, row in zip(
            hashes[lowest].tolist(), table.take(numbers(lowest)).to_pylist(), strict=True
        ):
            short = beginning(row, _LONGEST_BEGINNING, annotated=annotated)
            if max(len(short[n].encode()) for n in ("text", "source_text")) <= _LONGEST_SAMPLE:
                self._sentences.append((hash_, _sentence(short)))
        self._sentences = sorted(self._sentences, key=_order)[:SENTENCES_A_LANGUAGE]

    def beside(self) -> SideTable:
        """Return the statistics as a side table."""
        qids, number = np.unique(np.concatenate(self._qids), return_counts=True)
        order = np.lexsort((qids, -number))
        top = order[: self._handed_on]
        floor = int(number[order[self._handed_on]]) if len(order) > self._handed_on else 0
        if self._kind.unit == "sentence":
            self._numbers.characters = self._characters.tolist()
            self._numbers.entities_a_sentence = self._entities.tolist()
        else:
            self._numbers.documents = self._documents
        if self._kind.passes > 1:
            self._numbers.passes = self._passes.tolist()
        self._looked.mixing = asdict(self._sums)
        self._looked.words = self._sums.words + self._looked.source_words
        self._numbers.looked_at = self._looked
        self._numbers.origins = dict(sorted(self._origins.items()))
        self._numbers.name_languages = dict(sorted(self._name_languages.items()))
        kept = qids[top].tolist()
        facts = FileFacts(
            self._language,
            self._numbers,
            [*zip(kept, number[top].tolist(), strict=True)],
            floor,
            self._names_of(qids[top]),
            [sentence for _, sentence in self._sentences],
            [hash_ for hash_, _ in self._sentences],
        )
        encoded = strings([msgspec.json.encode(facts).decode()])
        return SideTable(FACTS, pa.Table.from_arrays([encoded], schema=_SCHEMA))

    def _names_of(self, kept: Array) -> dict[int, str]:
        """Return the first name of each entity that is among the rows analyzed in detail."""
        names: dict[int, str] = {}
        ordered = np.sort(kept)
        for qids, its_names in reversed(self._names):
            found = are_among(qids, ordered)
            chosen = its_names.filter(booleans(found)).to_pylist()
            names |= zip(qids[found].tolist(), chosen, strict=True)
        return {qid: names[qid] for qid in kept.tolist() if qid in names}


def _qids(spans: pa.StructArray, entities: Array) -> Array:
    """Return the QIDs of the spans that are entities (bool[n])."""
    qids: Array = spans.field("qid").filter(booleans(entities)).to_numpy()
    return qids


def _cut_out(
    column: pa.ChunkedArray, offsets: Array, spans: pa.StructArray, start: str, end: str
) -> pa.StringArray:
    """Return the text of each span; `offsets`: see `arrow.flat`."""
    texts = one_chunk(column)
    starts, ends = (spans.field(name).to_numpy().astype(np.int64) for name in (start, end))
    pieces = cut(texts, bounds_of_pieces(begins_of(texts), offsets, starts, ends))
    row = np.repeat(np.arange(len(texts)), np.diff(offsets))
    return pieces.take(numbers(row + 2 * np.arange(len(row)) + 1))


def _mixing(rows: pa.Table, kind: RowKind) -> MixingSums:
    """Return the sums of rows of one language."""
    codes = one_chunk(rows.column("language")).dictionary_encode()
    text, spans = (one_chunk(rows.column(name)) for name in ("text", "entities"))
    listed = "sentences" in rows.column_names
    sentences = one_chunk(rows.column("sentences")) if listed else None
    return sum(sums_by_language(codes, text, spans, kind.marks, sentences).values(), MixingSums())


def _repeated(of_row: pa.ChunkedArray, offsets: Array) -> Array:
    """Return the value of each row for each of its entities; `offsets`: see `arrow.flat`."""
    return np.repeat(one_chunk(of_row).to_numpy(zero_copy_only=False), np.diff(offsets))


def _tally(values: pa.Array) -> dict[str, int]:
    """Return the number of occurrences of each string."""
    counted = pc.value_counts(values.drop_null()).flatten()
    return {one.as_py(): n.as_py() for one, n in zip(*counted, strict=True)}


def _order(candidate: tuple[int, SampleSentence]) -> tuple[int, int, str, str, str]:
    hash_, one = candidate
    return hash_, one.id, one.language, one.text, one.wiki


def _sentence(row: dict[str, Any]) -> SampleSentence:
    spans = [tuple(span[name] for name in _SPAN) for span in row["entities"]]
    return SampleSentence(
        row["id"],
        row["page_id"],
        row["title"],
        row["source_language"],
        row["source_text"],
        {row["language"]: SwitchedForm(row["text"], spans)},
        row["wiki"],
        row.get("whole") or msgspec.UNSET,
    )


def read_facts(path: Path) -> FileFacts:
    """Read the statistics of a file from its side table."""
    return msgspec.json.decode(read_part(path)["facts"][0].as_py(), type=FileFacts)


def numbers_by_language(files: Iterable[FileFacts]) -> dict[str, LanguageNumbers]:
    """Return the histograms and detailed statistics by language, without rows, words, entities."""
    by_language: dict[str, LanguageNumbers] = {}
    for file in files:
        into = by_language.setdefault(file.language, LanguageNumbers({}, looked_at=SampleStats()))
        its, looked = file.numbers, file.numbers.looked_at or SampleStats()
        into.unswitched += its.unswitched
        into.source_entities += its.source_entities
        into.characters = added(into.characters, its.characters)
        into.entities_a_sentence = added(into.entities_a_sentence, its.entities_a_sentence)
        if its.documents:
            into.documents = (into.documents or DocumentNumbers()) + its.documents
        if its.passes:
            into.passes = added(into.passes or [], its.passes)
        into.source_rows += its.source_rows
        into.origins = _summed(into.origins, its.origins)
        into.name_languages = _summed(into.name_languages, its.name_languages)
        assert into.looked_at is not None
        into.looked_at.rows += looked.rows
        into.looked_at.entities += looked.entities
        into.looked_at.unswitched += looked.unswitched
        into.looked_at.words = (into.looked_at.words or 0) + (looked.words or 0)
        into.looked_at.source_rows += looked.source_rows
        into.looked_at.source_words += looked.source_words
        sums = MixingSums.stored(into.looked_at.mixing) + MixingSums.stored(looked.mixing)
        into.looked_at.mixing = asdict(sums)
    return by_language


def _summed(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return dict(sorted((Counter(one) + Counter(other)).items()))


def top_entities(files: Iterable[FileFacts]) -> list[TopEntity]:
    """Return the most frequent entities, each with the name that most files contain first."""
    number: Counter[int] = Counter()
    floors: Counter[int] = Counter()
    names: dict[int, Counter[str]] = {}
    floor = 0
    for file in files:
        floor += file.floor
        for qid, its in file.entities:
            number[qid] += its
            floors[qid] += file.floor
        for qid, name in file.names.items():
            names.setdefault(qid, Counter())[name] += 1
    top = sorted(number, key=lambda qid: (-number[qid], qid))[:TOP_ENTITIES]
    return [
        TopEntity(
            qid,
            min(names.get(qid, Counter({"": 1})).items(), key=lambda n: (-n[1], n[0]))[0],
            number[qid],
            number[qid] + floor - floors[qid],
        )
        for qid in top
    ]


def sample_sentences(files: Iterable[FileFacts]) -> list[SampleSentence]:
    """Return the sentences with the lowest hashes of each language, grouped by source sentence."""
    by_language: dict[str, list[tuple[int, SampleSentence]]] = {}
    for file in files:
        candidates = by_language.setdefault(file.language, [])
        candidates += zip(file.hashes, file.sentences, strict=True)
    chosen = [
        one
        for candidates in by_language.values()
        for one in sorted(candidates, key=_order)[:SENTENCES_A_LANGUAGE]
    ]
    by_sentence: dict[tuple[str, int, str], SampleSentence] = {}
    for _, one in sorted(chosen, key=_order):
        into = by_sentence.setdefault((one.wiki, one.id, one.text), one)
        if into is not one:
            into.forms |= one.forms
    for sentence in by_sentence.values():
        sentence.forms = dict(sorted(sentence.forms.items()))
    return [*by_sentence.values()]
