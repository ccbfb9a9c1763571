"""The training example: it runs, and its loss decreases."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.masking.fixtures import Trained
from tests.training.needed import needed

pytestmark = pytest.mark.peer
needed("torch")
needed("transformers")

FIGURES = re.compile(r"chance ([\d.]+)  before ([\d.]+)  after each epoch ([\d.]+)\n")


@pytest.mark.parametrize("strategy", ["wep+mlm", "rts"])
def test_the_loss_falls(
    corpus: Path, all_trained: dict[str, Trained], tmp_path: Path, strategy: str
) -> None:
    call = [sys.executable, "-m", "scripts.train.train_small", corpus, "--strategy", strategy]
    call += ["--tokenizer", all_trained["byte-level"].path, "--steps", "20", "-o", tmp_path / "m"]
    one_core = {**os.environ, "OMP_NUM_THREADS": "1"}  # threads that wait for a core burn others
    done = subprocess.run(
        [*map(str, call)], capture_output=True, text=True, check=False, env=one_core, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    found = FIGURES.search(done.stdout)
    assert found, done.stdout
    chance, before, after = map(float, found.groups())
    assert before == pytest.approx(chance, abs=0.15)
    assert after < before - 0.1
    assert (tmp_path / "m/model.safetensors").exists()
