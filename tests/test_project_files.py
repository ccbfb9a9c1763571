"""Workflows, forms and metadata: valid YAML, make targets that exist, one version."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cstool import __version__, distribution
from scripts.check import release, wheel
from tests.conftest import ROOT
from tests.test_distribution import PYPROJECT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("[0-9]*.yml"))
OTHERS = [
    ROOT / ".pre-commit-config.yaml", ROOT / "CITATION.cff",
    ROOT / ".github/ISSUE_TEMPLATE/config.yml",
]  # fmt: skip
PIPELINE_FILES = [
    "corpus.mk", "mixtures.mk", "project.mk", "lists.sh", "slurm/submit.sh", "slurm/extract.sbatch",
    "recipes/leia.toml",
]  # fmt: skip
EXPRESSION = "EXPRESSION"  # stands for ${{ … }}
_TARGET = re.compile(r"^([\w./$()-]+):(?!=)", re.MULTILINE)


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def targets() -> set[str]:
    """Return the targets of the Makefile and of the pipeline files that it includes."""
    names = ("Makefile", "cstool/pipeline/corpus.mk", "cstool/pipeline/mixtures.mk")
    text = "\n".join((ROOT / name).read_text("utf-8") for name in names)
    text = text.replace("$(VENV)", ".venv")
    return set(_TARGET.findall(text))


def words_of_make(text: str) -> list[str]:
    """Return the targets that calls of make in a text name."""
    text = re.sub(r"\$\{\{.*?\}\}", EXPRESSION, text)
    calls = re.findall(r"^\s*make ([^\n&|;]+)", text, re.MULTILINE)
    return [word for call in calls for word in shlex.split(call) if "=" not in word]


def test_there_are_workflows_and_forms() -> None:
    assert [path.stem for path in WORKFLOWS] == ["docs", "release", "test", "wheels"]
    assert len(FORMS) == 3
    assert all(isinstance(read(path), dict) for path in OTHERS)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_are_valid_and_call_targets_that_exist(path: Path) -> None:
    workflow = read(path)
    # YAML 1.1 reads the key `on` as true.
    assert {"name", True, "permissions", "jobs"} <= set(workflow)
    for job in workflow["jobs"].values():
        if uses := job.get("uses"):
            assert (ROOT / uses).is_file()
            continue
        assert job["runs-on"]
        listed = job.get("strategy", {}).get("matrix", {}).get("include", [])
        chosen = [entry["target"] for entry in listed if "target" in entry]
        for step in job["steps"]:
            assert ("uses" in step) != ("run" in step)
            for word in words_of_make(step.get("run", "")):
                assert word in targets() or (word == EXPRESSION and chosen), word
        assert set(chosen) <= targets()


def test_the_tests_run_on_every_system_and_python_of_the_metadata() -> None:
    matrix = read(ROOT / ".github/workflows/test.yml")["jobs"]["test"]["strategy"]["matrix"]
    classifiers = PYPROJECT["project"]["classifiers"]
    listed = re.findall(r"Python :: (3\.\d+)", "\n".join(classifiers))
    assert matrix["python"] == listed
    assert f">={listed[0]}" == PYPROJECT["project"]["requires-python"]
    built = PYPROJECT["tool"]["cibuildwheel"]["build"].split()
    assert built == [f"cp{version.replace('.', '')}-*" for version in listed]
    assert {"Operating System :: MacOS", "Operating System :: POSIX :: Linux"} <= set(classifiers)
    assert {"ubuntu-latest", "macos-latest"} == set(matrix["os"])


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_have_what_github_demands(path: Path) -> None:
    form = read(path)
    assert form["name"] and form["description"]
    ids = [element["id"] for element in form["body"]]
    assert len(set(ids)) == len(ids)
    for element in form["body"]:
        assert element["type"] in {"input", "textarea", "checkboxes"}
        assert element["attributes"]["label"]


def test_the_form_for_text_asks_for_page_wiki_and_dump() -> None:
    body = read(FORMS[0])["body"]
    required = {e["id"] for e in body if e.get("validations", {}).get("required")}
    assert {"title", "wiki", "dump", "expected", "actual"} <= required


def test_hooks_run_what_lint_runs() -> None:
    (repository,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    hooks = repository["hooks"]
    lint = (ROOT / "Makefile").read_text("utf-8").split("\nlint:")[1].split("\n\n")[0]
    for hook in hooks:
        assert hook["entry"].split()[0].replace(".venv/bin/", "$(BIN)/") in lint
    assert {"ruff-check", "ruff-format", "codespell", "mypy"} == {hook["id"] for hook in hooks}


def test_the_citation_is_of_this_version_and_names_entitycs() -> None:
    citation = read(ROOT / "CITATION.cff")
    assert citation["version"] == __version__
    assert citation["repository-code"] == distribution.HOME
    assert citation["license"] == PYPROJECT["project"]["license"]
    names = [author["family-names"] for author in citation["references"][0]["authors"]]
    assert names == ["Whitehouse", "Christopoulou", "Iacobacci"]


def test_the_make_help_names_targets_that_exist() -> None:
    told = subprocess.check_output(["make", "--no-print-directory", "help"], cwd=ROOT, text=True)
    named = set(re.findall(r"^make ([a-z-]+)", told, re.MULTILINE))
    assert named <= targets()
    contributing = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    asked = set(re.findall(r"`make ([a-z-]+)", contributing))
    assert asked <= targets()
    assert {target for target in named if target.startswith("test")} <= asked


def test_the_image_copies_files_that_exist() -> None:
    allowed = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (ROOT / name).exists(), name
                assert f"!{name}" in allowed


def test_a_tree_that_is_not_published_is_not_released(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "PUBLISHED", False)
    told = "\n".join(release.faults("v99"))
    assert "'v99'" in told
    assert "PUBLISHED is False" in told
    assert "CITATION.cff" not in told


def test_the_check_of_a_wheel_finds_what_is_missing_and_superfluous() -> None:
    assert {f"cstool/pipeline/{name}" for name in PIPELINE_FILES} <= wheel.expected()
    whole = wheel.expected() | {f"{name}.cpython-311-linux.so" for name in wheel.EXTENSIONS}
    assert wheel.faults({*whole, "cstool_corpus-1.dist-info/METADATA"}) == []
    assert wheel.faults({*whole, "tests/a.py"}) == ["tests/a.py: superfluous"]
    assert wheel.faults(whole - {"cstool/py.typed"}) == ["cstool/py.typed: missing"]
    assert len(wheel.faults(wheel.expected())) == len(wheel.EXTENSIONS)


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_links_of_the_root_pages_have_targets(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text("utf-8"))
    assert all((ROOT / link).is_file() for link in links if not link.startswith("https:"))


@pytest.mark.parametrize("sbatch", [None, "echo refused >&2; exit 1"])
def test_submitting_jobs_without_slurm_or_with_a_refused_job_ends_with_one_message(
    tmp_path: Path, sbatch: str | None
) -> None:
    for name in ("bash", "dirname", "mkdir", "cut"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    if sbatch is not None:
        (tmp_path / "sbatch").write_text(f"#!/bin/bash\n{sbatch}\n")
        (tmp_path / "sbatch").chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / "cstool/pipeline/slurm/submit.sh")],
        env={
            "PATH": str(tmp_path), "WORK": str(tmp_path / "work"), "WIKI": "dewiki frwiki",
            "ENTITIES": "dump", "TITLES_FROM": "pages", "TASKS": "2", "SLURM_JOBS": "slurm",
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert ("no sbatch" in done.stderr) == (sbatch is None)
    assert (tmp_path / "work").exists() == (sbatch is not None)


def test_git_ignores_dumps_and_work_folders_but_no_source_code() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    asked = ["dumps/a.bz2", "work/a", "demo/a", "cstool/dumps/a.py", "tests/dumps/a.py"]
    done = subprocess.run(
        ["git", "check-ignore", *asked], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == asked[:3]
