"""`cstool entities` on the command line."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cstool.cli.entities import command as entities
from tests.cli.test_commands import cstool, fails
from tests.conftest import Sample
from tests.support import item, rows_of
from tests.wikibase_server import (
    ApiFault,
    ApiHandler,
    WikibaseServer,
    fail,
    hang,
    refuse,
    running_wikibase,
)


def test_the_options_reach_the_stage(sample: Sample, tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("Q31\nQ64\n")
    out = tmp_path / "out"
    command = [str(sample.wikidata), "-o", str(out), "-j", "1", "--languages", "DE"]
    command += ["--sites", "EnWiki", "--only", str(tmp_path / "wanted.txt")]
    done = CliRunner().invoke(entities, command)
    assert done.exit_code == 0, done.output
    rows = rows_of(out)
    assert set(rows["qid"]) <= {31, 64}
    languages = {label["language"] for labels in rows["labels"] for label in labels}
    assert languages <= {"de", "en", "mul"}
    assert {link["site"] for links in rows["sitelinks"] for link in links} <= {"enwiki"}


def test_all_languages_can_be_given_as_the_default_is(sample: Sample, tmp_path: Path) -> None:
    for name, options in (("a", []), ("b", ["--languages", "All"])):
        command = [str(sample.wikidata), "-o", str(tmp_path / name), "-j", "1", *options]
        done = CliRunner().invoke(entities, command)
        assert done.exit_code == 0, done.output
    assert rows_of(tmp_path / "a").equals(rows_of(tmp_path / "b"))


# ---- --live ----


@pytest.fixture
def wikibase(monkeypatch: pytest.MonkeyPatch) -> Iterator[WikibaseServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_wikibase(item(q, {"en": f"thing {q}"}) for q in range(1, 301)) as server:
        yield server


@pytest.fixture
def command(wikibase: WikibaseServer, tmp_path: Path) -> list[str]:
    (tmp_path / "wanted.txt").write_text("".join(f"Q{q}\n" for q in range(1, 301)))
    return ["entities", "--live", "wanted.txt", "--api", wikibase.api, "-o", "out"]


def test_the_items_are_asked_for_after_a_forecast(
    wikibase: WikibaseServer, command: list[str], tmp_path: Path
) -> None:
    wikibase.redirects["Q9"] = "Q10"
    wikibase.items.pop("Q11")
    done = cstool(*command, "--contact", "me@example.org", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    first, *_, last = done.stderr.strip().split("\n")
    assert first == (
        f"entities: asks {wikibase.api} for 300 items in 6 calls, one at a time: about 12 s"
    )
    assert last.startswith("entities: 299 items in 1 languages (dropped: item that does not exist")
    assert all("me@example.org" in call.agent for call in wikibase.asked)
    again = cstool(*command, cwd=tmp_path)
    assert again.stderr.startswith("entities: nothing to do, out is complete: 299 items")
    assert len(wikibase.asked) == 6


def test_quiet_says_nothing(wikibase: WikibaseServer, command: list[str], tmp_path: Path) -> None:
    wikibase.faults = [refuse(503, Retry_After="0"), fail("maxlag")]
    done = cstool(*command, "--quiet", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["a.json", "b.json"], "2 dumps given; give one, or --live"),
        (["--live", "missing"], "missing: no such file or folder"),
        (["--live"], "Missing argument"),
        ([], "Missing argument"),
        (["--live", "wanted.txt", "--max-errors", "3"], "--max-errors: not with --live"),
        (["--live", "wanted.txt", "--keep-going"], "--keep-going: not with --live"),
        (["--live", "wanted.txt", "--only", "wanted.txt"], "--only: not with --live"),
        (["--live", "wanted.txt", "--limit", "3"], "--limit: not with --live"),
        (["--live", "wanted.txt", "--task", "1/2"], "one call at a time"),
        (["--live", "wanted.txt", "--scheduler", "local"], "one call at a time"),
        (["--live", "wanted.txt", "--contact", "ä"], "--contact: 'ä' is not valid"),
        (["--live", "wanted.txt", "--max-items", "0"], "--max-items"),
        (["--live", "wanted.txt", "--api", "www.wikidata.org"], "give a URL such as https://"),
        (["--live", "wanted.txt", "--api", "https://www.wikidata.org"], "give a URL such as"),
        (["--live", "wanted.txt", "--api", "https://x:a/api.php"], "give a URL such as https://"),
        (["--live", "wanted.txt", "--api", "ftp://x/w/api.php"], "give a URL such as https://"),
        (["wanted.txt", "--api", "http://x/w/api.php"], "--api: only with --live"),
        (["wanted.txt", "--contact", "me@example.org"], "--contact: only with --live"),
        (["wanted.txt", "--max-items", "3"], "--max-items: only with --live"),
        (["wanted.txt", "--limit", "0"], "--limit"),
        (["wanted.txt", "--limit", "-1"], "--limit"),
    ],
)
def test_a_wrong_call_is_a_usage_error(arguments: list[str], word: str, tmp_path: Path) -> None:
    (tmp_path / "wanted.txt").write_text("Q1\n")
    done = cstool("entities", *arguments, "-o", "out", cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert word in " ".join(done.stderr.split())
    assert not (tmp_path / "out").exists()


def test_a_refusal_is_one_line(
    wikibase: WikibaseServer, command: list[str], tmp_path: Path
) -> None:
    wikibase.faults = [ApiHandler.answer, refuse(403)]
    fails(cstool(*command, "--quiet", cwd=tmp_path), f"{wikibase.api} (Q51 to Q100): ", "HTTP 403")
    many = cstool(*command, "--max-items", "10", cwd=tmp_path)
    fails(many, "wanted.txt: 300 items are more than 10")


@pytest.mark.parametrize("fault", [hang, refuse(429, Retry_After="600"), fail("maxlag")])
def test_ctrl_c_ends_it_within_two_seconds_and_the_same_command_resumes(
    fault: ApiFault, wikibase: WikibaseServer, command: list[str], tmp_path: Path
) -> None:
    wikibase.faults = [ApiHandler.answer, ApiHandler.answer, *[fault] * 50]
    whole = [sys.executable, "-m", "cstool", *command]
    with subprocess.Popen(whole, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        until(lambda: len(wikibase.asked) >= 3)
        time.sleep(0.1)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
        assert time.monotonic() - begun < 5  # idle: 0.7; this counts what else the machine does
    assert process.returncode == 130
    assert b"Traceback" not in error
    last = error.decode().strip().split("\n")[-1]
    assert "stopped in step 'entities: ask' (finished parts: 2); run the same command" in last
    wikibase.faults = []
    before = len(wikibase.asked)
    resumed = cstool(*command, cwd=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert "for 300 items in 6 calls, 2 of them answered before" in resumed.stderr
    assert len(wikibase.asked) - before == 4


def test_repeated_kills_cost_no_call_that_was_answered(
    wikibase: WikibaseServer, command: list[str], tmp_path: Path
) -> None:
    wikibase.delay = 0.3
    for number in (2, 4):
        with subprocess.Popen([sys.executable, "-m", "cstool", *command], cwd=tmp_path) as process:
            parts = tmp_path / "out/_work/answered"
            until(lambda: len(list(parts.glob("*.parquet"))) >= number)  # noqa: B023
            process.kill()
    wikibase.delay = 0
    assert cstool(*command, cwd=tmp_path).returncode == 0
    assert set(wikibase.qids) == {f"Q{q}" for q in range(1, 301)}
    assert len(wikibase.asked) <= 6 + 2  # a call on the way when the process was killed
    assert rows_of(tmp_path / "out")["qid"].to_list() == [*range(1, 301)]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "_manifest.json", "_timings.json", "part-000000.parquet",
    }  # fmt: skip


def until(ready: Callable[[], bool], most: float = 30.0) -> None:
    end = time.monotonic() + most
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.01)
