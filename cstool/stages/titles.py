"""`cstool titles`: a wiki's page titles → QIDs, redirects resolved.

A title's QID is that of its sitelink; a redirect without one takes its target's, along a chain
of redirects. A redirect page that has an item of its own keeps it: Wikidata's word goes first.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cstool.dumps.export import MAIN, Site
from cstool.dumps.pages import (
    Damage,
    PageSlice,
    open_pages,
    pages_of,
)
from cstool.dumps.streams import absolute, describe_dump
from cstool.parts.claims import refuse_damage
from cstool.parts.columns import flat, one_chunk
from cstool.parts.counts import Counts, total
from cstool.parts.files import Batches, Made
from cstool.parts.folder import Run, Task, open_run, part_name
from cstool.parts.manifest import Manifest, Part, Source, describe_folder, need_stage, sha256
from cstool.parts.schemas import TITLES
from cstool.parts.title_index import TitleIndex, hash_titles
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.wikitext.titles import namespaces_of

INDEX = "index"
# A longer chain is a loop, or as good as one: MediaWiki itself follows a single step.
_LONGEST_CHAIN = 10
_PAGES = pa.schema([("title", pa.string()), ("target", pa.string())])


@dataclass(frozen=True)
class _Known:
    """Where the indexes of pages, redirects and own items lie, and what tells namespaces."""

    folder: str
    site: Site

    def open(self, name: str) -> TitleIndex:
        """Open one of the indexes."""
        return TitleIndex.open(Path(self.folder), name)


def titles(
    wiki: str,
    entities: Path,
    pages: Sequence[str],
    out: Path,
    running: RunOptions,
    *,
    keep_going: bool = False,
) -> Manifest:
    """Map the titles of `wiki` from its sitelinks in `entities` and its page dumps' redirects.

    Raises InputError for dumps that are damaged or of another wiki, OutputError for `out`.
    """
    manifest = need_stage(entities, "entities")
    with open_run(
        out,
        stage="titles",
        parameters={"wiki": wiki, "part_size": running.part_size},
        inputs=[describe_folder(entities, manifest), *map(describe_dump, pages)],
        options=running,
        reads=[entities],
    ) as run:
        if run.finished:
            refuse_damage(out, run.finished.counts, keep_going=keep_going)
            return run.finished
        damage = Damage() if keep_going else None
        dump = open_pages([absolute(path) for path in pages], running.part_size, damage)
        if dump.site.wiki != wiki:
            raise InputError(
                f"{pages[0]}: is a dump of {dump.site.wiki}, not of {wiki}; "
                f"give --wiki {dump.site.wiki} or another dump"
            )
        listed = run.map(
            list_pages,
            keep_going,
            dump.tasks,
            _PAGES,
            label="titles: pages",
            size=dump.size,
            phase="pages",
        )
        links = [str(entities.absolute() / part.file) for part in manifest.tables]
        made = _resolve(run, links, listed, dump.site)
        counts = total(m.counts for m in [*listed, *made])
        refuse_damage(out, counts, keep_going=keep_going)
        if damage:
            damage.count(counts)
        files = [_index_part(run.out, file) for file in TitleIndex.files(INDEX)]
        return run.finish(made, counts, source=Source(wiki, dump.site.language), files=files)


def list_pages(slice_: PageSlice, keep_going: bool) -> Batches:
    """Yield the main-namespace pages of a slice: title, and target of those that redirect."""
    counts = Counts()
    damage = Damage() if keep_going else None
    names: list[str] = []
    targets: list[str | None] = []
    tally = counts.tally("pages")
    for page in pages_of(slice_, damage):
        if page.namespace != MAIN:
            tally.drop("other namespace")
            continue
        tally.keep()
        names.append(page.title)
        targets.append(page.redirect)
    if damage:
        damage.count(counts)
    yield pa.RecordBatch.from_arrays(
        [pa.array(names, pa.string()), pa.array(targets, pa.string())], schema=_PAGES
    )
    return counts


def _resolve(run: Run, links: list[str], listed: list[Made], site: Site) -> list[Made]:
    """Write the table's parts, those of sitelinks first, and the index over all of them."""
    work = run.work("pages")
    lists = [str(work / made.part.file) for made in listed]
    _index_pages(lists, work)
    known = _Known(str(work), site)
    tasks = [Task(part_name(i), file, f"sitelinks {i}") for i, file in enumerate(links)]
    own = run.map(
        linked_titles, known, tasks, TITLES, label="titles: own", size=len(tasks), unit="part"
    )
    _index_titles(run.out, own, work, "own")
    tasks = [Task(part_name(i), file, f"pages {i}") for i, file in enumerate(lists, len(own))]
    redirected = run.map(
        redirected_titles,
        known,
        tasks,
        TITLES,
        label="titles: redirects",
        size=len(tasks),
        unit="part",
    )
    _index_titles(run.out, [*own, *redirected], run.out, INDEX)
    return [*own, *redirected]


def linked_titles(file: str, known: _Known) -> Batches:
    """Yield the main-namespace titles that the sitelinks of an entities part name."""
    table = pq.read_table(file, columns=["qid", "sitelinks"], use_threads=False)
    offsets, links = flat(one_chunk(table.column("sitelinks")))
    ours = pc.equal(links.field("site"), known.site.wiki).to_numpy(zero_copy_only=False)
    qids = np.repeat(table.column("qid").to_numpy(), np.diff(offsets))[ours]
    names = links.field("title").filter(pa.array(ours)).to_pylist()
    namespaces = namespaces_of(known.site)
    main = np.array([namespaces.number(name) == MAIN for name in names], bool)
    counts = Counts()
    tally = counts.tally("sitelinks")
    tally.keep(int(main.sum()))
    tally.drop("other namespace", int((~main).sum()))
    kept = [name for name, is_main in zip(names, main, strict=True) if is_main]
    redirects = known.open("redirects").look_up(hash_titles(kept)) != 0
    yield _titles_batch(kept, qids[main], redirects)
    return counts


def redirected_titles(file: str, known: _Known) -> Batches:
    """Yield those redirects of a list of pages that lead to an item and have none of their own."""
    table = pq.read_table(file, use_threads=False)
    table = table.filter(table.column("target").is_valid())
    names: list[str] = table.column("title").to_pylist()
    targets: list[str] = table.column("target").to_pylist()
    qids, reasons = _follow(targets, known)
    own = known.open("own").look_up(hash_titles(names)) != 0
    reasons = ["has an item of its own" if o else r for o, r in zip(own, reasons, strict=True)]
    counts = Counts()
    tally = counts.tally("redirects")
    for reason, number in sorted(Counter(reasons).items()):
        if reason:
            tally.drop(reason, number)
        else:
            tally.keep(number)
    kept = np.array([not reason for reason in reasons], bool)
    yield _titles_batch(
        [name for name, k in zip(names, kept, strict=True) if k],
        qids[kept],
        np.ones(int(kept.sum()), bool),
    )
    return counts


def _follow(targets: list[str], known: _Known) -> tuple[np.ndarray[Any, Any], list[str]]:
    """Return each redirect target's QID, and why it has none ("" where it has one)."""
    own, redirects, pages = (known.open(name) for name in ("own", "redirects", "pages"))
    goals = hash_titles(targets)
    qids = own.look_up(goals)
    open_ = np.flatnonzero(qids == 0)
    for _ in range(_LONGEST_CHAIN):
        further = redirects.look_up(goals[open_])
        open_, further = open_[further != 0], further[further != 0]
        if not len(open_):
            break
        goals[open_] = further
        qids[open_] = own.look_up(further)
        open_ = open_[qids[open_] == 0]
    there = pages.look_up(goals) != 0
    looping = set(open_.tolist())
    namespaces = namespaces_of(known.site)
    reasons = [""] * len(targets)
    for i in np.flatnonzero(qids == 0).tolist():
        if i in looping:
            reasons[i] = "loop, or a chain of more than ten"
        elif there[i]:
            reasons[i] = "target has no item"
        elif namespaces.number(targets[i]) != MAIN:
            reasons[i] = "target in another namespace or wiki"
        else:
            reasons[i] = "target is missing"
    return qids, reasons


def _titles_batch(
    names: list[str], qids: np.ndarray[Any, Any], redirects: np.ndarray[Any, Any]
) -> pa.RecordBatch:
    arrays = [pa.array(names, pa.string()), pa.array(qids, pa.uint32()), pa.array(redirects)]
    return pa.RecordBatch.from_arrays(arrays, schema=TITLES)


def _index_pages(lists: list[str], folder: Path) -> None:
    """Write two indexes: pages that are there (value 1), and redirects (target's hash)."""
    there: list[Any] = [np.zeros(0, np.uint64)]
    sources: list[Any] = [np.zeros(0, np.uint64)]
    goals: list[Any] = [np.zeros(0, np.uint64)]
    for file in lists:
        table = pq.read_table(file)
        hashes = hash_titles(table.column("title").to_pylist())
        redirects = table.column("target").is_valid().to_numpy()
        there.append(hashes[~redirects])
        sources.append(hashes[redirects])
        goals.append(hash_titles(table.column("target").drop_null().to_pylist()))
    pages = np.concatenate(there)
    TitleIndex.build(pages, np.ones(len(pages), np.uint8)).save(folder, "pages")
    TitleIndex.build(np.concatenate(sources), np.concatenate(goals)).save(folder, "redirects")


def _index_titles(folder: Path, made: list[Made], into: Path, name: str) -> None:
    """Write the index of the titles in these parts."""
    hashes: list[Any] = [np.zeros(0, np.uint64)]
    qids: list[Any] = [np.zeros(0, np.uint32)]
    for part in made:
        table = pq.read_table(folder / part.part.file, columns=["title", "qid"])
        hashes.append(hash_titles(table.column("title").to_pylist()))
        qids.append(table.column("qid").to_numpy())
    TitleIndex.build(np.concatenate(hashes), np.concatenate(qids)).save(into, name)


def _index_part(folder: Path, file: str) -> Part:
    path = folder / file
    rows = len(np.load(path, mmap_mode="r"))
    return Part(file, rows, path.stat().st_size, sha256(path))
