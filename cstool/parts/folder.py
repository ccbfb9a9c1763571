"""A stage's output folder: claimed, filled part by part, closed with a manifest.

`open_run` → `Run.map` (once a phase) → `Run.finish`. Parts that an earlier, interrupted run of
the same command has left are not made again.
"""

import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import msgspec
import pyarrow as pa
import xxhash

from cstool import __version__
from cstool.parts.counts import Counts, imbalances, total
from cstool.parts.files import (
    Batches,
    Made,
    find_part,
    has_footer,
    remove_temporaries,
    temporary_tag,
    write_bytes,
    write_part,
)
from cstool.parts.manifest import MANIFEST, Input, Manifest, Part, Source, read_manifest
from cstool.running.errors import InputError, OutputError, Unfinished, writing
from cstool.running.executors import executor, run_calls
from cstool.running.options import RunOptions
from cstool.running.progress import progress

RUN = "_run.json"
WORK = "_work"

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


class Claim(msgspec.Struct, frozen=True):
    """What a run is: the same claim continues a folder, another one is refused."""

    stage: str
    version: str
    parameters: dict[str, Any]
    inputs: list[Input]

    def fingerprint(self) -> str:
        """Return a short print of the claim's bytes."""
        return xxhash.xxh3_128_hexdigest(msgspec.json.encode(self, order="sorted"))


def part_name(index: int) -> str:
    """Return the file name of the part with that number."""
    return f"part-{index:06d}.parquet"


@dataclass
class Run:
    """A claimed folder and the means to fill it. `finished` is set when nothing is to do."""

    out: Path
    claim: Claim
    options: RunOptions
    pool: Executor
    finished: Manifest | None = None

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
    ) -> list[Made]:
        """Make a part of each task with `function(slice, parameters)`; return them in order.

        `phase` names a folder of intermediate parts, removed when the run finishes. `size` is
        the sum of the tasks' weights where it is known. `on_made` sees each part when it is
        there, in no particular order, and may end the run by raising.
        Raises Unfinished when `--shard` leaves parts to others, and what `function` raises.
        """
        folder = self.out if phase is None else self.out / WORK / phase
        run = self.claim.fingerprint()
        made: dict[int, Made] = {}
        weights: dict[int, int] = {}
        missing = 0
        bar = progress(label or self.claim.stage, size, unit=unit, quiet=self.options.quiet)

        def calls() -> Iterator[tuple[int, Callable[[], Made]]]:
            nonlocal missing
            for index, task in enumerate(tasks):
                done = find_part(folder, task.file, run=run, slice_=task.fingerprint)
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
                        ),
                    )
                else:
                    missing += 1

        try:
            ahead = self.options.jobs + 2 if self.options.jobs > 1 else 1
            for index, result in run_calls(self.pool, calls(), ahead=ahead):
                made[index] = result
                on_made(result)
                bar.update(weights.pop(index))
        finally:
            bar.close()
        if missing:
            raise Unfinished(
                f"{self.out}: this share is done, {len(made)} parts are there, {missing} are not; "
                "run the other shards, then the same command without --shard to finish"
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
        )
        data = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        write_bytes(self.out / MANIFEST, data + b"\n")
        shutil.rmtree(self.out / WORK, ignore_errors=True)
        (self.out / RUN).unlink(missing_ok=True)
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
) -> Made:
    """Make one part; this is what runs in a worker, wherever that is."""
    batches = function(task.slice, parameters)
    return write_part(folder, task.file, schema, batches, run=run, slice_=task.fingerprint, tag=tag)


@contextmanager
def open_run(
    out: Path,
    *,
    stage: str,
    parameters: dict[str, Any],
    inputs: list[Input],
    options: RunOptions,
) -> Iterator[Run]:
    """Claim the folder for this run, or continue it; give the run.

    Raises OutputError when the folder holds anything else than this very run's output.
    """
    claim = Claim(stage, __version__, parameters, inputs)
    finished = _claim(out, claim, overwrite=options.overwrite)
    if finished is not None:
        yield Run(out, claim, options, _no_executor(), finished)
        return
    try:
        with executor(options.jobs, options.scheduler) as pool:
            yield Run(out, claim, options, pool)
    finally:
        remove_temporaries(out, temporary_tag())


def _no_executor() -> Executor:
    return Executor()


def _claim(out: Path, claim: Claim, *, overwrite: bool) -> Manifest | None:
    """Make the folder this run's own; return its manifest when all is done already."""
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    if overwrite:
        _clear(out)
    manifest = read_manifest(out)
    if manifest is not None:
        theirs = Claim(manifest.stage, manifest.version, manifest.parameters, manifest.inputs)
        _refuse_other(out, theirs, claim, same_version=False)
        return manifest
    if (out / RUN).exists():
        try:
            begun = msgspec.json.decode((out / RUN).read_bytes(), type=Claim)
        except msgspec.DecodeError as error:
            raise OutputError(
                f"{out / RUN}: cannot be read ({error}); pass --overwrite to begin anew"
            ) from error
        _refuse_other(out, begun, claim, same_version=True)
        return None
    foreign = sorted(p.name for p in out.iterdir() if not p.name.endswith(".tmp"))
    if foreign:
        raise OutputError(
            f"{out}: holds files that are not cstool's ({', '.join(foreign[:3])}"
            f"{', …' if len(foreign) > 3 else ''}); choose an empty folder"
        )
    write_bytes(out / RUN, msgspec.json.encode(claim))
    return None


def _refuse_other(out: Path, theirs: Claim, ours: Claim, *, same_version: bool) -> None:
    if theirs.stage != ours.stage:
        what = f"holds what `cstool {theirs.stage}` wrote"
    elif theirs.inputs != ours.inputs:
        old, new = _names(theirs.inputs), _names(ours.inputs)
        what = f"was made from {old if old != new else 'another version of ' + old}"
    elif theirs.parameters != ours.parameters:
        keys = sorted(theirs.parameters.keys() | ours.parameters.keys())
        differ = [k for k in keys if theirs.parameters.get(k) != ours.parameters.get(k)]
        what = "was made with " + ", ".join(
            f"{k}={_short(theirs.parameters.get(k))} (now {_short(ours.parameters.get(k))})"
            for k in differ
        )
    elif same_version and theirs.version != ours.version:
        what = f"was begun by cstool {theirs.version} (this is {ours.version})"
    else:
        return
    raise OutputError(
        f"{out}: {what}; choose another folder with -o, or pass --overwrite to make it anew"
    )


def _names(inputs: list[Input]) -> str:
    return ", ".join(i.name for i in inputs)


def _short(value: object) -> str:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _clear(out: Path) -> None:
    """Remove what cstool wrote in the folder, and nothing else."""
    with suppress(InputError):  # a broken manifest is what --overwrite is to get rid of
        manifest = read_manifest(out)
        for part in manifest.parts if manifest else []:
            (out / part.file).unlink(missing_ok=True)
    for path in out.rglob("*.parquet"):
        if has_footer(path):
            path.unlink()
    shutil.rmtree(out / WORK, ignore_errors=True)
    for name in (MANIFEST, RUN):
        (out / name).unlink(missing_ok=True)
    for folder in sorted((p for p in out.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
