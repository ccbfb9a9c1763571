"""Paths and runs that many tests share."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.stage import ExtractOptions, extract
from cstool.stages.link.stage import link
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.stages.switch.options import SwitchOptions
from cstool.stages.switch.stage import switch
from cstool.stages.titles.stage import titles
from tests.masking.fixtures import all_trained, corpus

__all__ = ["all_trained", "corpus"]  # fixtures, too

# A busy machine is no fault of the code; in CI, what passed once passes again.
settings.register_profile("cstool", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("cstool")

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "data/sample"
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class Sample:
    """The embedded dumps."""

    pages: Path = SAMPLE / "enwiki-20261001-pages-articles-multistream.xml.bz2"
    japanese: Path = SAMPLE / "jawiki-20261001-pages-articles-multistream.xml.bz2"
    wikidata: Path = SAMPLE / "wikidata-20261001-all.json.gz"


@pytest.fixture(scope="session")
def sample() -> Sample:
    return Sample()


def run_pipeline(
    folder: Path, sample: Sample, jobs: int = 1, *, scheduler: str | None = None
) -> Path:
    """Run all stages on the English sample, in many small parts."""
    running = RunOptions(jobs=jobs, part_size=1 << 14, quiet=True, scheduler=scheduler)
    pages = [str(sample.pages)]
    entities(str(sample.wikidata), folder / "entities", EntitiesOptions(), running)
    titles("enwiki", folder / "entities", pages, folder / "titles", running)
    extract(pages, folder / "sentences", ExtractOptions(), running)
    link(folder / "sentences", folder / "titles", folder / "linked", running)
    options = SwitchOptions("entitycs")
    switch(folder / "linked", folder / "entities", folder / "switched", options, running)
    shard([folder / "switched"], folder / "corpus", ShardOptions(rows_per_shard=100), running)
    return folder


@pytest.fixture(scope="session")
def pipeline(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run on the English sample; tests only read it."""
    return run_pipeline(tmp_path_factory.mktemp("pipeline"), sample)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; without it the test is skipped, or fails where it must be."""
    if not SHARED.exists():
        if os.environ.get("CSTOOL_NEED_SHARED"):
            pytest.fail(f"{SHARED} is not there, and CSTOOL_NEED_SHARED says that it is")
        pytest.skip("no real data beside the project")
    return SHARED
