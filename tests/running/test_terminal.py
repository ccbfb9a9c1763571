"""Text for a terminal: nothing in it that a terminal would obey."""

import io
import sys

import pytest

from cstool.running.terminal import echo, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\x00b\x07c\x7f", r"a\x00b\x07c\x7f"),
        ("\x9b2J", r"\x9b2J"),
        ("one\ntwo\r\tthree", r"one\ntwo\r\tthree"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("\u2066x\u2069\u200e\u200f\u061c", r"\u2066x\u2069\u200e\u200f\u061c"),
        ("a\u2028b\u2029", r"a\u2028b\u2029"),
        ("name\udcff", r"name\udcff"),
        ("ہندی → 東京 😀 e\u0301 \u200d", "ہندی → 東京 😀 e\u0301 \u200d"),
    ],
)
def test_unsafe_characters_are_written_as_escapes(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_keep_line_feeds_and_tabs_only() -> None:
    assert printable("a\tb\r\n\x1bc", lines=True) == "a\tb\\r\n\\x1bc"


@pytest.mark.parametrize("err", [False, True])
def test_echo_writes_escapes(err: bool, capsys: pytest.CaptureFixture[str]) -> None:
    echo("a\x1b]0;title\x07\nb\udc80", err)
    assert capsys.readouterr()[err] == "a\\x1b]0;title\\x07\nb\\udc80\n"


def test_characters_that_the_encoding_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    echo("a → b")
    assert raw.getvalue() == b"a \\u2192 b\n"
