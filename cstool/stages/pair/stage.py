"""`cstool pair`: puts pages about the same entity in several wikis side by side.

Phases: find the entity of each page (`find_entities`); choose the entities, and divide them into
parts (`plan`); send the pages to their parts (`scatter`), and join those of each part (`join`).
"""

from collections.abc import Sequence
from pathlib import Path

from cstool.execution.options import RunOptions
from cstool.stages.pair.find_entities import FOUND, PagesPart, find_entities, tally_name
from cstool.stages.pair.join import ATTRIBUTED, PagesToJoin, join_pages
from cstool.stages.pair.options import PairOptions
from cstool.stages.pair.plan import PairPlan, plan_of
from cstool.stages.pair.scatter import MovePages, PagesToMove, scatter_pages
from cstool.stages.pair.wikis import WikiInput, wikis_of
from cstool.storage.checksums import QUICK, STANDARD, content_digest, read_part
from cstool.storage.counts import Counts, Tally, total
from cstool.storage.manifest import ATTRIBUTION, Manifest, Part, beside_part, describe_folder
from cstool.storage.parts import Batches, FinishedPart, PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import PAIRED, PAIRED_ATTRIBUTION
from cstool.storage.segment_steps import write_segments
from cstool.storage.segments import Segment
from cstool.storage.tasks import Task, part_name

__all__ = ["PairOptions", "pair"]

DEFAULT_PART_SIZE = 64 << 20
# A part is held in memory.
_LARGEST_PART = 256 << 20
_LAYOUT = STANDARD | {
    "use_dictionary": [
        "languages.list.element",
        "segments.list.element.language",
        "segments.list.element.wiki",
    ]
}


def pair(
    folders: Sequence[Path],
    titles: Sequence[Path],
    out: Path,
    options: PairOptions,
    running: RunOptions,
) -> Manifest:
    """Write the pages about each entity that is in several wikis as one row; return the manifest.

    `folders`: pages of different wikis, from `extract` or `link`; `titles`: the titles of each.
    Raises InputError for folders that do not go together, or have no entity in common, OutputError
    if `out` cannot be used.
    """
    wikis = wikis_of(folders, titles, options)
    part_size = running.part_size or DEFAULT_PART_SIZE
    inputs = [describe_folder(wiki.pages, wiki.read) for wiki in wikis]
    inputs += [describe_folder(wiki.titles, wiki.table) for wiki in wikis]
    with open_run(
        out,
        stage="pair",
        parameters=options.parameters([w.source.language for w in wikis], part_size),
        inputs=inputs,
        options=running,
        reads=[path for wiki in wikis for path in (wiki.pages, wiki.titles)],
    ) as run:
        return run.finished or _fill(run, wikis, options, min(part_size, _LARGEST_PART))


def _fill(run: Run, wikis: list[WikiInput], options: PairOptions, part_size: int) -> Manifest:
    parts = [(rank, part) for rank, wiki in enumerate(wikis) for part in wiki.read.tables]
    found = _find(run, wikis, parts)
    work = run.work("found")
    numbered = [(rank, made) for (rank, _), made in zip(parts, found, strict=True)]
    plan, counts = plan_of(wikis, work, numbered, run.work("plan"), options, part_size)
    joined = _join(run, plan, _scatter(run, plan, wikis, parts))
    attribution = _attribute(run, joined)
    counts = total([counts, *(made.counts for made in [*found, *joined])])
    for rank, wiki in enumerate(wikis):
        # What was read is known from the input, so that a lost page is noticed.
        rows = sum(part.rows for index, part in parts if index == rank)
        tally = counts.tallies[tally_name(wiki.source.wiki)]
        counts.tallies[tally_name(wiki.source.wiki)] = Tally(rows, tally.written, tally.dropped)
    return run.finish([*joined, *attribution], counts, unit="page")


def _find(run: Run, wikis: list[WikiInput], parts: list[tuple[int, Part]]) -> list[FinishedPart]:
    """Find the entities of all pages."""
    prints = [describe_folder(wiki.titles, wiki.table).fingerprint for wiki in wikis]
    tasks = [
        Task(
            part_name(number),
            PagesPart(
                str(wikis[rank].pages / part.file),
                wikis[rank].source.wiki,
                str(wikis[rank].titles),
                prints[rank],
            ),
            part.checksum,
            part.bytes,
        )
        for number, (rank, part) in enumerate(parts)
    ]
    spec = PartSpec(FOUND, label="pair: entities", phase="found", layout=QUICK)
    return run.map(find_entities, None, tasks, spec)


def _scatter(
    run: Run, plan: PairPlan, wikis: list[WikiInput], parts: list[tuple[int, Part]]
) -> dict[int, tuple[Segment, ...]]:
    """Send the pages to their parts; return the segments of each."""
    segments = run.work("segments")
    tasks = [
        Task(
            part_name(number),
            PagesToMove(
                str(wikis[rank].pages / part.file),
                number,
                part_name(number),
                rank,
                str(run.work("found") / part_name(number)),
            ),
            part.checksum,
            part.bytes,
        )
        for number, (rank, part) in enumerate(parts)
    ]
    written = write_segments(
        run,
        scatter_pages,
        MovePages(plan, str(segments)),
        tasks,
        label="pair: sort",
        phase="scattered",
        files=segments,
    )
    return written.by_destination


def _join(run: Run, plan: PairPlan, by_part: dict[int, tuple[Segment, ...]]) -> list[FinishedPart]:
    """Write the parts of the output."""
    tasks = [
        Task(
            part_name(number),
            PagesToJoin(by_part[index]),
            f"{plan.cuts[index]}-{plan.cuts[index + 1]}",
            sum(segment.bytes for segment in by_part[index]),
        )
        for number, index in enumerate(sorted(by_part))
    ]
    spec = PartSpec(PAIRED, label="pair: write", layout=_LAYOUT)
    return run.map(join_pages, plan, tasks, spec)


def _attribute(run: Run, joined: list[FinishedPart]) -> list[FinishedPart]:
    """Write the side tables of attribution, which `join_pages` has left in the work folder."""
    folder = run.work(ATTRIBUTED)
    tasks = [
        Task(
            beside_part(ATTRIBUTION, made.part.file),
            str(folder / made.part.file),
            content_digest(folder / made.part.file),
        )
        for made in joined
    ]
    spec = PartSpec(PAIRED_ATTRIBUTION, label="pair: attribution", unit="part")
    return run.map(copied_rows, None, tasks, spec)


def copied_rows(file: str, _: None) -> Batches:
    """Yield the rows of a table."""
    yield read_part(file)
    return Counts()
