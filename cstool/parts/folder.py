"""A stage's output folder: claimed, filled part by part, closed with a manifest.

`open_run` → `Run.map` (once a phase) → `Run.finish`. Parts that an earlier, interrupted run of
the same command has left are not made again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import pyarrow as pa

from cstool import __version__
from cstool.parts.claims import (
    WORK,
    Claim,
    claim_folder,
    refuse_inputs,
    remove_unlisted,
    tidy,
)
from cstool.parts.counts import Counts, imbalances, total
from cstool.parts.files import (
    STANDARD,
    Batches,
    Made,
    find_part,
    remove_temporaries,
    temporary_tag,
    write_bytes,
    write_part,
)
from cstool.parts.manifest import MANIFEST, Ancestor, Input, Manifest, Part, Source, lineage_of
from cstool.running.errors import Unfinished
from cstool.running.executors import calls_ahead, executor, run_calls
from cstool.running.options import RunOptions
from cstool.running.progress import progress

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


@dataclass
class Run:
    """A claimed folder and the means to fill it. `finished` is set when nothing is to do.

    `lineage`: the stages that led here, for the manifest.
    """

    out: Path
    claim: Claim
    options: RunOptions
    pool: Executor
    finished: Manifest | None = None
    lineage: tuple[Ancestor, ...] = ()

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
        on_made: Callable[[Made], None] = lambda made: None,
        layout: Mapping[str, Any] = STANDARD,
    ) -> list[Made]:
        """Make a part of each task with `function(slice, parameters)`; return them in order.

        `phase` names a folder of intermediate parts, removed when the run finishes. `size` is
        the sum of the tasks' weights where it is known. `on_made` sees each part when it is
        there, in no particular order, and may end the run by raising. `layout`: see write_part.
        Raises Unfinished when `--shard` leaves parts to others, and what `function` raises.
        """
        folder = self.out if phase is None else self.out / WORK / phase
        work = self.out / WORK
        run = self.claim.fingerprint()
        made: dict[int, Made] = {}
        weights: dict[int, int] = {}
        missing = 0
        bar = progress(label or self.claim.stage, size, unit=unit, quiet=self.options.quiet)

        def calls() -> Iterator[tuple[int, Callable[[], Made]]]:
            nonlocal missing
            for index, task in enumerate(tasks):
                done = find_part(folder, task.file, run=run, slice_=task.fingerprint, work=work)
                if done is not None:
                    made[index] = done
                    on_made(done)
                    bar.update(task.weight)
                elif self.options.takes(index):
                    weights[index] = task.weight
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
                            temporary_tag(),
                            work,
                            layout,
                        ),
                    )
                else:
                    missing += 1

        try:
            ahead = calls_ahead(self.pool, self.options.jobs)
            for index, result in run_calls(self.pool, calls(), ahead=ahead):
                made[index] = result
                on_made(result)
                bar.update(weights.pop(index))
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

    def work(self, phase: str) -> Path:
        """Return the folder of a phase's intermediate parts."""
        return self.out / WORK / phase

    def finish(
        self,
        made: Iterable[Made],
        counts: Counts,
        *,
        source: Source | None = None,
        files: Iterable[Part] = (),
    ) -> Manifest:
        """Check that the counts add up, write the manifest, remove what was intermediate.

        Parts that are not listed go too: an interrupted run from a pipe that held more.
        `files` are parts that are not Parquet (indexes, cards), listed after the others.
        """
        counts = total([counts])
        wrong = imbalances(counts)
        if wrong:
            raise AssertionError(f"{self.claim.stage} lost count: {'; '.join(wrong)}")
        manifest = Manifest(
            stage=self.claim.stage,
            version=self.claim.version,
            parameters=self.claim.parameters,
            inputs=self.claim.inputs,
            parts=[m.part for m in made] + list(files),
            counts=counts,
            source=source,
            lineage=[*self.lineage],
        )
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        remove_unlisted(self.out, {part.file for part in manifest.parts})
        write_bytes(self.out / MANIFEST, data + b"\n")
        tidy(self.out)
        self.finished = manifest
        return manifest


def make_part(
    function: Callable[[S, P], Batches],
    parameters: P,
    task: Task[S],
    schema: pa.Schema,
    folder: Path,
    run: str,
    tag: str,
    work: Path,
    layout: Mapping[str, Any],
) -> Made:
    """Make one part; this is what runs in a worker, wherever that is."""
    batches = function(task.slice, parameters)
    return write_part(
        folder, task.file, schema, batches,
        run=run, slice_=task.fingerprint, tag=tag, work=work, layout=layout,
    )  # fmt: skip


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
    claim = Claim(stage, __version__, parameters, inputs)
    finished = claim_folder(out, claim, options)
    if finished is not None:
        yield Run(out, claim, options, _no_executor(), finished)
        return
    try:
        number = sum(i.bytes or 0 for i in inputs) // _BYTES_A_WORKER if calls else 0
        with executor(options.jobs, options.scheduler, ready=(number, calls)) as pool:
            yield Run(out, claim, options, pool, lineage=tuple(lineage_of(reads)))
    finally:
        remove_temporaries(out, temporary_tag())


def _no_executor() -> Executor:
    return Executor()
