"""`cstool entities`: reads Wikidata's JSON dump into a table of items, sorted by QID.

Each slice of lines is written as a run sorted by QID (`rows`); then each range of QIDs is gathered
from all runs (`sort`). Memory use depends on the part size only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cstool.dumps.streams import describe_dump
from cstool.dumps.wikidata import DEFAULT_PART_SIZE, LineSlice, SliceTransport, line_slices
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.finish import sort_items
from cstool.stages.entities.rows import MALFORMED_LINE, sort_lines
from cstool.stages.entities.selection import EntitySelection, find_wanted
from cstool.stages.entities.sort import RUN_LAYOUT
from cstool.storage.counts import Counts, total
from cstool.storage.file_hashes import FileRead
from cstool.storage.manifest import Manifest
from cstool.storage.ownership import refuse_damage
from cstool.storage.parts import PartSpec
from cstool.storage.run import Run, open_run
from cstool.storage.schemas import ENTITIES
from cstool.storage.tasks import Task, part_name

# The phase that writes a run, sorted by QID, for each slice of lines.
_SORTED = "sorted"


@dataclass(frozen=True)
class EntitiesOptions:
    """The options of `cstool entities`.

    `max_errors`: maximum number of malformed lines; `keep_going`: keep the readable part of a
    truncated dump. `languages`: comma-separated codes of the labels and aliases to keep (see
    `selection`); `sites`: comma-separated names of the wikis whose sitelinks to keep; `only`: a
    file of QIDs, or an output folder of `cstool link`. None keeps all. `limit`: read only the
    first items of the dump, this many.
    """

    max_errors: int = 0
    keep_going: bool = False
    languages: str | None = None
    sites: str | None = None
    only: Path | None = None
    limit: int | None = None


def entities(dump: str, out: Path, options: EntitiesOptions, running: RunOptions) -> Manifest:
    """Read a Wikidata dump into the folder `out`; return the manifest.

    Raises InputError for a damaged, malformed or empty dump and for invalid options, OutputError if
    `out` cannot be used.
    """
    part_size = running.part_size or DEFAULT_PART_SIZE
    inputs = [describe_dump(dump)]
    only = None if options.only is None else [options.only]
    wanted = find_wanted(options.languages, options.sites, only)
    parameters = {"part_size": part_size, **wanted.parameters()}
    if options.limit is not None:
        parameters["limit"] = options.limit
    with open_run(
        out,
        stage="entities",
        parameters=parameters,
        inputs=inputs,
        options=running,
        reads=[options.only] if options.only and options.only.is_dir() else [],
    ) as run:
        if run.finished:
            counts = run.finished.counts
            refuse_damage(out, counts, keep_going=options.keep_going)
            _ErrorLimit(dump, options.max_errors).check(counts)
        return run.finished or _fill(run, dump, inputs[0].bytes, part_size, wanted, options)


def _fill(
    run: Run,
    dump: str,
    size: int | None,
    part_size: int,
    wanted: EntitySelection,
    options: EntitiesOptions,
) -> Manifest:
    faults: list[str] | None = [] if options.keep_going else None
    limit = _ErrorLimit(dump, options.max_errors)
    read: dict[str, FileRead] = {}
    made = run.map(
        sort_lines,
        wanted.choice(run.work("only") / "qids.npy"),
        _tasks(dump, part_size, options.limit, faults, run.options, read),
        PartSpec(ENTITIES, label="entities: read", phase=_SORTED, layout=RUN_LAYOUT),
        size=None if options.limit else size,
        on_made=lambda made: limit.check(made.counts),
    )
    counts = total(m.counts for m in made)
    if not counts.tally("entities").read:
        raise InputError(f"{dump}: contains no entities; give a JSON dump of Wikidata")
    parts, counts = sort_items(run, _SORTED, made, counts, wanted, part_size)
    counts.add("damaged inputs", dict.fromkeys(faults or [], 1))
    if wanted.qids is not None:
        found = counts.tally("entities").written
        counts.add("asked for", {"found": found, "not in the dump": len(wanted.qids) - found})
    if dump in read:  # with a limit, the file is not read to its end
        run.read[0] = read[dump]
    return run.finish(parts, counts)


def _tasks(
    dump: str,
    part_size: int,
    limit: int | None,
    faults: list[str] | None,
    running: RunOptions,
    read: dict[str, FileRead],
) -> Iterator[Task[LineSlice]]:
    way = SliceTransport.WORKER if running.jobs > 1 else SliceTransport.HERE
    way = way if running.scheduler is None else SliceTransport.ELSEWHERE
    slices = line_slices(dump, part_size, faults, way=way, read=read, limit=limit)
    for index, (slice_, weight) in enumerate(slices):
        yield Task(part_name(index), slice_, slice_.fingerprint, weight)


class _ErrorLimit:
    """Stops the run when the number of malformed lines exceeds the limit."""

    def __init__(self, dump: str, most: int) -> None:
        self._dump = dump
        self._most = most
        self._lines: dict[str, int] = {}
        self._number = 0

    def check(self, counts: Counts) -> None:
        """Add the malformed lines of a part. Raises InputError above the limit."""
        self._number += counts.tallies["entities"].dropped.get(MALFORMED_LINE, 0)
        self._lines |= counts.details.get("malformed lines", {})
        if self._number > self._most:
            lines = sorted(self._lines, key=lambda line: int(line.split()[1].rstrip(":")))
            raise InputError(
                f"{self._dump}: {self._number:,} malformed line(s), the first at {lines[0]}; "
                f"download the dump again, or skip them with --max-errors {max(self._number, 100)}"
            )
