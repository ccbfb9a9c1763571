"""The Python interface: names that are exported, and what importing cstool costs."""

import subprocess
import sys
from pathlib import Path

import cstool
from tests.conftest import Sample


def test_each_exported_name_is_that_of_its_module() -> None:
    assert {*cstool._MODULES, "__version__"} == {*cstool.__all__}
    for name, module in cstool._MODULES.items():
        value = getattr(cstool, name)
        assert value.__name__ == name
        assert value.__module__.startswith(f"cstool.{module.split('.')[0]}")
    assert {*dir(cstool)} == {*cstool.__all__}


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(cstool, "no_such_name")


def test_importing_cstool_loads_no_library() -> None:
    code = "import sys, cstool; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"polars", "pyarrow", "numpy", "click"} & {*done.stdout.split()}


def test_a_stage_is_a_function(sample: Sample, tmp_path: Path) -> None:
    options = cstool.RunOptions(jobs=1, quiet=True)
    made = cstool.extract([str(sample.pages)], tmp_path / "out", cstool.ExtractOptions(), options)
    assert cstool.read_manifest(tmp_path / "out") == made
    assert made.counts.tallies["pages"].written > 0
