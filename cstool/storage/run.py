"""A stage's output folder: claimed, filled part by part, closed with a manifest.

`open_run` → `Run.map` (once a phase) → `Run.finish`. Parts that an earlier, interrupted run of
the same command has left are not made again.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import pyarrow as pa

from cstool import __version__
from cstool.errors import CstoolError, Stopped, Unfinished, writing
from cstool.execution.crash_notes import noting, take_note
from cstool.execution.executors import calls_ahead, executor, run_calls
from cstool.execution.options import RunOptions
from cstool.execution.progress import progress
from cstool.execution.shutdown import cleaned_up
from cstool.execution.terminal import echo
from cstool.storage.atomic import (
    refuse_links,
    remove_orphans,
    scratch_folder,
    using_scratch,
    write_bytes,
)
from cstool.storage.checksums import STANDARD
from cstool.storage.counts import Counts, imbalances, total
from cstool.storage.forecast import needs_in_words
from cstool.storage.locks import lock_files, locked, remove_dead, scratch_in_use
from cstool.storage.manifest import (
    MANIFEST,
    Ancestor,
    FileRead,
    Input,
    Manifest,
    Part,
    Source,
    as_read,
    lineage_of,
    with_checksum,
)
from cstool.storage.ownership import (
    WORK,
    Claim,
    claim_folder,
    finished_run,
    refuse_inputs,
    remove_unlisted,
    tidy,
)
from cstool.storage.parts import Batches, FinishedPart, find_part, refuse_foreign_part, write_part
from cstool.storage.timings import (
    Clock,
    PartCost,
    add_timing,
    gather_timings,
    leave_timing,
    peak_bytes,
)

S = TypeVar("S")
P = TypeVar("P")


@dataclass(frozen=True)
class Task(Generic[S]):
    """A part to make: its file in the folder, the slice it is made from, and that slice's print.

    `weight` is what the progress bar advances by when the part is done.
    """

    file: str
    slice: S
    fingerprint: str
    weight: int = 1


# With less input for each than this, workers begin one by one, as they are needed.
_BYTES_A_WORKER = 8 << 20


def part_name(index: int) -> str:
    """Return the file name of the part with that number."""
    return f"part-{index:06d}.parquet"


def stopped(out: Path, done: str = "") -> str:
    """Return what a run that is interrupted has to tell."""
    return f"{out}: stopped{done}; the same command goes on from here: finished parts are kept"


@dataclass
class Run:
    """A claimed folder and the means to fill it. `finished` is set when nothing is to do.

    `lineage`: the stages that led here, for the manifest. `scratch`: the folder of temporary files.
    `read`: what is known of the inputs that are files, by index, when they have been read; a stage
    notes it before it finishes.
    """

    out: Path
    claim: Claim
    options: RunOptions
    pool: Executor
    finished: Manifest | None = None
    lineage: tuple[Ancestor, ...] = ()
    scratch: Path = Path()
    read: dict[int, FileRead] = field(default_factory=dict)
    clock: Clock = field(init=False)
    _at: tuple[str, Sized] = ("", ())

    def __post_init__(self) -> None:
        self.clock = Clock(self.options)

    def map(
        self,
        function: Callable[[S, P], Batches],
        parameters: P,
        tasks: Iterable[Task[S]],
        schema: pa.Schema,
        *,
        label: str = "",
        size: int | None = None,
        unit: str = "B",
        phase: str | None = None,
        on_made: Callable[[FinishedPart], None] = lambda made: None,
        layout: Mapping[str, Any] = STANDARD,
        is_whole: Callable[[str], bool] = lambda file: True,
    ) -> list[FinishedPart]:
        """Make a part of each task with `function(slice, parameters)`; return them in order.

        `phase` names a folder of intermediate parts, removed when the run finishes. `size` is
        the sum of the tasks' weights where it is known. `on_made` sees each part when it is
        there, in no particular order, and may end the run by raising. `layout`: see write_part.
        `is_whole`: whether the files are undamaged to which a part that was found refers.
        Raises Unfinished when `--shard` leaves parts to others, and what `function` raises.
        """
        folder = self.out if phase is None else self.out / WORK / phase
        # What is intermediate stands in no manifest, and a share writes none.
        listed = phase is None and not self.options.shard
        work = self.out / WORK
        run = self.claim.fingerprint()
        made: dict[int, FinishedPart] = {}
        under_way: dict[int, tuple[str, int]] = {}
        missing = 0
        label = label or self.claim.stage
        self._at = (label, made)
        bar = progress(label, size, unit=unit, quiet=self.options.quiet)
        made_now: list[int] = []

        def calls() -> Iterator[tuple[int, Callable[[], tuple[FinishedPart, PartCost]]]]:
            nonlocal missing
            for index, task in enumerate(tasks):
                refuse_links(self.out, (folder / task.file).parent)
                done = find_part(
                    folder, task.file, run=run, slice_=task.fingerprint, work=work, listed=listed
                )
                if done is not None and is_whole(task.file):
                    made[index] = done
                    on_made(done)
                    bar.found(task.weight)
                elif self.options.takes(index):
                    if phase is None:
                        refuse_foreign_part(folder / task.file, run)
                    under_way[index] = task.file, task.weight
                    yield (
                        index,
                        partial(
                            make_part,
                            function,
                            parameters,
                            task,
                            schema,
                            folder,
                            run,
                            self.scratch,
                            work,
                            layout,
                            listed,
                        ),
                    )
                else:
                    missing += 1

        try:
            results = run_calls(
                self.pool,
                calls(),
                ahead=partial(calls_ahead, self.pool, self.options.jobs),
                again=lambda index, call: partial(noting, self._note(index), call),
                lost=lambda index, how: self._lost(label, index, under_way[index][0], how),
            )
            with self.clock.phase(label, made_now):
                for index, (result, cost) in results:
                    made[index] = result
                    made_now.append(index)
                    self.clock.add(cost)
                    on_made(result)
                    bar.update(under_way.pop(index)[1])
        finally:
            bar.close()
        if missing:
            what = f"{phase} (an intermediate step)" if phase else "output"
            raise Unfinished(
                f"{self.out}: {what}: this share is done, {len(made)} parts are there, {missing} "
                "are not; run the other shards, then all of them again while a step is left, or "
                "the same command without --shard to do the rest and finish"
            )
        return [made[index] for index in sorted(made)]

    def _note(self, index: int) -> Path:
        return self.out / WORK / "at" / f"{index}"

    def _lost(self, label: str, index: int, file: str, how: str) -> CstoolError:
        """Return the error that tells over which part workers have died twice, and where."""
        place = take_note(self._note(index))
        where = f", {place}" if place else ""
        return CstoolError(
            f"{self.out / file} ({label}{where}): its worker {how}, and again when it was tried "
            "alone; run the same command again with fewer --jobs or more memory (finished parts "
            "are kept), or begin anew with --overwrite and a smaller --part-size"
        )

    def stopped(self) -> str:
        """Return what a run that is interrupted has to tell."""
        label, made = self._at
        done = f" in the step {label!r}, {len(made):,} of its parts are done" if label else ""
        return stopped(self.out, done)

    def leave_the_rest(self) -> None:
        """Raise Unfinished for a share: what is behind this is one run's to do, alone.

        Others may be reading what that one removes.
        """
        if self.options.shard:
            raise Unfinished(
                f"{self.out}: all parts are there; the same command without --shard finishes"
            )

    def work(self, phase: str) -> Path:
        """Return the folder of a phase's intermediate parts."""
        return self.out / WORK / phase

    def finish(
        self,
        made: Iterable[FinishedPart],
        counts: Counts,
        *,
        source: Source | None = None,
        files: Iterable[Part] = (),
    ) -> Manifest:
        """Check that the counts add up, write the manifest, remove what was intermediate.

        Parts that are not listed go too: an interrupted run from a pipe that held more.
        `files` are parts that are not Parquet (indexes, cards), listed after the others.
        Raises Unfinished for a share, which leaves all this to the last run.
        """
        self.leave_the_rest()
        counts = total([counts])
        wrong = imbalances(counts)
        if wrong:
            raise AssertionError(f"{self.claim.stage} lost count: {'; '.join(wrong)}")
        bare = Manifest(
            stage=self.claim.stage,
            version=self.claim.version,
            parameters=self.claim.parameters,
            inputs=[
                as_read(given, self.read[i]) if i in self.read else given
                for i, given in enumerate(self.claim.inputs)
            ],
            parts=[m.part for m in made] + list(files),
            counts=counts,
            source=source,
            lineage=[*self.lineage],
        )
        manifest = with_checksum(bare)
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        listed = {part.file for part in manifest.parts}
        remove_unlisted(self.out, self.claim.fingerprint(), listed)
        gather_timings(self.out, self.out / WORK)
        write_bytes(self.out / MANIFEST, data + b"\n")
        tidy(self.out)
        self.finished = manifest
        return manifest

    def close(self) -> None:
        """Write down what the run took, if it made anything; its workers have ended."""
        timing = self.clock.timing(self.claim.stage, self.claim.version)
        if self.finished:
            add_timing(self.out, timing)
        elif any(phase.tasks for phase in timing.phases):
            leave_timing(self.out / WORK, timing)


def make_part(
    function: Callable[[S, P], Batches],
    parameters: P,
    task: Task[S],
    schema: pa.Schema,
    folder: Path,
    run: str,
    scratch: Path,
    work: Path,
    layout: Mapping[str, Any],
    listed: bool,
) -> tuple[FinishedPart, PartCost]:
    """Make one part; this is what runs in a worker, wherever that is."""
    begun = time.thread_time()
    with using_scratch(scratch):
        made = write_part(
            folder, task.file, schema, function(task.slice, parameters),
            run=run, slice_=task.fingerprint, work=work, layout=layout, listed=listed,
        )  # fmt: skip
    return made, PartCost(time.thread_time() - begun, peak_bytes())


@contextmanager
def open_run(
    out: Path,
    *,
    stage: str,
    parameters: dict[str, Any],
    inputs: list[Input],
    options: RunOptions,
    reads: Iterable[Path] = (),
    calls: Callable[..., Any] | None = None,
) -> Iterator[Run]:
    """Claim the folder for this run, or continue it; give the run. `reads`: the input folders.

    `calls`: what workers will run first; with much to read they are made ready for it at once.
    Raises OutputError when the folder holds anything else than this very run's output, and
    InputError when an input is given twice.
    """
    refuse_inputs(out, reads, inputs)
    out = out.absolute()  # a worker on a cluster may stand elsewhere
    claim = Claim(stage, __version__, parameters, [given.as_claimed() for given in inputs])
    finished = finished_run(out, claim, options)
    if finished is None:
        with _told_when_stopped(out), _alone(out, claim, options) as scratch:
            finished = claim_folder(out, claim, options)
            if finished is None:
                with _filling(out, claim, options, scratch, reads, calls) as run:
                    yield run
                return
    else:
        _tidy_unless_in_use(out)
    yield Run(out, claim, options, _no_executor(), finished)


def _tidy_unless_in_use(out: Path) -> None:
    """Remove what a run has left that was killed after its manifest.

    Not while a run is in the folder: it may be one with --overwrite, whose work that would be.
    """
    remove_dead(out)
    if not lock_files(out):
        tidy(out)
        with suppress(OSError):
            remove_orphans(out, lambda: scratch_in_use(out))


@contextmanager
def _told_when_stopped(out: Path) -> Iterator[None]:
    try:
        yield
    except Stopped:
        raise
    except KeyboardInterrupt as stop:
        raise Stopped(stopped(out)) from stop


@contextmanager
def _alone(out: Path, claim: Claim, options: RunOptions) -> Iterator[Path]:
    """Make the folder, and be alone in it; give the folder of temporary files."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with (
        scratch_folder(out) as scratch,
        locked(out, claim.fingerprint(), options.shard, scratch.name),
    ):
        yield scratch


@contextmanager
def _filling(
    out: Path,
    claim: Claim,
    options: RunOptions,
    scratch: Path,
    reads: Iterable[Path],
    calls: Callable[..., Any] | None,
) -> Iterator[Run]:
    """Give the run that fills a folder, which is claimed; leave none of its temporary files."""
    remove_orphans(out, lambda: scratch_in_use(out))
    first = options.shard is None or options.shard[0] == 1
    if not options.quiet and first and (line := needs_in_words(claim.stage, out, claim.inputs)):
        echo(line, err=True)
    run: Run | None = None

    def clean() -> str:
        return run.stopped() if run else stopped(out)

    number = sum(i.bytes or 0 for i in claim.inputs) // _BYTES_A_WORKER if calls else 0
    with cleaned_up(clean):
        try:
            with executor(options.jobs, options.scheduler, ready=(number, calls)) as pool:
                lineage = tuple(lineage_of(reads))
                run = Run(out, claim, options, pool, lineage=lineage, scratch=scratch)
                yield run
        except KeyboardInterrupt as stop:
            raise Stopped(run.stopped() if run else stopped(out)) from stop
        finally:
            if run is not None:
                run.close()


def _no_executor() -> Executor:
    return Executor()
