"""The commands with languages, pipes, interruptions, array tasks, and the log as JSON."""

import bz2
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_commands import PAGES, cstool, fails, xml
from tests.conftest import Sample
from tests.support import (
    Source,
    dump_xml,
    files_of,
    rows_of,
    write_multistream,
)

__all__ = ["xml"]


def test_an_unknown_source_language_is_reported(sample: Sample, tmp_path: Path) -> None:
    for code in ("xx", "English", ""):
        done = cstool("extract", sample.pages, "-o", tmp_path / "o", "--language", code)
        fails(done, "--language", f"{code!r} is not a language code", code=2)


@pytest.mark.parametrize(
    ("code", "hint"),
    [("german", "did you mean de?"), ("no", "did you mean nb?"), ("zh_Hant", "zh-hant?")],
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
        parts = list((disk / "out/_work/read").glob("part-*.parquet"))
        assert 1 < len(parts) < 200
        assert not list(disk.rglob("*.tmp"))
        subprocess.run(["mount", "-o", "remount,size=16m", disk], check=True)
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
    assert len(rows_of(tmp_path / "out")) == 390


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
    fails(cstool(*command, "--templates", "none"), "templates: dump (now none)", "--overwrite")
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
    assert first.startswith("extract: 57 pages, ")
    assert "(pages dropped: other namespace (5), redirect (20), " in first
    assert "; sentences dropped: " in first
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
