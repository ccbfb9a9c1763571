"""`make slurm`: the jobs that it submits, their order, and what they write, without Slurm."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.stages.small_wiki import Page, write_tables
from tests.support import files_of, gzipped
from tests.test_make import PAGES, make, needs_make, project, run, write_dumps

# Writes down each job; with RUN_JOBS it also runs those that are not arrays.
SBATCH = """\
#!/bin/bash
id=$(($(wc -l <"$JOBS") + 1))
array= after=
for argument; do
  case $argument in
    --array=*) array=${argument#*=} ;;
    --dependency=*) after=${argument#*=} ;;
  esac
done
echo "$id ${!#} ${array:--} ${after:--} $WIKI" >>"$JOBS"
if [ -n "${RUN_JOBS:-}" ] && [ -z "$array" ]; then bash "${!#}" >&2 || exit 1; fi
echo "$id;cluster"
"""


class Job(NamedTuple):
    """A submitted job; `needs`: the jobs that must have ended before, successfully or not."""

    id: str
    file: Path
    array: str
    needs: frozenset[str]
    wikis: str


@pytest.fixture
def submitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], list[Job]]:
    """What runs a command and returns the jobs that it submits."""
    programs, jobs = tmp_path / "bin", tmp_path / "jobs"
    programs.mkdir()
    (programs / "sbatch").write_text(SBATCH)
    (programs / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("JOBS", str(jobs))

    def submit(command: list[str]) -> list[Job]:
        jobs.write_text("")
        told = run(command)
        found = []
        for line in jobs.read_text().splitlines():
            number, file, array, after, wikis = line.split(" ", 4)
            needs = frozenset(after.split(":")[1:])
            found.append(Job(number, Path(file), array, needs, wikis))
        assert f"job {found[-1].id} writes the corpus" in told
        return found

    return submit


def ways(jobs: list[Job]) -> set[tuple[str, str]]:
    """Return the pairs of stages, with their wikis, of which the second needs the first."""
    names = {job.id: f"{job.wikis}/{job.file.stem}" for job in jobs}
    pairs = {(names[need], names[job.id]) for job in jobs for need in job.needs}
    return {pair for pair in pairs if pair[0] != pair[1]}


def slurm(folder: Path, *arguments: str) -> list[str]:
    """Return the command that submits two wikis by the Makefile here, from the folder's dumps."""
    command = make(folder, "WIKI=aawiki bbwiki", *arguments)
    command[command.index("corpus")] = "slurm"
    for wiki in ("aawiki", "bbwiki"):
        for name in ("pages-articles-multistream.xml.bz2", "page.sql.gz", "page_props.sql.gz",
                     "redirect.sql.gz"):  # fmt: skip
            (folder / f"dumps/{wiki}-20261001-{name}").touch()
    return command


def test_a_stage_waits_for_the_stages_whose_output_it_reads(
    tmp_path: Path, submitted: Callable[[list[str]], list[Job]]
) -> None:
    both = "aawiki bbwiki"
    always = {
        (f"{wiki}/{before}", f"{wiki}/{after}")
        for wiki in ("aawiki", "bbwiki")
        for before, after in (("titles", "link"), ("extract", "link"), ("link", "switch"))
    }
    always |= {(f"{wiki}/switch", f"{both}/shard") for wiki in ("aawiki", "bbwiki")}
    always |= {(f"{both}/entities", f"{wiki}/switch") for wiki in ("aawiki", "bbwiki")}
    from_pages = {(f"{both}/entities", f"{wiki}/titles") for wiki in ("aawiki", "bbwiki")}
    after_links = {(f"{wiki}/link", f"{both}/entities") for wiki in ("aawiki", "bbwiki")}
    assert ways(submitted(slurm(tmp_path))) == always | from_pages
    assert ways(submitted(slurm(tmp_path, "TITLES_FROM=sql"))) == always
    live = submitted(slurm(tmp_path, "ENTITIES=live", "TASKS=5"))
    assert ways(live) == always | after_links
    # The API is asked by one job; the others are arrays, each with a last job.
    arrays = {name: {job.array for job in live if job.file.stem == name} for name in
              ("entities", "titles", "extract", "link", "switch", "shard")}  # fmt: skip
    assert arrays.pop("entities") == {"-"}
    assert all(values == {"1-5", "-"} for values in arrays.values())


def test_the_jobs_of_a_folder_write_what_make_writes(
    tmp_path: Path,
    submitted: Callable[[list[str]], list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "project"
    command = project(folder, "--date", "20261001", "--slurm")
    write_dumps(folder / "dumps")
    wiki = [Page(page.title, number) for number, page in enumerate(PAGES, 1)]
    for path in map(Path, write_tables(tmp_path / "tables", wiki).paths):
        dump = folder / f"dumps/enwiki-20261001-{path.name}.gz"
        dump.write_bytes(gzipped(path.read_bytes()))
    monkeypatch.setenv("RUN_JOBS", "1")
    asked = ("EXTRACT=--all-sentences --language en", "TITLES_FROM=sql")
    jobs = submitted(command("slurm", *asked, "WORK=jobs", f"CSTOOL='{needs_make()}'"))
    assert {str(job.file.parent) for job in jobs} == {"slurm"}
    run(command("corpus", *asked, "WORK=made", "-j2"))
    for name in ("entities", "enwiki", "corpus"):
        assert files_of(folder / "jobs" / name) == files_of(folder / "made" / name)
