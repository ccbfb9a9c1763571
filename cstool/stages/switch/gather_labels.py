"""Gathers the labels and marks of the entities that `switch` needs.

Labels in the target languages, names in the source language, and marks of the entities that are not
switched because of their types.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import (
    are_among,
    booleans,
    distinct,
    flat,
    list_of,
    numbers,
    one_chunk,
    strings,
)
from cstool.languages.codes import language_wiki
from cstool.languages.entity_types import EntityTypes, instances, person_classes
from cstool.languages.fitting import tidy
from cstool.languages.labels import ChosenLabels, LabelRules, LabelTable, choose
from cstool.romanization.romanizers import RomanizerName
from cstool.stages.switch.romanized_names import romanized_names
from cstool.storage.atomic import whole_file
from cstool.storage.checksums import is_sound, load_array, open_part, read_part, save_array
from cstool.storage.counts import Counts, total
from cstool.storage.label_store import LABELS, is_store, pack, write_store
from cstool.storage.manifest import Manifest
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run
from cstool.storage.tasks import Task, part_name

# Cells of a table of entities by languages: 8 bytes each, in a few tables at a time.
_CELLS_AT_ONCE = 1 << 20
# The bit of an entity's mark that is set for a person; the other bits are the index of a reason.
PERSON = 1 << 7
# Number of QIDs to collect before they are merged: 32 MB.
_QIDS_PENDING = 8_000_000


@dataclass(frozen=True)
class LabelNeeds:
    """What to gather for an entity.

    `rules`: label selection; `tidied`: whether to clean the labels; `known_in`: the source
    language, if the names in it are needed; `types`: the types to mark; `persons`: whether to mark
    persons. `romanizer`: writes names of other scripts in Latin letters.
    """

    rules: LabelRules
    tidied: bool = False
    known_in: str | None = None
    types: EntityTypes = field(default_factory=EntityTypes)
    persons: bool = False
    romanizer: RomanizerName | None = None

    def columns(self) -> list[str]:
        """Return the columns of the entities table to read."""
        columns = ["qid", "labels"]
        if self.rules.need_titles or self.known_in:
            columns.append("sitelinks")
        return [
            *columns,
            *(["aliases"] if self.known_in else []),
            *(["types"] if self.types.any or self.persons else []),
        ]

    def marks(self, table: pa.Table) -> Array:
        """Return the mark of each entity, `uint8[n]`."""
        marks = np.zeros(table.num_rows, np.uint8)
        if self.types.any:
            marks |= self.types.marks(table)
        if self.persons:
            marks[instances(table, person_classes())] |= PERSON
        return marks


def make_store(
    run: Run, linked: tuple[Path, Manifest], entities: tuple[Path, Manifest], needs: LabelNeeds
) -> tuple[Path, Counts]:
    """Gather the labels of the entities in these sentences; return their store and counts."""
    folder = run.work("store")
    wanted = run.work("wanted.npy")
    if not (wanted.exists() and is_sound(wanted)):
        with whole_file(wanted) as temporary:
            save_array(temporary, _linked_qids(*linked))
    tasks = [
        Task(part_name(i), str(entities[0] / part.file), part.checksum)
        for i, part in enumerate(entities[1].tables)
    ]
    made = run.map(
        label_rows,
        (str(wanted), needs),
        tasks,
        PartSpec(LABELS, label="switch: labels", phase="labels", unit="part"),
    )
    if not is_store(folder):  # another array task may have written it and be reading it
        write_store(folder, _tables(run.work("labels"), made), needs.rules.targets)
    return folder, total(m.counts for m in made)


def _tables(folder: Path, made: list[FinishedPart]) -> Iterator[pa.Table]:
    for part in made:
        file = open_part(folder / part.part.file)
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, use_threads=False)


def _linked_qids(linked: Path, read: Manifest) -> Array:
    """Return the distinct QIDs of the mentions, sorted."""
    pending = [np.zeros(0, np.uint32)]
    for part in read.tables:
        column = read_part(linked / part.file, ["mentions.list.element.qid"])
        _, mentions = flat(one_chunk(column.column("mentions")))
        pending.append(distinct(mentions.field("qid").drop_null().to_numpy()))
        if sum(map(len, pending[1:])) > max(_QIDS_PENDING, len(pending[0])):
            pending = [distinct(np.concatenate(pending))]
    return distinct(np.concatenate(pending)).astype(np.uint32)


def label_rows(file: str, work: tuple[str, LabelNeeds]) -> Batches:
    """Yield rows of the store for the wanted entities of an entities part."""
    counts = Counts()
    wanted, needs = load_array(Path(work[0])), work[1]
    rules = needs.rules
    at_once = max(1, _CELLS_AT_ONCE // max(len(rules.codes), len(rules.targets)))
    entities = open_part(Path(file))
    for group in range(entities.num_row_groups):
        table = entities.read_row_group(group, columns=needs.columns(), use_threads=False)
        qids = table.column("qid").to_numpy()
        # Both are sorted, so only wanted QIDs within the range of the row group are compared.
        first, last = np.searchsorted(wanted, qids[[0, -1]]) if len(qids) else (0, 0)
        table = table.filter(booleans(are_among(qids, wanted[first : last + 1])))
        for start in range(0, table.num_rows, at_once):
            yield _piece(table.slice(start, at_once), needs, counts)
    return counts


def _piece(table: pa.Table, needs: LabelNeeds, counts: Counts) -> pa.Table:
    rules = needs.rules
    qids = table.column("qid").to_numpy()
    labels = LabelTable.of_column(table.column("labels"), rules.codes)
    titles = LabelTable.none()
    if rules.need_titles:
        titles = LabelTable.of_column(table.column("sitelinks"), rules.wikis())
    chosen = choose(rules, len(qids), labels, titles, counts)
    if needs.tidied:
        chosen = _tidied(chosen, counts)
    if needs.romanizer:
        chosen = romanized_names(chosen, tuple(rules.targets), needs.romanizer, counts)
    known = _known(table, needs.known_in) if needs.known_in else None
    return pack(qids, chosen.places, chosen.texts, needs.marks(table), known, chosen.steps)


def _tidied(chosen: ChosenLabels, counts: Counts) -> ChosenLabels:
    """Return the labels cleaned; labels without visible characters are removed."""
    present = chosen.places >= 0
    used, inverse = np.unique(chosen.places[present], return_inverse=True)
    tidied = tidy(chosen.texts.take(numbers(used)))
    counts.add("names tidied", tidied.counts())
    # Cleaning can make labels equal; the dictionary stores them once.
    encoded = tidied.names.dictionary_encode()
    empty = pc.equal(encoded.dictionary, "").to_numpy(zero_copy_only=False)
    index = encoded.indices.to_numpy().astype(np.int64)
    if empty.any():
        removed = empty[index]
        number = int(np.count_nonzero(removed[inverse]))
        counts.add("names tidied", {"nothing left": number})
        index[removed] = -1
    places = np.full_like(chosen.places, -1)
    places[present] = index[inverse]
    return ChosenLabels(places, encoded.dictionary, chosen.steps)


def _known(table: pa.Table, language: str) -> pa.ListArray:
    """Return the names of entities in a language: label ("" for none), aliases, page title.

    `mul` replaces a missing label, and its aliases are included.
    """
    labels = LabelTable.of_column(table.column("labels"), [language, "mul"])
    parts = [
        labels,
        LabelTable.of_column(table.column("aliases"), [language, "mul"]),
        LabelTable.of_column(table.column("sitelinks"), [language_wiki(language) or ""]),
    ]
    texts = pa.concat_arrays([*(part.text.cast(pa.string()) for part in parts), strings([""])])
    label = np.full(table.num_rows, len(texts) - 1)
    for column in (1, 0):  # the label in the language itself replaces that in mul
        which = np.flatnonzero(labels.column == column)
        label[labels.entity[which]] = which
    other = np.ones(len(texts), bool)
    other[label] = other[-1] = False
    indexes = np.concatenate([label, np.flatnonzero(other)])
    entity = np.concatenate([part.entity for part in parts])
    owner = np.concatenate([np.arange(table.num_rows), entity[other[:-1]]])
    values = texts.take(numbers(indexes[np.argsort(owner, kind="stable")]))
    return list_of(np.bincount(owner, minlength=table.num_rows), values, LABELS.field("known").type)
