"""Runs a stage into an output folder: claim the folder, write parts, write the manifest.

A stage calls `open_run`, then `Run.map` once per step, then `Run.finish`. Finished parts of an
interrupted run of the same command are reused.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from cstool import __version__
from cstool.errors import RESUME, CstoolError, Stopped, Unfinished, writing
from cstool.execution.crash_notes import noting, take_note
from cstool.execution.executors import calls_ahead, executor, run_calls
from cstool.execution.log import log_stage
from cstool.execution.options import RunOptions
from cstool.execution.progress import progress
from cstool.execution.shutdown import cleaned_up
from cstool.storage.atomic import remove_orphans, scratch_folder, write_bytes
from cstool.storage.counts import Counts, imbalances, total
from cstool.storage.file_hashes import FileRead
from cstool.storage.forecast import needs_in_words
from cstool.storage.locks import lock_files, locked, remove_dead, scratch_in_use
from cstool.storage.manifest import (
    MANIFEST,
    Ancestor,
    Input,
    Manifest,
    Part,
    Queried,
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
from cstool.storage.parts import Batches, FinishedPart, PartFolder, PartSpec
from cstool.storage.schemas import Unit
from cstool.storage.tasks import P, PartMaker, S, StepTasks, Task
from cstool.storage.timings import (
    Clock,
    add_timing,
    gather_timings,
    leave_timing,
)

# Bytes of input per worker process that is started in advance; others start when needed.
_BYTES_PER_WORKER = 8 << 20
# Array tasks that a message lists one by one.
_TASKS_LISTED = 8


def stopped_message(out: Path, where: str = "") -> str:
    """Return the message of a run that was interrupted."""
    return f"{out}: stopped{where}; {RESUME}"


@dataclass
class Run:
    """A run of a stage into a claimed folder.

    `finished`: the manifest if the folder is complete, so that nothing is to be done. `lineage`:
    the preceding stages, for the manifest. `scratch`: the folder for temporary files. `read`: the
    size and fingerprint of each input file, by index; a stage sets them before `finish`.
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
    _step: tuple[str, Sized] = ("", ())

    def __post_init__(self) -> None:
        self.clock = Clock(self.options)

    def map(
        self,
        function: Callable[[S, P], Batches],
        parameters: P,
        tasks: Iterable[Task[S]],
        spec: PartSpec,
        *,
        size: int | None = None,
        on_made: Callable[[FinishedPart], None] = lambda made: None,
        is_intact: Callable[[str], bool] = lambda file: True,
    ) -> list[FinishedPart]:
        """Make a part from each task with `function(slice, parameters)`; return them in order.

        `size`: the sum of the tasks' weights; needed for the progress if `tasks` is an iterator.
        `on_made` is called with each part as soon as it is finished, in any order; it may raise to
        end the run. `is_intact`: whether the files that a finished part refers to are undamaged.
        Raises Unfinished if other array tasks have parts to make, and what `function` raises.
        """
        label = spec.label or self.claim.stage
        maker = PartMaker(function, parameters, spec, self._folder(spec), self.scratch)
        step = StepTasks(maker, tasks, self.options, is_intact)
        self._step = label, step.finished
        if size is None and isinstance(tasks, Sequence):
            size = sum(task.weight for task in tasks)
        bar = progress(
            label, size, unit=spec.unit, quiet=self.options.quiet, stage=self.claim.stage
        )
        made_now: list[int] = []

        def on_found(part: FinishedPart, weight: int) -> None:
            on_made(part)
            bar.found(weight)

        try:
            results = run_calls(
                self.pool,
                step.calls(on_found),
                ahead=partial(calls_ahead, self.pool, self.options.jobs),
                again=lambda index, call: partial(noting, self._note(index), call),
                lost=lambda index, how: self._lost(label, index, step.due[index].file, how),
            )
            with self.clock.phase(label, made_now):
                for index, (part, cost) in results:
                    step.finished[index] = part
                    made_now.append(index)
                    self.clock.add(cost)
                    bar.note_memory(cost.peak_bytes)
                    on_made(part)
                    bar.update(step.due.pop(index).weight)
        finally:
            bar.close()
        if step.elsewhere:
            self._refuse_unfinished(label, step)
        return [step.finished[index] for index in sorted(step.finished)]

    def _folder(self, spec: PartSpec) -> PartFolder:
        path = self.out if spec.phase is None else self.work(spec.phase)
        # Intermediate parts are in no manifest, and an array task writes none.
        listed = spec.phase is None and not self.options.array_task
        return PartFolder(path, self.out / WORK, self.claim.fingerprint(), listed)

    def _refuse_unfinished(self, label: str, step: StepTasks[Any, Any]) -> NoReturn:
        assert self.options.array_task is not None
        done, (_, number) = len(step.finished), self.options.array_task
        others = sorted({index % number + 1 for index in step.elsewhere})
        where = f" in step {label!r}" if step.maker.spec.phase else ""
        raise Unfinished(
            f"{self.out}: {done:,} of {done + len(step.elsewhere):,} parts done{where}; run --task "
            f"{_task_names(others, number)}, then the same command without --task"
        )

    def _note(self, index: int) -> Path:
        return self.out / WORK / "at" / f"{index}"

    def _lost(self, label: str, index: int, file: str, how: str) -> CstoolError:
        """Return the error for a part over which workers have died twice."""
        last_note = take_note(self._note(index))
        where = f", {last_note}" if last_note else ""
        return CstoolError(
            f"{self.out / file} ({label}{where}): its worker {how}, and again when the part was "
            "retried alone; run the same command again with fewer --jobs or more memory (finished "
            "parts are kept), or start over with --overwrite and a smaller --part-size"
        )

    def stopped_message(self) -> str:
        """Return the message of a run that was interrupted: its step and its finished parts."""
        label, made = self._step
        where = f" in step {label!r} (finished parts: {len(made):,})" if label else ""
        return stopped_message(self.out, where)

    def leave_the_rest(self) -> None:
        """Raise Unfinished for an array task: only a run without --task completes the folder.

        It removes files that other array tasks may be reading.
        """
        if self.options.array_task:
            raise Unfinished(f"{self.out}: all parts done; run the same command without --task")

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
        queried: Queried | msgspec.UnsetType = msgspec.UNSET,
        unit: Unit | msgspec.UnsetType = msgspec.UNSET,
    ) -> Manifest:
        """Verify the counts, write and return the manifest, remove intermediate files.

        `files`: parts that are not Parquet (indexes, cards), listed after `made`. `queried`: when a
        server was asked for the data. `unit`: what a row of text contains. Parts of this run that
        are not listed are removed: an interrupted run may have read a longer pipe. Raises
        Unfinished for an array task, AssertionError if the counts do not add up.
        """
        self.leave_the_rest()
        counts = total([counts])
        wrong = imbalances(counts)
        if wrong:
            raise AssertionError(f"{self.claim.stage}: counts do not add up: {'; '.join(wrong)}")
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
            queried=queried,
            unit=unit,
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
        """Record the timings of the run if it made a part; its workers must have ended."""
        timing = self.clock.timing(self.claim.stage, self.claim.version)
        if self.finished:
            add_timing(self.out, timing)
        elif any(phase.tasks for phase in timing.phases):
            leave_timing(self.out / WORK, timing)


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
    forecast: bool = True,
) -> Iterator[Run]:
    """Claim the output folder for this run, or resume it; yield the run.

    `reads`: the input folders. `calls`: the function that workers call first; with a large input,
    workers start and import it at once. `forecast`: whether to log the disk space that the size of
    the inputs suggests. Raises OutputError if the folder contains anything but
    output of this run or another run is writing to it, InputError if an input is given twice.
    """
    refuse_inputs(out, reads, inputs)
    out = out.absolute()  # a worker of a cluster may have another working directory
    claim = Claim(stage, __version__, parameters, [given.as_claimed() for given in inputs])
    finished = finished_run(out, claim, options)
    if finished is None:
        with _stopped_with_message(out), _locked_folder(out, claim, options) as scratch:
            finished = claim_folder(out, claim, options)
            if finished is None:
                if forecast:
                    _log_needs(out, claim, options)
                with _new_run(out, claim, options, scratch, reads, calls) as run:
                    yield run
                return
    else:
        _tidy_unless_in_use(out)
    yield Run(out, claim, options, _no_executor(), finished)


def _tidy_unless_in_use(out: Path) -> None:
    """Remove what a run left that was killed after it wrote the manifest.

    While another run is in the folder, nothing is removed: with --overwrite they are its files.
    """
    remove_dead(out)
    if not lock_files(out):
        tidy(out)
        with suppress(OSError):
            remove_orphans(out, lambda: scratch_in_use(out))


@contextmanager
def _stopped_with_message(out: Path) -> Iterator[None]:
    """Raise Stopped with a message for a KeyboardInterrupt."""
    try:
        yield
    except Stopped:
        raise
    except KeyboardInterrupt as stop:
        raise Stopped(stopped_message(out)) from stop


@contextmanager
def _locked_folder(out: Path, claim: Claim, options: RunOptions) -> Iterator[Path]:
    """Create and lock the folder; yield the folder for temporary files."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    with (
        scratch_folder(out) as scratch,
        locked(out, claim.fingerprint(), options.array_task, scratch.name),
    ):
        yield scratch


def _log_needs(out: Path, claim: Claim, options: RunOptions) -> None:
    first = options.array_task is None or options.array_task[0] == 1
    # With a limit, the size of what is read is not known.
    is_reported = not options.quiet and first and not claim.parameters.get("limit")
    if is_reported and (line := needs_in_words(claim.stage, out, claim.inputs)):
        log_stage(claim.stage, line)


@contextmanager
def _new_run(
    out: Path,
    claim: Claim,
    options: RunOptions,
    scratch: Path,
    reads: Iterable[Path],
    calls: Callable[..., Any] | None,
) -> Iterator[Run]:
    """Yield the run in a claimed folder, with workers; remove its temporary files at the end."""
    remove_orphans(out, lambda: scratch_in_use(out))
    run: Run | None = None

    def message() -> str:
        return run.stopped_message() if run else stopped_message(out)

    number = sum(i.bytes or 0 for i in claim.inputs) // _BYTES_PER_WORKER if calls else 0
    with cleaned_up(message):
        try:
            with executor(options.jobs, options.scheduler, ready=(number, calls)) as pool:
                lineage = tuple(lineage_of(reads))
                run = Run(out, claim, options, pool, lineage=lineage, scratch=scratch)
                yield run
        except KeyboardInterrupt as stop:
            raise Stopped(message()) from stop
        finally:
            if run is not None:
                run.close()


def _task_names(tasks: Sequence[int], number: int) -> str:
    """Return array tasks as text: 2/3 and 3/3; of many, the first and the last."""
    names = [f"{task}/{number}" for task in tasks]
    if len(names) > _TASKS_LISTED:
        return f"{names[0]} to {names[-1]} ({len(names):,} tasks)"
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _no_executor() -> Executor:
    return Executor()
