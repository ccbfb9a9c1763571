"""Progress: bars on a terminal, lines in a log."""

import sys

import pytest

from cstool.execution.progress import LogLines, SilentProgress, duration_in_words, progress


def test_no_bar_when_quiet_or_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(progress("x", 10, unit="B", quiet=False), LogLines)
    assert isinstance(progress("x", None, unit="B", quiet=False), SilentProgress)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress("x", 10, unit="B", quiet=True)
    bar.update(3)
    bar.close()
    assert isinstance(bar, SilentProgress)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress("extract", 10, unit="B", quiet=False)
    bar.update(3)
    bar.close()
    assert "extract" in capsys.readouterr().err


def log_lines(total: float, steps: list[tuple[float, float]], found: float = 0) -> list[str]:
    """Return the lines that are written for steps: at which second, and how many units."""
    seconds, written = [0.0], list[str]()
    lines = LogLines("read", total, now=lambda: seconds[0], write=written.append)
    lines.found(found)
    for at, units in steps:
        seconds[0] = at
        lines.update(units)
    return written


def test_a_log_gets_a_line_after_a_minute_and_then_every_ten_minutes() -> None:
    steps = [(float(second), 1.0) for second in range(1, 2000)]
    written = log_lines(4000, steps)
    assert written[0] == "read: 2 % done after 60 s; about 66 min left"
    assert len(written) == 1 + (1999 - 60) // 600


def test_a_short_run_writes_no_line() -> None:
    assert log_lines(50, [(float(second), 1.0) for second in range(50)]) == []


def test_found_parts_say_nothing_of_the_rate() -> None:
    [line] = log_lines(1000, [(60.0, 100)], found=800)
    assert line == "read: 90 % done after 60 s; about 60 s left"


def test_durations_have_the_unit_that_suits_them() -> None:
    assert [*map(duration_in_words, (1, 99, 100, 5940, 6000, 90_000))] == [
        "1 s", "99 s", "2 min", "99 min", "1.7 h", "25.0 h"
    ]  # fmt: skip
