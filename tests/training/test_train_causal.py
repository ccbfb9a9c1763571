"""The recipes of the pipeline on the sample: ten steps of a causal language model on each."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.train.train_tokenizer import trained
from tests.conftest import ROOT
from tests.test_make import needs_make
from tests.training.needed import needed

pytestmark = pytest.mark.peer
needed("torch")
needed("transformers")

MARKS = ["<translate>", "</translate>"]
STAGES = {
    "leia": ["1-annotated"],
    "crossic-pt": ["1-comparable"],
    "cscl": ["1-words", "2-sentences", "3-monolingual"],
}
_STEP = re.compile(r"^step (\d+)  (\S+)  loss (\d+\.\d+)$", re.MULTILINE)
_MEANS = re.compile(
    r"^loss of the first 3 steps ([\d.]+), of the last 3 steps ([\d.]+)$", re.MULTILINE
)


def mix(work: Path, name: str, *settings: str) -> None:
    """Make a mixture of the sample's English and Japanese pages."""
    asked = {"CSTOOL": needs_make(), "WIKI": "enwiki jawiki", "DATE": 20261001}
    asked |= {"DUMPS": "data/sample", "WORK": work, "RUN": "--quiet -j 1"}
    told = [f"{variable}={value}" for variable, value in asked.items()]
    command = ["make", "-C", str(ROOT), "--no-print-directory", f"mix-{name}", *told, *settings]
    subprocess.run(command, check=True, capture_output=True)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three mixtures as text and as tokens, and their tokenizer."""
    folder = tmp_path_factory.mktemp("mixtures")
    for name in STAGES:
        mix(folder, name)
    tokenizer = folder / "tokenizer.json"
    trained(folder / "mixtures/cscl", 2000, MARKS).save(str(tokenizer))
    for name in STAGES:
        mix(folder, name, "FORMAT=tokens", f"TOKENIZER={tokenizer}", "PACK=256")
    mix(folder, "leia", "FORMAT=jsonl")
    return folder


def trained_on(work: Path, mixture: str) -> tuple[list[str], list[float]]:
    """Train ten steps; return the stage of each, and the means of the first and last losses."""
    call = [sys.executable, "-m", "scripts.train.train_causal", work / "mixtures" / mixture]
    call += ["--tokenizer", work / "tokenizer.json", "--steps", "10", "--no-loss", *MARKS]
    one_core = {**os.environ, "OMP_NUM_THREADS": "1"}  # threads that wait for a core burn others
    done = subprocess.run(
        [*map(str, call)], capture_output=True, text=True, check=False, env=one_core, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    steps = _STEP.findall(done.stdout)
    assert [int(number) for number, _, _ in steps] == [*range(1, 11)]
    means = _MEANS.search(done.stdout)
    assert means, done.stdout
    return [stage for _, stage, _ in steps], [*map(float, means.groups())]


@pytest.mark.parametrize("name", STAGES)
def test_a_model_trains_on_the_tokens_stage_by_stage(work: Path, name: str) -> None:
    stages, (first, last) = trained_on(work, f"{name}-tokens")
    assert [*dict.fromkeys(stages)] == STAGES[name] and stages == sorted(stages)
    assert last < first - 0.1


@pytest.mark.parametrize("mixture", ["leia", "leia-jsonl"])
def test_it_tokenizes_mixtures_of_text(work: Path, mixture: str) -> None:
    _, (first, last) = trained_on(work, mixture)
    assert last < first - 0.1
