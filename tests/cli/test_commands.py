"""The command line: help, usage errors, bad input, pipes, Ctrl-C."""

import bz2
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cstool.cli.main import COMMANDS
from tests.conftest import Sample
from tests.support import (
    Source,
    dump_xml,
    files_of,
    gzipped,
    item,
    rows_of,
    wikidata_json,
)

OTHERS = {"init", "download", "stats", "show", "report", "push", "completion", "verify"}
STAGES = [name for name in COMMANDS if name not in OTHERS]
Done = subprocess.CompletedProcess[str]


def cstool(*arguments: object, stdin: bytes | None = None, cwd: Path | None = None) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "cstool", *map(str, arguments)],
        input=stdin,
        stdin=None if stdin is not None else subprocess.DEVNULL,
        capture_output=True,
        check=False,
        cwd=cwd,
    )
    return Done(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def fails(done: Done, *words: str, code: int = 1) -> None:
    """Check the exit code and a single line that contains these words, without a traceback."""
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().split("\n")
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("cstool: ")
    for word in words:
        assert word in lines[0]


# ---- help and wrong calls ----


def test_help_lists_the_commands_in_the_order_of_the_pipeline() -> None:
    text = cstool("--help").stdout
    places = [text.index(f"  {name} ") for name in COMMANDS]
    assert places == sorted(places)


@pytest.mark.parametrize("command", ["extract", "entities", "titles", "shard", "init"])
def test_commands_that_make_no_request_do_not_load_the_libraries_for_it(command: str) -> None:
    code = (
        "import importlib, sys\n"
        f"importlib.import_module('cstool.cli.{command}')\n"
        "print(*{'requests', 'urllib3'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_each_command_has_input_output_and_an_example(command: str) -> None:
    taken = ["--part-size", "16K"] if command in STAGES else []
    done = cstool(command, *taken, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert f"cstool {command}" in done.stdout
    if command in STAGES:
        assert "Writes" in done.stdout
        for option in (
            "--jobs",
            "--overwrite",
            "--quiet",
            "--debug",
            "--task",
            "--scheduler",
        ):
            assert option in done.stdout
        # All stages take it; it is shown where it does something.
        assert ("--part-size" in done.stdout) == (
            command in ("entities", "titles", "extract", "pair")
        )


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["extrakt"], "no command 'extrakt'; did you mean extract?"),
        (["Titel"], "no command 'Titel'; did you mean titles or entities?"),
        (["frobnicate"], "no command 'frobnicate'; the commands are init, download,"),
        (["extract"], "DUMP"),
        (["extract", "x.xml"], "--output"),
        (["extract", "x.xml", "-o", "d", "--templates", "some"], "'rules'"),
        (["extract", "x.xml", "-o", "d", "-j", "0"], "jobs"),
        (["extract", "x.xml", "-o", "d", "--part-size", "many"], "64M"),
        (["extract", "x.xml", "-o", "d", "--task", "3/2"], "I/N"),
        (["extract", "x.xml", "-o", "d", "--nonsense"], "nonsense"),
        (["titles", "--wiki", "enwiki", "-o", "d"], "--entities"),
        (["titles", "--wiki", "enwiki", "-o", "d", "--sql-page", "p.sql.gz"], "--sql-props"),
    ],
)
def test_a_usage_error_exits_with_2(arguments: list[str], word: str, tmp_path: Path) -> None:
    done = cstool(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_the_version_is_shown() -> None:
    assert cstool("--version").stdout.startswith("cstool, version ")


# ---- bad input ----

PAGES = [Source(f"Page {i}", f"Number {i} is [[here]], in the list.") for i in range(40)]


@pytest.fixture
def xml() -> bytes:
    return dump_xml(PAGES).encode()


def bad_dumps() -> dict[str, tuple[str, Callable[[bytes], bytes], tuple[str, ...]]]:
    return {
        "text for bz2": ("d.xml.bz2", lambda x: x, ("has the extension .bz2", "bzip2")),
        "bz2 for xml": ("d.xml", bz2.compress, ("has the extension .xml", "bzip2")),
        "an error page": (
            "d.xml",
            lambda _: b"<html><p>404</p></html>",
            ("not a MediaWiki XML export",),
        ),
        "no XML": ("d.xml", lambda _: b"Not found\n", ("not a MediaWiki XML export",)),
        "nothing": ("d.xml.bz2", lambda _: b"", ("empty file",)),
        "cut bz2": (
            "d.xml.bz2",
            lambda x: b"".join(map(bz2.compress, (x[:-2000], x[-2000:])))[:-200],
            ("truncated", "--keep-going"),
        ),
        "cut gz": ("d.xml.gz", lambda x: gzipped(x)[:-200], ("truncated", "--keep-going")),
        "damaged gz": (
            "d.xml.gz",
            lambda x: gzipped(x)[:300] + b"\xff" * 50 + gzipped(x)[350:],
            ("damaged", "byte"),
        ),
        "cut xml": ("d.xml", lambda x: x[:-300], ("truncated", "'Page 38'")),
        "broken xml": (
            "d.xml",
            lambda x: x.replace(b"Page 20<", b"Page 20<<"),
            ("malformed", "line"),
        ),
        "no pages": ("d.xml", lambda _: dump_xml([]).encode(), ("no pages",)),
    }


@pytest.mark.parametrize("case", bad_dumps())
def test_extract_reports_the_damage_of_a_dump(case: str, xml: bytes, tmp_path: Path) -> None:
    name, change, words = bad_dumps()[case]
    (tmp_path / name).write_bytes(change(xml))
    done = cstool("extract", name, "-o", "out", "--part-size", "200", "--quiet", cwd=tmp_path)
    fails(done, name, *words)
    assert not (tmp_path / "out/_manifest.json").exists()
    assert not list(tmp_path.rglob("*.tmp"))
    if "--keep-going" in words:
        assert list((tmp_path / "out/_work/read").glob("part-*.parquet"))
        options = ["--part-size", "200", "--keep-going"]
        again = cstool("extract", name, "-o", "out", *options, cwd=tmp_path)
        assert again.returncode == 0
        assert "kept the readable part of an input: " in again.stderr
        assert "--keep-going" not in again.stderr
        assert len(rows_of(tmp_path / "out")) >= 20


def test_a_missing_dump_is_reported(tmp_path: Path) -> None:
    fails(cstool("extract", "no.xml", "-o", "out", cwd=tmp_path), "no.xml: no such file")
    fails(cstool("entities", tmp_path, "-o", "out", cwd=tmp_path), "is a folder")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ("empty file",)),
        (b"<mediawiki>", ("not a Wikidata JSON",)),
        (b'[\n{"id":"Q1",\n]\n', ("line 2", "--max-errors")),
        (
            wikidata_json([item(q, {"en": "x"}) for q in range(1, 99)]).encode()[:-40],
            ("truncated",),
        ),
        (b"[\n]\n", ("no entities",)),
    ],
)
def test_entities_reports_the_damage_of_a_dump(
    data: bytes, words: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "d.json").write_bytes(data)
    done = cstool("entities", "d.json", "-o", "out", "--quiet", cwd=tmp_path)
    fails(done, "d.json", *words)


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = cstool("extract", "no.xml", "-o", "out", "--debug", cwd=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_another_stages_folder_is_refused(pipeline: Path, tmp_path: Path) -> None:
    linked = ["switch", pipeline / "sentences", "--entities", pipeline / "entities"]
    fails(cstool(*linked, "-o", tmp_path / "o"), "output of `cstool extract`", "`cstool link`")
    fails(cstool("shard", pipeline / "linked", "-o", tmp_path / "o"), "cstool switch")
    fails(cstool("stats", tmp_path), "_manifest.json")
    assert not (tmp_path / "o").exists()


def commands_over_folders(pipeline: Path) -> dict[str, tuple[str, list[object]]]:
    entities, titles = pipeline / "entities", pipeline / "titles"
    pages = ["--wiki", "enwiki", "--pages", Sample().pages]
    return {
        "titles": ("entities", ["titles", *pages, "--entities"]),
        "link": ("sentences", ["link", "--titles", titles]),
        "switch": ("linked", ["switch", "--entities", entities]),
        "shard": ("switched", ["shard"]),
    }


@pytest.mark.parametrize("stage", ["titles", "link", "switch", "shard"])
def test_the_folder_that_is_read_is_never_written_to(
    pipeline: Path, tmp_path: Path, stage: str
) -> None:
    folder, arguments = commands_over_folders(pipeline)[stage]
    own = shutil.copytree(pipeline / folder, tmp_path / "own")
    before = files_of(own)
    command = [*arguments, own, "-o", own]
    fails(cstool(*command), "is an input folder")
    fails(cstool(*command, "--overwrite"), "is an input folder")
    assert files_of(own) == before


def test_an_input_that_is_given_twice_is_reported(sample: Sample, tmp_path: Path) -> None:
    done = cstool("extract", sample.pages, sample.pages, "-o", tmp_path / "o")
    fails(done, sample.pages.name, "given twice")
    copy = shutil.copy(sample.pages, tmp_path / "copy.xml.bz2")
    done = cstool("extract", sample.pages, copy, "-o", tmp_path / "o")
    fails(done, f"copy.xml.bz2: has the same content as {sample.pages.name}")
    assert not (tmp_path / "o").exists()


def test_a_valid_input_is_accepted_after_an_invalid_one(xml: bytes, tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_text("404 Not Found")
    fails(cstool("extract", "d.xml", "-o", "o", cwd=tmp_path), "not a MediaWiki XML export")
    (tmp_path / "d.xml").write_bytes(xml)
    assert cstool("extract", "d.xml", "-o", "o", cwd=tmp_path).returncode == 0


def test_output_of_keep_going_is_refused_without_the_option(xml: bytes, tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_bytes(xml[:-300])
    command = ["extract", "d.xml", "-o", "o"]
    assert cstool(*command, "--keep-going", cwd=tmp_path).returncode == 0
    fails(cstool(*command, "--quiet", cwd=tmp_path), "was made with --keep-going", "truncated")
    again = cstool(*command, "--keep-going", cwd=tmp_path)
    assert again.returncode == 0
    assert "kept the readable part of an input: " in again.stderr
    (tmp_path / "d.json").write_text('[\n{"id":"Q1"},\n{"id":\n]\n')
    command = ["entities", "d.json", "-o", "e", "--quiet"]
    assert cstool(*command, "--max-errors", "1", cwd=tmp_path).returncode == 0
    fails(cstool(*command, cwd=tmp_path), "1 malformed line")
