"""The README and the pages of docs/: links have targets, schemas match the code, commands run."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import polars as pl
import pyarrow as pa
import pytest

from cstool.cli.main import cstool
from cstool.cli.show import entity
from cstool.storage.schemas import BY_STAGE, CORPUS_PARAGRAPHS, MIX_FIELDS, PAIRS, PARAGRAPHS
from tests.conftest import ROOT, Sample

PAGES = sorted((ROOT / "docs").glob("*.md"))
TEXTS = [ROOT / "README.md", ROOT / "data/sample/README.md", *PAGES]
# Their commands need a clone, or dumps, and run for minutes: only links and options are checked.
UNRUN = [ROOT / "CHANGELOG.md", ROOT / "data/gold/README.md"]
UNRUN += sorted((ROOT / "docs/measurements").glob("*.md"))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)\]\(([^()\s]+(?:\([^()]*\))?)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LABEL = re.compile(r"^\(([\w-]+)\)=$", re.MULTILINE)
_ROW = re.compile(r"^\| `(\w+)` \| `([^`]+)` \|", re.MULTILINE)


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


class Block(NamedTuple):
    """A fenced code block: its language and its lines."""

    kind: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for kind, text in _FENCE.findall(page.read_text("utf-8")):
        yield Block(kind, text)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: slugs of headings, as on GitHub and in Sphinx, and labels."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    slugs = {
        re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading).lower()).strip().replace(" ", "-")
        for heading in _HEADING.findall(text)
    }
    return slugs | {*_LABEL.findall(text)}


@pytest.mark.parametrize("page", TEXTS + UNRUN, ids=_name)
def test_links_have_targets(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"https?:|mailto:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_toctree_lists_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text("utf-8")
    listed = {line for _, text in _FENCE.findall(index.replace("{toctree}", "toctree"))
              for line in text.splitlines()}  # fmt: skip
    assert {page.stem for page in PAGES} - {"index"} <= listed


def test_sphinx_builds_without_warnings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "html", "docs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--max-languages" in (tmp_path / "reference.html").read_text("utf-8")


@pytest.mark.parametrize(
    "stage", ["entities", "titles", "extract", "link", "switch", "pair", "mask"]
)
def test_schemas_match_the_code(stage: str) -> None:
    text = (ROOT / "docs/schemas.md").read_text("utf-8")
    section = text.split(f"\n## {stage}\n")[1].split("\n## ")[0]
    documented = dict(_ROW.findall(section))
    assert documented == {field.name: _type(field.type) for field in BY_STAGE[stage]}


def test_the_schema_of_mixtures_matches_the_code() -> None:
    text = (ROOT / "docs/schemas.md").read_text("utf-8").split("\n## mix\n")[1]
    documented = dict(_ROW.findall(text.split("\n## ")[0]))
    assert documented == {field.name: _type(field.type) for field in MIX_FIELDS}


def test_the_schema_of_pairs_matches_the_code() -> None:
    text = (ROOT / "docs/schemas.md").read_text("utf-8").split("\n## mask: pairs\n")[1]
    documented = dict(_ROW.findall(text.split("\n## ")[0]))
    assert documented == {field.name: _type(field.type) for field in PAIRS}


def test_the_schema_of_paragraphs_matches_the_code() -> None:
    text = (ROOT / "docs/schemas.md").read_text("utf-8").split("\n(paragraphs)=\n")[1]
    assert dict(_ROW.findall(text)) == {f.name: _type(f.type) for f in CORPUS_PARAGRAPHS}
    names = [field.name for field in CORPUS_PARAGRAPHS]
    assert PARAGRAPHS.names == [name for name in names if name not in ("source_language", "wiki")]


def _type(of: pa.DataType) -> str:
    return str(of).replace("element: ", "").replace(" not null", "")


def options_of(name: str) -> set[str]:
    """Return all options of a command; for `show` also those of `show entity`."""
    command = cstool.get_command(click.Context(cstool), name)
    assert command is not None, name
    below = [entity] if name == "show" else []
    return {"--help"} | {
        option for one in (command, *below) for param in one.params
        for option in (*param.opts, *param.secondary_opts)
    }  # fmt: skip


@pytest.mark.parametrize("page", TEXTS + UNRUN, ids=_name)
def test_commands_have_the_options_shown(page: Path) -> None:
    for block in blocks(page):
        for line in block.text.replace("\\\n", " ").split("\n"):
            command = re.match(r"(?:\$ |.*\| )?cstool ([a-z]+)\b(.*)", line)
            if command:
                options = re.findall(r"(?<!\S)\[?(--[a-z][a-z-]*[a-z])(?!\S*…)", command[2])
                assert set(options) <= options_of(command[1]), line


@pytest.fixture(scope="session")
def workplace(sample: Sample, pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample in dumps/ and a run of the pipeline in work/."""
    folder = tmp_path_factory.mktemp("docs")
    dumps = folder / "dumps"
    dumps.mkdir()
    for dump in (sample.pages, sample.japanese, sample.swahili, sample.wikidata):
        (dumps / dump.name).symlink_to(dump)
    (folder / "work").symlink_to(pipeline)
    (folder / "tests.txt").write_text("a sentence of a test set that has more than eight words\n")
    return folder


@pytest.mark.parametrize(
    "page",
    [page for page in TEXTS if any(block.kind == "sh" for block in blocks(page))],
    ids=_name,
)
def test_commands_run_in_order(page: Path, workplace: Path) -> None:
    for block in blocks(page):
        name = re.match(r"# ([\w.-]+\.toml)\n", block.text)
        if block.kind == "toml" and name:
            tomllib.loads(block.text)
            (workplace / name[1]).write_text(block.text)
    script = "set -e\n" + "\n".join(b.text for b in blocks(page) if b.kind == "sh")
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=workplace, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_documents_shown_are_those_of_the_sample(workplace: Path) -> None:
    page = ROOT / "docs/documents.md"
    test_commands_run_in_order(page, workplace)
    rows = re.findall(r"^\|.*\| ([^|]+) \|$", page.read_text("utf-8"), re.MULTILINE)[1:]
    folders = ["swwiki/pages", "annotated", "replaced", "comparable"]
    for row, folder in zip(rows, folders, strict=True):
        table = pl.read_parquet(workplace / "documents" / folder / "*.parquet")
        texts = table.filter(pl.col("text").str.contains("Estonia ni nchi"))["text"]
        for shown in re.split(r" …(?:<br>)*", row.replace("`", "")):
            assert any(shown in text for text in texts), (folder, shown)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what `make demo` writes in demo/, without the report."""
    folder = tmp_path_factory.mktemp("shown")
    command = Path(sys.executable).parent / "cstool"
    settings = {"WIKI": "enwiki jawiki swwiki", "DATE": "20261001", "LANGUAGES": "entitycs"}
    settings |= {"WORK": f"{folder}/demo", "DUMPS": "data/sample", "CSTOOL": str(command)}
    settings["RUN"] = "--quiet"
    subprocess.run(
        ["make", "corpus", *(f"{name}={value}" for name, value in settings.items())],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    return folder


SHOWN = [
    (page.name, command, output)
    for page in PAGES
    for block in blocks(page)
    for command, _, output in [block.text.removeprefix("$ ").partition("\n")]
    if block.text.startswith("$ cstool ")
]


@pytest.mark.parametrize(("page", "command", "output"), SHOWN, ids=[c for _, c, _ in SHOWN])
def test_the_output_shown_is_that_of_the_demo(
    page: str, command: str, output: str, demo: Path
) -> None:
    """Each line as it is printed; `…` stands for further lines."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=demo, env=environment | {"COLUMNS": "100"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert output
    for line in output.splitlines():
        assert line == "…" or line in printed, (page, line, printed[:40])
