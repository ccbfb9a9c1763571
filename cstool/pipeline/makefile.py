"""The Makefile of a corpus: its settings, and the include of the pipeline file of this package."""

import os
from dataclasses import dataclass
from pathlib import Path

from cstool.errors import CstoolError, OutputError, writing

FOLDER = Path(__file__).parent
MAKEFILE = "Makefile"
# Make reads these before a Makefile.
_BEFORE = ("GNUmakefile", "makefile")
_SLURM = "slurm"
_SLURM_SETTINGS = """\
# Slurm: the folder with the batch files (CPUs, memory and hours of each stage), the number of tasks
# of a job array, and options of sbatch for all jobs, such as --partition=long.
SLURM_JOBS = slurm
TASKS = 8
SBATCH_OPTIONS =
"""


@dataclass(frozen=True)
class PipelineSettings:
    """The settings of a Makefile. `cstool`: the shell command of cstool. `slurm`: use Slurm."""

    wikis: tuple[str, ...]
    languages: str
    entities: str
    source: str
    date: str
    wikidata_date: str
    cstool: str
    slurm: bool


def pipeline_file() -> Path:
    """Return the path of the pipeline file. Raises CstoolError if make could not include it."""
    path = FOLDER / "corpus.mk"
    if " " in str(path):
        raise CstoolError(f"{path}: make cannot read a path with a space; install cstool elsewhere")
    return path


def makefile_text(settings: PipelineSettings) -> str:
    """Return the Makefile with these settings."""
    return (
        (FOLDER / "project.mk")
        .read_text("utf-8")
        .format(
            wikis=" ".join(settings.wikis),
            languages=settings.languages,
            entities=settings.entities,
            source=settings.source,
            titles="sql" if settings.entities == "live" else "pages",
            date=settings.date,
            wikidata_date=settings.wikidata_date and f" {settings.wikidata_date}",
            cstool=settings.cstool.replace("$", "$$").replace("#", "\\#"),
            slurm=_SLURM_SETTINGS if settings.slurm else "",
        )
    )


def write_project(settings: PipelineSettings, folder: Path, *, overwrite: bool) -> list[Path]:
    """Write the Makefile, and the batch files if they are asked for; return their paths.

    Raises OutputError, before anything is written, if a file exists, unless `overwrite` is set, or
    if a file of another name hides the Makefile from make.
    """
    texts = {folder / MAKEFILE: makefile_text(settings)}
    if settings.slurm:
        for batch in sorted((FOLDER / _SLURM).glob("*.sbatch")):
            texts[folder / _SLURM / batch.name] = batch.read_text("utf-8")
    names = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    for name in names.intersection(_BEFORE):
        raise OutputError(
            f"{folder / name}: make reads this file instead of {MAKEFILE}; give another folder"
        )
    for path in texts:
        if os.path.lexists(path) and not overwrite:
            raise OutputError(
                f"{path}: exists; give another folder, or replace the file with --overwrite"
            )
    for path, text in texts.items():
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return [*texts]
