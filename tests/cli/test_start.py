"""What a command imports, which is most of the time of a short run."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import Source, dump_xml

# Libraries that only some runs need.
SLOW = {
    "dask", "distributed", "huggingface_hub", "jinja2", "lupa", "pandas", "polars", "requests",
    "tokenizers", "tqdm", "vl_convert", "wcwidth",
}  # fmt: skip
# Of these, the ones that a command imports to parse its options and start its work.
NEEDED = {"show": {"wcwidth"}, "stats": {"wcwidth"}}
COMMANDS = (
    "entities", "extract", "init", "link", "mask", "mix", "pair", "shard", "show", "stats",
    "switch", "titles", "verify",
)  # fmt: skip


def imported(code: str, *arguments: str) -> set[str]:
    """Return the libraries that a program has imported at its end."""
    end = "import atexit, sys; atexit.register(lambda: print('\\n' + ' '.join(sys.modules)))\n"
    command = [sys.executable, "-c", end + code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {module.split(".")[0] for module in done.stdout.split("\n")[-2].split()}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_imports_no_library_that_it_may_not_need(command: str) -> None:
    found = imported(f"import cstool.cli.main, cstool.cli.{command}")
    assert found & SLOW == NEEDED.get(command, set())


def test_a_run_imports_no_library_that_it_does_not_need(tmp_path: Path) -> None:
    (tmp_path / "page.xml").write_text(dump_xml([Source("A", "This is a [[town]] by a lake.")]))
    run = "import cstool.__main__; cstool.__main__.main()"
    arguments = ("extract", str(tmp_path / "page.xml"), "-o", str(tmp_path / "out"), "--quiet")
    found = imported(run, *arguments, "-j", "1")
    assert found & SLOW == {"lupa"}  # whose version is a parameter of the run
    assert "pyarrow" in found
