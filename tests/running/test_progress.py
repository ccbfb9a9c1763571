"""Progress bars: on a terminal only."""

import sys

import pytest

from cstool.running.progress import Silent, progress


def test_no_bar_when_quiet_or_no_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(progress("x", 10, unit="B", quiet=False), Silent)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress("x", 10, unit="B", quiet=True)
    bar.update(3)
    bar.close()
    assert isinstance(bar, Silent)
    assert capsys.readouterr() == ("", "")


def test_a_bar_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = progress("extract", 10, unit="B", quiet=False)
    bar.update(3)
    bar.close()
    assert "extract" in capsys.readouterr().err
