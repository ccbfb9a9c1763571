"""The log: plain lines or JSON objects; no output in programs that import cstool."""

import json
import logging
from collections.abc import Iterator

import pytest

from cstool.execution.log import StandardErrorHandler, configure, log, log_line


@pytest.fixture(autouse=True)
def unconfigured() -> Iterator[None]:
    """Remove the handler that `configure` adds, before and after the test."""
    remove_handlers()
    yield
    remove_handlers()


def remove_handlers() -> None:
    logger = logging.getLogger("cstool")
    for handler in [*logger.handlers]:
        if isinstance(handler, StandardErrorHandler):
            logger.removeHandler(handler)
    logger.propagate = True


def test_an_importing_program_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    log("a line")
    assert capsys.readouterr() == ("", "")


def test_an_importing_program_gets_records(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="cstool"):
        log("a line", level=logging.WARNING)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [("WARNING", "a line")]


def test_a_message_is_one_plain_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=False)
    log("a\nb \x1b[2J", number=3)
    assert capsys.readouterr() == ("", "a\\nb \\x1b[2J\n")


def test_json_has_a_time_a_level_and_fields(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    log("Zürich \udcff", level=logging.ERROR, number=3, names=["ü"])
    [line] = capsys.readouterr().err.splitlines()
    assert line.isascii()
    found = json.loads(line)
    assert found.pop("time").endswith("+00:00")
    assert found == {
        "level": "error", "message": "Zürich \\udcff", "number": 3, "names": ["ü"],
    }  # fmt: skip
    assert json.loads(log_line("at the end"))["message"] == "at the end"


def test_configuring_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure(as_json=True)
    configure(as_json=False)
    log("once")
    assert capsys.readouterr().err == "once\n"
    assert log_line("end") == "end"
