"""Full and read-only disks, simultaneous runs, killed runs (more: scripts/fuzz/kill.py)."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cstool.errors import OutputError
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.link.stage import link
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from tests.cli.test_commands import PAGES, cstool, fails
from tests.conftest import Sample
from tests.support import files_of, write_multistream

Stage = Callable[[Path, Path, Sample, RunOptions], object]

STAGES: dict[str, Stage] = {
    "entities": lambda out, read, sample, running: entities(
        str(sample.wikidata), out, EntitiesOptions(), running
    ),
    "titles": lambda out, read, sample, running: titles(
        "enwiki", read / "entities", [str(sample.pages)], out, running
    ),
    "sentences": lambda out, read, sample, running: extract(
        [str(sample.pages)], out, ExtractOptions(), running
    ),
    "linked": lambda out, read, sample, running: link(
        read / "sentences", read / "titles", out, running
    ),
    "switched": lambda out, read, sample, running: switch(
        read / "linked", read / "entities", out, SwitchOptions("entitycs"), running
    ),
    "corpus": lambda out, read, sample, running: shard(
        [read / "switched"], out, ShardOptions(rows_per_shard=100), running
    ),
}
HERE = RunOptions(jobs=1, part_size=1 << 14, quiet=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Yield a function that mounts a disk in memory, or remounts it with other options."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk")

    def mount(options: str) -> Path:
        again = "remount," if folder.is_mount() else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{again}{options}", "tmpfs", str(folder)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            pytest.skip("no small disk can be mounted here")
        return folder

    yield mount
    if folder.is_mount():
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # files may be mapped


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_resumes_after_a_full_disk(
    stage: str, disk: Callable[..., Path], pipeline: Path, sample: Sample
) -> None:
    whole = files_of(pipeline / stage)
    needed = sum(-(-len(data) // 4096) * 4 for data in whole.values())  # kB, in pages of memory
    for share in (0.3, 0.8):
        out = disk(f"size={int(needed * share)}k") / "out"
        with pytest.raises(OutputError, match="no space left on the disk; free some space and run"):
            STAGES[stage](out, pipeline, sample, HERE)
        left = [p.name for p in out.rglob("*") if p.name.endswith(".tmp") or "_lock" in p.name]
        assert left == []
        assert not (out / "_manifest.json").exists()
    out = disk("size=64m") / "out"
    STAGES[stage](out, pipeline, sample, HERE)
    assert files_of(out) == whole


def test_complete_folders_may_be_on_a_read_only_disk(
    disk: Callable[..., Path], pipeline: Path, sample: Sample, tmp_path: Path
) -> None:
    folder = disk("size=64m")
    for stage in ("sentences", "titles"):
        shutil.copytree(pipeline / stage, folder / stage)
    shutil.copy(sample.pages, folder)
    on_it = Sample(pages=folder / sample.pages.name)
    disk("ro")
    STAGES["sentences"](folder / "sentences", pipeline, on_it, HERE)  # nothing to do
    STAGES["linked"](tmp_path / "linked", folder, on_it, HERE)
    assert files_of(tmp_path / "linked") == files_of(pipeline / "linked")
    with pytest.raises(OutputError, match="Read-only file system"):
        STAGES["linked"](folder / "linked", folder, on_it, HERE)


def test_a_second_run_is_refused_until_the_first_has_ended(
    sample: Sample, pipeline: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ["extract", "-", "-o", out, "--part-size", "16K", "--quiet"]
    with subprocess.Popen(
        [sys.executable, "-m", "cstool", *map(str, command)], stdin=subprocess.PIPE
    ) as first:
        until = time.monotonic() + 30
        while not list(out.glob("_lock-*")) and time.monotonic() < until:
            time.sleep(0.02)
        there = f"another run is writing to it (process {first.pid} on "
        fails(cstool(*command, stdin=b""), there, "wait until it ends, stop it")
        first.kill()
    assert list(out.glob("_lock-*"))
    done = cstool(*command, stdin=sample.pages.read_bytes())
    assert (done.returncode, done.stderr) == (0, "")
    assert not list(out.glob("_lock-*"))


def test_simultaneous_runs_with_other_parameters_do_not_mix(sample: Sample, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cstool", "extract", str(sample.pages)]
    command += ["-o", str(tmp_path / "out"), "--part-size", "16K", "--quiet", "-j", "1"]
    both = [
        subprocess.Popen([*command, *more], stderr=subprocess.PIPE, text=True)
        for more in (["--task", "1/2"], ["--task", "2/2", "--templates", "none"])
    ]
    told = [process.communicate()[1] for process in both]
    assert sum(process.returncode for process in both) <= 1 or all(told)
    refused = [line for line in told if line and "parts done" not in line]
    assert refused
    assert all("other parameters" in line or "was made with" in line for line in refused)


@pytest.mark.parametrize(("jobs", "victim"), [("1", "group"), ("2", "parent"), ("2", "worker")])
def test_a_killed_stage_resumes_with_the_same_output(
    tmp_path: Path, jobs: str, victim: str
) -> None:
    pages = tmp_path / "d.xml.bz2"
    write_multistream(pages, PAGES * 2)  # 80 parts, so that it is killed before the last
    command = [sys.executable, "-m", "cstool", "extract", str(pages), "--part-size", "1", "--quiet"]
    here = [*command, "-o", str(tmp_path / "out"), "-j", jobs]
    process = subprocess.Popen(here, start_new_session=True)
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out/part-*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.005)
    if victim == "group":
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == "parent":
        process.kill()
    else:
        os.kill(_workers(process.pid)[0], signal.SIGKILL)
    assert (process.wait() == 0) == (victim == "worker")
    subprocess.run(here, check=True)
    subprocess.run([*command, "-o", str(tmp_path / "whole"), "-j", "2"], check=True)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def _workers(pid: int) -> list[int]:
    """Return the workers of a run, which are children of its server."""
    server, *_ = _children(pid)
    return _children(server)


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


@pytest.mark.parametrize(
    ("folder", "command"), [("switched", "stats"), ("linked", "switch"), ("switched", "shard")]
)
def test_a_corrupt_part_is_reported(
    pipeline: Path, tmp_path: Path, folder: str, command: str
) -> None:
    shutil.copytree(pipeline / folder, tmp_path / folder)
    part = next((tmp_path / folder).glob("part-*.parquet"))
    part.write_bytes(bytes(part.stat().st_size))
    entities = ["--entities", pipeline / "entities", "--languages", "de"]
    options = [*(entities if command == "switch" else []), "-o", tmp_path / "out", "--quiet"]
    done = cstool(command, tmp_path / folder, *(options if command != "stats" else []))
    fails(done, "damaged", "`cstool verify`")


def test_a_full_disk_is_reported_once_for_two_workers(
    disk: Callable[..., Path], sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = disk("size=20k")
    monkeypatch.setenv("TMPDIR", str(folder))  # no room for temporary files either
    for stage, dump in (("extract", sample.pages), ("entities", sample.wikidata)):
        command = [stage, dump, "-o", folder / stage, "-j", "2", "--part-size", "8K"]
        warned = cstool(*command).stderr
        assert "probably too little" in warned.splitlines()[0]  # logged before the run starts
        fails(cstool(*command, "--quiet"), "no space left on the disk; free some")
        assert not [p for p in folder.rglob("*") if p.suffix == ".tmp" or "_lock" in p.name]
