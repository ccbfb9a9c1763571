"""The command line: help, usage errors, bad input, pipes, Ctrl-C."""

import bz2
import json
import os
import shutil
import signal
import subprocess
import sys
import time
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
    write_multistream,
)

OTHERS = {"download", "stats", "show", "report", "push", "completion", "verify"}
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
        assert ("--part-size" in done.stdout) == (command in ("entities", "titles", "extract"))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["extrakt"], "no command 'extrakt'; did you mean extract?"),
        (["Titel"], "no command 'Titel'; did you mean titles or entities?"),
        (["frobnicate"], "no command 'frobnicate'; the commands are download, entities,"),
        (["extract"], "DUMP"),
        (["extract", "x.xml"], "--output"),
        (["extract", "x.xml", "-o", "d", "--templates", "some"], "known"),
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
        assert list((tmp_path / "out").glob("part-*.parquet"))
        options = ["--part-size", "200", "--keep-going"]
        again = cstool("extract", name, "-o", "out", *options, cwd=tmp_path)
        assert again.returncode == 0
        assert "kept the readable part of an input: " in again.stderr
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


def test_an_unknown_source_language_is_reported(sample: Sample, tmp_path: Path) -> None:
    for code in ("xx", "English", ""):
        done = cstool("extract", sample.pages, "-o", tmp_path / "o", "--language", code)
        fails(done, "--language", f"{code!r} is not a language code", code=2)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("german", "did you mean de?"), ("no", "did you mean nb?"), ("zh-Hant", "zh-hant?")],
)
def test_a_wrong_code_is_a_wrong_call_with_near_names(
    pipeline: Path, tmp_path: Path, code: str, hint: str
) -> None:
    command = ["switch", pipeline / "linked", "--entities", pipeline / "entities"]
    done = cstool(*command, "-o", tmp_path / "o", "--languages", f"fr,{code}")
    fails(done, f"--languages: '{code}' is not a language code", hint, code=2)
    assert not (tmp_path / "o").exists()


def test_the_source_language_as_only_target_is_refused(pipeline: Path, tmp_path: Path) -> None:
    command = ["switch", pipeline / "linked", "--entities", pipeline / "entities", "-o", tmp_path]
    fails(cstool(*command, "--languages", "en"), "only the source language")


def test_a_full_disk_ends_in_one_line_and_keeps_the_parts(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = shutil.which("mount") and os.geteuid() == 0
    if mounted:
        mounted = not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=60k", "tmpfs", disk], check=False
        ).returncode
    if not mounted:
        pytest.skip("only root may mount a small disk")
    try:
        write_multistream(tmp_path / "d.xml.bz2", [*PAGES] * 5)
        options = ["--part-size", "1", "-j", "1", "--quiet"]
        done = cstool("extract", tmp_path / "d.xml.bz2", "-o", disk / "out", *options)
        fails(done, "no space left", "finished parts are kept")
        parts = list((disk / "out").glob("part-*.parquet"))
        assert 1 < len(parts) < 200
        assert not list(disk.rglob("*.tmp"))
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        assert (
            cstool("extract", tmp_path / "d.xml.bz2", "-o", disk / "out", *options).returncode == 0
        )
        assert len(rows_of(disk / "out")) == 200
    finally:
        subprocess.run(["umount", disk], check=False)


# ---- pipes, repetition, interruption ----


def test_standard_input_gives_the_same_sentences(sample: Sample, tmp_path: Path) -> None:
    packed = sample.pages.read_bytes()
    for name, data in {"plain": bz2.decompress(packed), "packed": packed}.items():
        done = cstool("extract", "-", "-o", tmp_path / name, stdin=data)
        assert done.returncode == 0, done.stderr
    cstool("extract", sample.pages, "-o", tmp_path / "file")
    rows = [rows_of(tmp_path / name) for name in ("plain", "packed", "file")]
    assert rows[0].equals(rows[2])
    assert rows[1].equals(rows[2])


def test_a_named_pipe_is_read(sample: Sample, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cp", sample.wikidata, tmp_path / "pipe"]):
        done = cstool("entities", tmp_path / "pipe", "-o", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(rows_of(tmp_path / "out")) == 344


def test_the_same_command_again_does_nothing(sample: Sample, tmp_path: Path) -> None:
    command = ["entities", sample.wikidata, "-o", tmp_path / "out"]
    assert cstool(*command).returncode == 0
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    again = cstool(*command)
    assert again.returncode == 0
    assert "nothing to do" in again.stderr
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before


def test_other_parameters_over_old_output_are_refused(sample: Sample, tmp_path: Path) -> None:
    command = ["extract", sample.pages, "-o", tmp_path / "out", "--quiet"]
    assert cstool(*command).returncode == 0
    before = files_of(tmp_path / "out")
    fails(cstool(*command, "--templates", "none"), "templates: known (now none)", "--overwrite")
    assert files_of(tmp_path / "out") == before
    assert cstool(*command, "--templates", "none", "--overwrite").returncode == 0
    assert files_of(tmp_path / "out") != before


def test_foreign_files_are_kept(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    command = ["extract", sample.pages, "-o", tmp_path]
    fails(cstool(*command), "thesis.tex")
    fails(cstool(*command, "--overwrite"), "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_at_once_and_the_same_command_resumes(
    jobs: int, sign: signal.Signals, tmp_path: Path
) -> None:
    write_multistream(tmp_path / "d.xml.bz2", [*PAGES] * 8)
    command = [sys.executable, "-m", "cstool", "extract", "d.xml.bz2", "-o", "out"]
    command += ["--part-size", "1", "-j", str(jobs)]
    with subprocess.Popen(
        command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        deadline = time.monotonic() + 60
        while len(list((tmp_path / "out").glob("part-*"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(sign)
        begun = time.monotonic()
        _, error = process.communicate(timeout=30)
        assert time.monotonic() - begun < 5
    assert process.returncode == 128 + sign
    assert len(error.decode().strip().split("\n")) == 1
    assert "finished parts are kept" in error.decode()
    assert not list(tmp_path.rglob("*.tmp"))
    done = len(list((tmp_path / "out").glob("part-*.parquet")))
    assert 3 <= done < 320
    assert cstool(*command[3:], cwd=tmp_path).returncode == 0
    assert len(rows_of(tmp_path / "out")) == 320


def test_array_tasks_write_the_same_bytes(sample: Sample, tmp_path: Path) -> None:
    options = ["--part-size", "4096", "--quiet", "-j", "1"]
    whole = cstool("extract", sample.pages, "-o", tmp_path / "whole", *options)
    assert whole.returncode == 0
    for share in ("2/3", "1/3", "3/3"):
        done = cstool("extract", sample.pages, "-o", tmp_path / "array", *options, "--task", share)
        assert done.returncode == 0
    assert cstool("extract", sample.pages, "-o", tmp_path / "array", *options).returncode == 0
    assert files_of(tmp_path / "array") == files_of(tmp_path / "whole")


def test_the_summary_line_has_counts_and_reasons(sample: Sample, tmp_path: Path) -> None:
    done = cstool("extract", sample.pages, "-o", tmp_path / "out")
    assert done.stdout == ""
    first, second = done.stderr.strip().split("\n")
    assert first.startswith("extract: 42 pages, ")
    assert "sentences dropped: " in first
    holes = second.removeprefix("extract: templates that dropped most sentences: ").split(", ")
    numbers = [int(hole.rsplit(" ", 1)[1].strip("()")) for hole in holes]
    assert 5 <= len(numbers) <= 10
    assert numbers == sorted(numbers, reverse=True)


def test_stats_prints_a_table_and_json(pipeline: Path) -> None:
    import json

    table = cstool("stats", pipeline / "corpus").stdout
    assert table.split("\n")[0].split()[0] == "language"
    stats = json.loads(cstool("stats", pipeline / "corpus", "--json").stdout)
    assert stats["stage"] == "shard"
    assert sum(language["rows"] for language in stats["languages"]) == stats["rows"]


def test_a_dump_without_an_article_is_reported_in_one_line(tmp_path: Path) -> None:
    dump = tmp_path / "talk.xml"
    dump.write_text(dump_xml([Source("Talk:A", "See [[B]].", namespace=1)]))
    done = cstool("extract", dump, "-o", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr.startswith("extract: 0 pages, 0 sentences, 0 mentions ")


def test_the_log_as_json_is_one_object_a_line(sample: Sample, tmp_path: Path) -> None:
    done = cstool("extract", sample.pages, "-o", tmp_path / "out", "-j", "1", "--log-json")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["stage"] for line in lines} == {"extract"}
    [summary] = [line for line in lines if line.get("event") == "finished"]
    assert summary["written"]["pages"] > 0
    assert summary["peak_bytes"] > 1 << 20
    missing = cstool("extract", tmp_path / "none.xml", "-o", tmp_path / "other", "--log-json")
    [error] = [json.loads(line) for line in missing.stderr.splitlines()]
    assert (error["level"], error["event"], error["exit_code"]) == ("error", "error", 1)
    assert "none.xml" in error["message"]
