"""The distribution's name and address: one declaration, and no text that names another package."""

import os
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest

from cstool import __version__, distribution
from cstool.cards.card_citation import citation
from tests.conftest import ROOT

COMMAND = "cstool"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
# The bare name in any spelling: the package of that name on PyPI is another project's.
_INSTALL = r"pip3? install(?:\s+-\S+)*\s+['\"]?"
BARE = re.compile(_INSTALL + r"cstool(?![\w./-])")
PUBLISHED_NAME = re.compile(_INSTALL + distribution.NAME)


def texts() -> dict[str, str]:
    """Return the text of every file of the repository, by path; this test excepted."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("the files are not a git checkout")
    files = {}
    for name in listed.stdout.split("\0"):
        path = ROOT / name
        if name and path.is_file() and not name.startswith("data/") and name != OWN_NAME:
            try:
                files[name] = path.read_text("utf-8")
            except UnicodeDecodeError:
                continue
    return files


OWN_NAME = "tests/test_distribution.py"


def test_name_and_address_are_those_of_pyproject() -> None:
    project = PYPROJECT["project"]
    assert project["name"] == distribution.NAME
    urls = project["urls"]
    assert urls["Homepage"] == distribution.HOME
    assert all(url.startswith(distribution.HOME) for url in urls.values())
    extras = project["optional-dependencies"]
    own = [word for words in extras.values() for word in words if word.startswith("cstool")]
    assert own
    assert all(word.startswith(f"{distribution.NAME}[") for word in own)


def test_the_installed_distribution_has_this_name_and_version() -> None:
    assert metadata.version(distribution.NAME) == __version__


def test_the_issue_tracker_is_named_only_after_the_release(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "PUBLISHED", False)
    assert distribution.issues() is None
    monkeypatch.setattr(distribution, "PUBLISHED", True)
    assert distribution.issues() == PYPROJECT["project"]["urls"]["Issues"]


@pytest.mark.parametrize("published", [False, True])
def test_hints_name_a_package_on_the_index_only_after_the_release(
    published: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribution, "PUBLISHED", published)
    hint = distribution.install_hint("mask")
    assert hint.startswith("pip install '")
    assert (f"'{distribution.NAME}[mask]'" in hint) == published
    assert ("'.[mask]'" in hint) != published
    assert (distribution.HOME in citation({"default"})) == published
    assert distribution.address() == (distribution.HOME if published else None)


def test_the_user_agent_has_the_contact_and_after_a_release_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(distribution, "PUBLISHED", False)
    assert distribution.user_agent() == f"cstool/{__version__}"
    assert distribution.user_agent("a@b.c") == f"cstool/{__version__} (a@b.c)"
    monkeypatch.setattr(distribution, "PUBLISHED", True)
    assert distribution.user_agent("a@b.c") == (
        f"cstool/{__version__} ({distribution.HOME}; a@b.c)"
    )


def test_no_text_installs_the_package_of_another_project() -> None:
    for name, text in texts().items():
        assert not BARE.search(text), name
        assert f"pypi.org/project/{COMMAND}/" not in text, name
        if not distribution.PUBLISHED and name != "cstool/distribution.py":
            assert not PUBLISHED_NAME.search(text), name


@pytest.mark.parametrize(
    "text",
    [COMMAND, f"'{COMMAND}[mask]'", f'-U "{COMMAND}"', f"--quiet {COMMAND}==0.1"],
)
def test_the_scan_finds_the_bare_name(text: str) -> None:
    text = f"pip install {text}"
    assert BARE.search(text)
    assert not BARE.search("pip install '.[report]'; cstool --help")
    assert not BARE.search(text.replace("cstool", distribution.NAME))


@pytest.mark.skipif(
    "CSTOOL_LOWEST" not in os.environ or sys.version_info >= (3, 12),
    reason="only of the lowest dependencies, which have wheels for Python 3.11",
)
def test_the_floors_are_the_versions_that_are_tested() -> None:
    extras = PYPROJECT["project"]["optional-dependencies"]
    names = ("dask", "dedup", "push", "report")
    for word in [*PYPROJECT["project"]["dependencies"], *(w for n in names for w in extras[n])]:
        name, floor = word.split(">=")
        assert f"{metadata.version(name)}.0.0".startswith(f"{floor}."), word
