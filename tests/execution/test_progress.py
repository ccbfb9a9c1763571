"""Progress: bars on a terminal, lines in the log."""

import sys
import threading
from typing import Any

import pytest

from cstool.execution.progress import LogLines, SilentProgress, duration_in_words, progress


def test_no_bar_when_quiet_or_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for total in (10, None):
        lines = progress("x", total, unit="B", quiet=False)
        assert isinstance(lines, LogLines)
        lines.close()
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


def log_line(
    monkeypatch: pytest.MonkeyPatch,
    total: float | None,
    *,
    seconds: float,
    done: float,
    found: float = 0,
    unit: str = "B",
) -> tuple[str, dict[str, Any]]:
    """Return the line that is logged after some seconds, and its fields."""
    written: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        "cstool.execution.progress.log", lambda text, **fields: written.append((text, fields))
    )
    monkeypatch.setattr("cstool.execution.progress.peak_memory", lambda: 50_000_000)
    clock = iter([0.0, seconds])
    lines = LogLines(
        "entities: read", total, unit=unit, stage="entities", every=0, now=lambda: next(clock)
    )
    lines.found(found)
    lines.update(done)
    lines.note_memory(812_000_000)
    lines.write_line()
    [line] = written
    return line


def test_a_line_has_share_rate_time_left_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    text, fields = log_line(monkeypatch, 4_000_000_000, seconds=60, done=1_200_000_000)
    assert text == (
        "entities: read: 30% done, 20 MB/s, about 2 min left, peak memory 812 MB per process"
    )
    assert fields["stage"] == "entities"
    assert fields["step"] == "entities: read"
    assert (fields["share"], fields["per_second"], fields["seconds_left"]) == (0.3, 20e6, 140)
    assert fields["peak_bytes"] == 812_000_000


def test_found_parts_do_not_count_for_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    text, _ = log_line(monkeypatch, 1000, seconds=60, done=100, found=800, unit="part")
    assert "90% done, 100 parts per minute, about 60 s left" in text


def test_an_unknown_size_has_no_share(monkeypatch: pytest.MonkeyPatch) -> None:
    text, fields = log_line(monkeypatch, None, seconds=10, done=30_000_000)
    assert text.startswith("entities: read: 30 MB done, 3 MB/s, peak memory")
    assert "share" not in fields
    assert "seconds_left" not in fields


def test_lines_are_logged_while_nothing_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    written = threading.Semaphore(0)
    monkeypatch.setattr("cstool.execution.progress.log", lambda text, **fields: written.release())
    lines = LogLines("x", 10, every=0.01)
    assert written.acquire(timeout=30)
    assert written.acquire(timeout=30)
    lines.close()


def test_durations_have_a_suitable_unit() -> None:
    assert [*map(duration_in_words, (1, 99, 100, 5940, 6000, 90_000))] == [
        "1 s", "99 s", "2 min", "99 min", "1.7 h", "25.0 h"
    ]  # fmt: skip
