"""What `shard` learns of a file while it writes it, and what that is of the whole corpus.

A file's facts go beside it (`storage.parts.Beside`), so that an interrupted run has those of the
files it has finished. They depend on its rows alone; what is made of all is in a fixed order.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, one_chunk, strings
from cstool.arrays.hashing import mix
from cstool.languages.code_mixing import MixingSums, sums_by_language
from cstool.storage.checksums import read_part
from cstool.storage.parts import SideTable
from cstool.storage.statistics import (
    CHARACTER_BUCKETS,
    CHARACTERS_A_BUCKET,
    ENTITY_BUCKETS,
    LanguageNumbers,
    SampleSentence,
    SampleStats,
    SwitchedForm,
    TopEntity,
)

FACTS = "facts"
SENTENCES_A_LANGUAGE = 20
TOP_ENTITIES = 200
# Of a file's entities so many are handed on. An entity that is not among them is there no more
# often than the last of them: the error of a sum has a bound, and frequent ones have none.
_ENTITIES_ONE_OF, _ENTITIES_LEAST, _ENTITIES_MOST = 100, TOP_ENTITIES, 1000  # of rows
# Rows of a training file that are looked at closely: one of so many, within bounds.
_ONE_OF, _LOOKED_AT_LEAST, _LOOKED_AT_MOST = 50, 100, 10_000
# A longer one is no sample to read; what a file hands on has a bound.
_LONGEST_SAMPLE = 4_000  # bytes
_SCHEMA = pa.schema([("facts", pa.string())])
_SPAN = ("qid", "source_start", "source_end", "start", "end")


class FileFacts(msgspec.Struct):
    """A file's facts. `entities`: of the most frequent (QID, number); `floor`: what others may
    have at most. `sentences`: those with the lowest hashes, which are `hashes`.
    """

    language: str
    numbers: LanguageNumbers
    entities: list[tuple[int, int]]
    floor: int
    names: dict[int, str]
    sentences: list[SampleSentence]
    hashes: list[int]


class FileFactsBuilder:
    """Gathers a file's facts from its rows, which come a table at a time, in their order.

    `sample`: whether rows are looked at closely, and sentences chosen: of training files.
    """

    def __init__(self, language: str, rows: int, *, sample: bool) -> None:
        self._numbers = LanguageNumbers({})
        self._language = language
        self._characters = np.zeros(CHARACTER_BUCKETS, np.int64)
        self._entities = np.zeros(ENTITY_BUCKETS, np.int64)
        self._qids: list[Array] = []
        self._names: dict[int, str] = {}
        self._sums = MixingSums()
        self._looked = SampleStats()
        self._handed_on = min(max(rows // _ENTITIES_ONE_OF, _ENTITIES_LEAST), _ENTITIES_MOST)
        some = min(max(rows // _ONE_OF, _LOOKED_AT_LEAST), _LOOKED_AT_MOST)
        self._left = some if sample else 0
        self._sample = sample
        self._sentences: list[tuple[int, SampleSentence]] = []

    def add(self, table: pa.Table) -> None:
        """Take note of a table's rows, all of the file's language."""
        offsets, spans = flat(one_chunk(table.column("entities")))
        lengths = pc.utf8_length(one_chunk(table.column("text"))).to_numpy()
        buckets = np.minimum(lengths // CHARACTERS_A_BUCKET, CHARACTER_BUCKETS - 1)
        self._characters += np.bincount(buckets, minlength=CHARACTER_BUCKETS)
        number = np.minimum(np.diff(offsets), ENTITY_BUCKETS - 1)
        self._entities += np.bincount(number, minlength=ENTITY_BUCKETS)
        same = pc.and_(
            pc.equal(table.column("text"), table.column("source_text")),
            pc.not_equal(table.column("language"), table.column("source_language")),
        )
        self._numbers.unswitched += pc.sum(same).as_py() or 0
        self._qids.append(spans.field("qid").to_numpy())
        if self._left:
            self._look_at(table.slice(0, self._left).combine_chunks())
            self._left = max(0, self._left - table.num_rows)
        if self._sample:
            self._choose(table)

    def _look_at(self, rows: pa.Table) -> None:
        """Read rows closely: names, whether they are other ones, and code-mixing."""
        codes = one_chunk(rows.column("language")).dictionary_encode()
        spans = one_chunk(rows.column("entities"))
        switched = pc.not_equal(rows.column("language"), rows.column("source_language")).to_pylist()
        found = sums_by_language(codes, one_chunk(rows.column("text")), spans)
        self._sums += sum(found.values(), MixingSums())
        offsets, values = flat(spans)
        qids, *places = (values.field(name).to_numpy().tolist() for name in _SPAN)
        texts, sources = (rows.column(n).to_pylist() for n in ("text", "source_text"))
        bounds = offsets.tolist()
        for row, (text, source) in enumerate(zip(texts, sources, strict=True)):
            for i in range(bounds[row], bounds[row + 1]):
                source_start, source_end, start, end = (place[i] for place in places)
                name = source[source_start:source_end]
                self._names.setdefault(qids[i], name)
                if switched[row]:
                    self._looked.entities += 1
                    self._looked.unswitched += text[start:end] == name
        self._looked.rows += rows.num_rows

    def _choose(self, table: pa.Table) -> None:
        """Keep the sentences with the lowest hashes, which are the same in every language."""
        sizes = [pc.binary_length(table.column(name)) for name in ("text", "source_text")]
        short = pc.less_equal(pc.max_element_wise(*sizes), _LONGEST_SAMPLE)
        places = np.flatnonzero(one_chunk(short).to_numpy(zero_copy_only=False))
        if not len(places):
            return
        hashes = mix(table.column("id").to_numpy().astype(np.uint64))
        few = min(SENTENCES_A_LANGUAGE, len(places))
        lowest = places[np.argpartition(hashes[places], few - 1)[:few]]
        rows = table.take(numbers(lowest)).to_pylist()
        found = zip(hashes[lowest].tolist(), map(_sentence, rows), strict=True)
        self._sentences = sorted([*self._sentences, *found], key=_order)[:SENTENCES_A_LANGUAGE]

    def beside(self) -> SideTable:
        """Return the facts as they go beside the file."""
        qids, number = np.unique(np.concatenate(self._qids), return_counts=True)
        order = np.lexsort((qids, -number))
        top = order[: self._handed_on]
        floor = int(number[order[self._handed_on]]) if len(order) > self._handed_on else 0
        self._numbers.characters = self._characters.tolist()
        self._numbers.entities_a_sentence = self._entities.tolist()
        self._looked.mixing = asdict(self._sums)
        self._numbers.looked_at = self._looked
        kept = qids[top].tolist()
        facts = FileFacts(
            self._language,
            self._numbers,
            [*zip(kept, number[top].tolist(), strict=True)],
            floor,
            {qid: self._names[qid] for qid in kept if qid in self._names},
            [sentence for _, sentence in self._sentences],
            [hash_ for hash_, _ in self._sentences],
        )
        told = strings([msgspec.json.encode(facts).decode()])
        return SideTable(FACTS, pa.Table.from_arrays([told], schema=_SCHEMA))


def _order(found: tuple[int, SampleSentence]) -> tuple[int, int, str, str]:
    return found[0], found[1].id, found[1].language, found[1].text


def _sentence(row: dict[str, Any]) -> SampleSentence:
    spans = [tuple(span[name] for name in _SPAN) for span in row["entities"]]
    return SampleSentence(
        row["id"],
        row["page_id"],
        row["title"],
        row["source_language"],
        row["source_text"],
        {row["language"]: SwitchedForm(row["text"], spans)},
    )


def read_facts(path: Path) -> FileFacts:
    """Return the facts that lie beside a file."""
    return msgspec.json.decode(read_part(path)["facts"][0].as_py(), type=FileFacts)


def numbers_by_language(files: Iterable[FileFacts]) -> dict[str, LanguageNumbers]:
    """Return each language's histograms and what was looked at; not its rows, words, entities."""
    found: dict[str, LanguageNumbers] = {}
    for file in files:
        into = found.setdefault(file.language, LanguageNumbers({}, looked_at=SampleStats()))
        its, looked = file.numbers, file.numbers.looked_at or SampleStats()
        into.unswitched += its.unswitched
        into.characters = _added(into.characters, its.characters)
        into.entities_a_sentence = _added(into.entities_a_sentence, its.entities_a_sentence)
        assert into.looked_at is not None
        into.looked_at.rows += looked.rows
        into.looked_at.entities += looked.entities
        into.looked_at.unswitched += looked.unswitched
        sums = into.looked_at.mixing
        into.looked_at.mixing = {
            f.name: sums.get(f.name, 0) + looked.mixing.get(f.name, 0) for f in fields(MixingSums)
        }
    return found


def _added(one: list[int], other: list[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)] if one else other


def top_entities(files: Iterable[FileFacts]) -> list[TopEntity]:
    """Return the most frequent entities, under the name that most files have seen first."""
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
    """Return each language's sentences with the lowest hashes; those of one sentence together."""
    by_language: dict[str, list[tuple[int, SampleSentence]]] = {}
    for file in files:
        found = by_language.setdefault(file.language, [])
        found += zip(file.hashes, file.sentences, strict=True)
    chosen = [
        one
        for found in by_language.values()
        for one in sorted(found, key=_order)[:SENTENCES_A_LANGUAGE]
    ]
    together: dict[tuple[int, str, str], SampleSentence] = {}
    for _, one in sorted(chosen, key=_order):
        into = together.setdefault((one.id, one.language, one.text), one)
        if into is not one:
            into.forms |= one.forms
    for sentence in together.values():
        sentence.forms = dict(sorted(sentence.forms.items()))
    return [*together.values()]
