"""Paths and runs that many tests share."""

import os
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
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

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SAMPLE = ROOT / "data/sample"
SHARED = ROOT.parent / "shared"

# Files and folders that take more than 3 seconds or run the program: left out by `make test-fast`,
# which lists its slowest tests.
_SLOW = (
    "cli/", "real/", "report/", "download/test_command.py", "download/test_hostile.py",
    "download/test_transfer", "dumps/test_bombs.py", "dumps/test_page_slices",
    "dumps/test_sql.py", "execution/test_cpu_limit.py", "execution/test_executors.py",
    "execution/test_fork_server.py", "execution/test_shutdown.py",
    "execution/test_worker_pool.py", "formats/test_translico.py", "languages/test_labels.py",
    "masking/test_draw.py", "masking/test_pair_tokens.py", "masking/test_pairs.py",
    "masking/test_tokens.py", "romanization/", "stages/entities/test_entities.py",
    "stages/entities/test_limit.py", "stages/entities/test_live", "stages/entities/test_sort.py",
    "stages/extract/test_extract.py",
    "stages/extract/test_template_redirects.py", "stages/link/test_link.py",
    "stages/link/test_propagation.py", "stages/mask/test_mask.py",
    "stages/mix/test_bad_input.py", "stages/mix/test_card", "stages/mix/test_mix.py",
    "stages/romanize/",
    "stages/shard/test_dataset_card.py", "stages/shard/test_dedup.py",
    "stages/shard/test_formats.py", "stages/shard/test_shard.py",
    "stages/shard/test_statistics.py", "stages/shard/test_token_formats.py",
    "stages/switch/test_choices.py",
    "stages/switch/test_laws.py", "stages/switch/test_romanized_names.py",
    "stages/switch/test_switch.py",
    "stages/test_changed_dumps.py", "stages/test_pipeline.py", "stages/titles/test_from_sql.py",
    "storage/test_checksums.py", "storage/test_label_store.py", "storage/test_locks.py",
    "storage/test_ownership", "storage/test_run", "test_docs.py", "test_fuzz.py",
    "test_make.py", "test_make_documents.py", "test_make_live.py", "test_make_mixtures.py",
    "test_make_titles.py", "test_make_wikidata.py",
    "test_slurm.py", "test_survival.py", "wikitext/test_gold_of_templates.py",
)  # fmt: skip
_SLOW_PATHS = tuple(f"{TESTS}/{name}" for name in _SLOW)
# Fixtures that run stages.
_PIPELINES = {"all_trained", "corpus", "pipeline"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set the marker `slow`."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if str(item.path).startswith(_SLOW_PATHS) or not _PIPELINES.isdisjoint(fixtures):
            item.add_marker(pytest.mark.slow)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not even import slow files if all of them are to be left out."""
    left_out = "not slow" in config.option.markexpr
    return True if left_out and str(collection_path).startswith(_SLOW_PATHS) else None


@dataclass(frozen=True)
class Sample:
    """The embedded dumps."""

    pages: Path = SAMPLE / "enwiki-20261001-pages-articles-multistream.xml.bz2"
    japanese: Path = SAMPLE / "jawiki-20261001-pages-articles-multistream.xml.bz2"
    swahili: Path = SAMPLE / "swwiki-20261001-pages-articles-multistream.xml.bz2"
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
