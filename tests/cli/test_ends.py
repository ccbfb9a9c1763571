"""How the command line ends: signals at any time, and streams that cannot be written."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cstool.cli import main as cli
from cstool.errors import ISSUES
from cstool.execution.log import configure
from tests.cli.test_commands import cstool, fails
from tests.test_distribution import PYPROJECT

SHELL = f'"{sys.executable}" -m cstool'
PRINTING = ["--help", "--version", "completion bash", "stats DIR", "stats DIR --json",
            "show DIR", "show DIR --json", "verify DIR"]  # fmt: skip


def shell(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", command.replace("DIR", str(folder)) + "; exit ${PIPESTATUS[0]}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", PRINTING)
def test_output_that_cannot_be_written_is_reported_in_one_line(
    command: str, pipeline: Path
) -> None:
    for where in (">/dev/full", ">&-"):
        done = shell(f"{SHELL} {command} {where}", pipeline / "switched")
        fails(done, "standard output: cannot be written")


@pytest.mark.parametrize("command", PRINTING)
def test_a_closed_pipe_gives_no_message(command: str, pipeline: Path) -> None:
    done = shell(f"{SHELL} {command} | true", pipeline / "switched")
    assert done.stderr == ""
    assert done.returncode in (0, 128 + signal.SIGPIPE)


@pytest.mark.parametrize("where", ["2>&-", "2>/dev/full"])
def test_unwritable_messages_do_not_change_the_exit_code(where: str, pipeline: Path) -> None:
    assert shell(f"{SHELL} nope {where}", pipeline).returncode == 2
    assert shell(f"{SHELL} stats DIR/none {where}", pipeline).returncode == 1
    done = shell(f"{SHELL} stats DIR {where}", pipeline / "switched")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_a_file_never_gets_the_descriptor_of_a_closed_stream(
    pipeline: Path, tmp_path: Path
) -> None:
    listing = shell(f"{SHELL} show DIR --json > {tmp_path}/rows 2>&- <&-", pipeline / "switched")
    assert listing.returncode == 0
    assert (tmp_path / "rows").read_bytes().startswith(b"{")


@pytest.mark.parametrize("argument", ["\x1b[31mred", "\u202egpj", "a\x9bb"])
def test_control_characters_in_arguments_are_escaped(argument: str) -> None:
    for words in ([argument], ["stats", argument], ["switch", "x", "--labels", argument]):
        done = cstool(*words)
        assert done.returncode in (1, 2)
        assert not {"\x1b", "\u202e", "\x9b"} & set(done.stderr)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("command", [["--help"], ["stats", "DIR"]])
def test_a_signal_during_startup_prints_at_most_one_line(
    command: list[str], sign: signal.Signals, pipeline: Path
) -> None:
    chance = random.Random(str(sign))
    ready = "import cstool.__main__, os; os.write(1, b'.'); cstool.__main__.main()"
    for _ in range(4):
        words = [word.replace("DIR", str(pipeline / "switched")) for word in command]
        with subprocess.Popen(
            [sys.executable, "-c", ready, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            assert process.stdout
            assert process.stdout.read(1) == b"."
            time.sleep(chance.uniform(0.005, 0.3))
            process.send_signal(sign)
            _, told = process.communicate()
        assert process.returncode in (0, -sign, 128 + sign)
        assert told in (b"", b"cstool: stopped\n") or told.strip().startswith(b"cstool: stopped;")


@pytest.mark.skipif(not shutil.which("bash"), reason="needs a shell")
def test_too_little_address_space_is_reported_with_advice(pipeline: Path) -> None:
    done = shell(f"ulimit -v 700000; {SHELL} stats DIR", pipeline / "switched")
    fails(done, "out of memory", "`ulimit -v` allows 683 MB", "raise the limit")


def told_of(fault: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[str, int]:
    configure(as_json=False)
    code = cli._fault(fault, debug=False)
    return capsys.readouterr().err, code


def test_an_internal_error_names_the_issue_tracker_and_the_versions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for fault in (AssertionError("lost count"), BaseExceptionGroup("x", [SystemExit()])):
        line, code = told_of(fault, capsys)
        assert code == 1
        assert line.startswith(f"cstool: internal error: {type(fault).__name__}: ")
        assert f"to {ISSUES} (cstool" in line
        assert "Python 3." in line
        assert line.count("\n") == 1


def test_an_internal_error_of_a_release_names_its_issue_tracker(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("cstool.distribution.PUBLISHED", True)
    tracker = PYPROJECT["project"]["urls"]["Issues"]
    assert f"to {tracker} (cstool" in told_of(ValueError("x"), capsys)[0]


def test_a_truncated_input_is_not_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    """Click raises Abort for any EOFError, as it does for Ctrl-C."""
    import click

    stop = click.Abort()
    stop.__cause__ = EOFError("Compressed file ended")
    assert not cli._is_stop(stop)
    assert "EOFError: Compressed file ended" in cli._message(stop)[0]


@pytest.mark.parametrize("fault", ["CommClosedError", "TimeoutError", "CancelledError"])
def test_a_lost_scheduler_is_reported_at_any_call(fault: str) -> None:
    import asyncio

    from distributed.comm.core import CommClosedError

    from cstool.errors import CstoolError
    from cstool.execution.dask import ClusterExecutor

    kinds: dict[str, type[BaseException]] = {
        "CommClosedError": CommClosedError,
        "TimeoutError": TimeoutError,
        "CancelledError": asyncio.CancelledError,
    }

    class Gone:
        def get_executor(self, **_: object) -> "Gone":
            return self

        def submit(self, *_: object) -> None:
            raise kinds[fault]("gone")

        nthreads = submit

    pool = ClusterExecutor(Gone())
    for ask in (pool.threads, lambda: pool.submit(os.getpid)):
        with pytest.raises(CstoolError, match="the Dask scheduler is gone"):
            ask()
