"""Output to a terminal contains no unsafe characters."""

import io
import json
import os
import pty
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from cstool.execution.terminal import (
    echo,
    echo_json,
    echo_line,
    echo_styled,
    in_lines,
    printable,
    replace_unsafe,
)


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
        ("a\x85b\u206ec", r"a\x85b\u206ec"),
        (
            "\ue0b0 ☀\ufe0f क्\u200dष می\u200cخواهم 🏴\U000e0067\U000e007f",
            "\ue0b0 ☀\ufe0f क्\u200dष می\u200cخواهم 🏴\U000e0067\U000e007f",
        ),
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


def test_running_text_keeps_its_length_and_its_marks() -> None:
    text = "a\x1b\n\u202e\u2069\ud800b\u200f\u200e\u061c\u200d"
    assert replace_unsafe(text) == "a\ufffd\ufffd\ufffd\ufffd\ufffdb\u200f\u200e\u061c\u200d"


def test_a_value_adds_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    echo_line("a\nb")
    assert capsys.readouterr().out == "a\\nb\n"


def test_styled_text_keeps_colours_and_isolates_only(capsys: pytest.CaptureFixture[str]) -> None:
    echo_styled(["\x1b[1;31ma\x1b[0m\u2068b\u2069\n", "\x1b[2J\u202e\x9b1mc\x07"], pager=False)
    assert capsys.readouterr().out == (
        "\x1b[1;31ma\x1b[0m\u2068b\u2069\n\\x1b[2J\\u202e\\x9b1mc\\x07"
    )


HOSTILE = {"a\x1b\x7f\x9b": ["\u202e\u2028😀é", "\n"]}


class Terminal(io.TextIOWrapper):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("indent", [0, 2])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("kind", [io.TextIOWrapper, Terminal])
def test_json_is_exact_in_a_pipe_and_safe_in_a_terminal(
    kind: type[io.TextIOWrapper], encoding: str, indent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", kind(raw, encoding=encoding))
    echo_json(HOSTILE, indent=indent)
    written = raw.getvalue().decode("utf-8" if kind is io.TextIOWrapper else encoding)
    assert json.loads(written) == HOSTILE
    assert ("\u202e" in written) == (kind is io.TextIOWrapper)
    assert ("\x7f" in written) == (kind is io.TextIOWrapper)


@pytest.mark.parametrize("indent", [0, 2])
def test_json_may_contain_names_that_are_not_utf_8(
    indent: int, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    echo_json({"\udcff": "é"}, indent=indent)
    written = capfdbinary.readouterr().out
    assert json.loads(written) == {"\udcff": "é"}
    assert rb"\udcff" in written


def test_lines_are_broken_at_spaces_and_words_are_not() -> None:
    assert in_lines("a bb ccc\n日本 語 d", 4) == "a bb\nccc\n日本\n語 d"
    assert in_lines("see /a/long/path or  two", 8) == "see\n/a/long/path\nor  two"


@given(st.text(alphabet="ab 日\n", max_size=60), st.integers(1, 20))
def test_breaking_lines_changes_only_spaces(text: str, width: int) -> None:
    broken = in_lines(text, width)
    assert broken.replace("\n", " ") == text.replace("\n", " ")
    for line in broken.split("\n"):
        assert wcswidth(line.rstrip(" ")) <= width or " " not in line.strip(" ")


@pytest.mark.parametrize("log_json", [False, True])
def test_a_message_is_broken_at_spaces_in_a_terminal_only(log_json: bool) -> None:
    main, side = pty.openpty()
    command = [sys.executable, "-m", "cstool", "extract", "no such file", "-o", "/nowhere/out"]
    command += ["--log-json"] * log_json
    piped = subprocess.run(command, capture_output=True, check=False).stderr.decode()
    assert piped.count("\n") == 1
    environment = os.environ | {"COLUMNS": "40"}
    done = subprocess.Popen(command, stderr=side, env=environment)
    assert done.wait() == 1
    os.close(side)
    shown = os.read(main, 1 << 16).decode().replace("\r\n", "\n")
    os.close(main)
    if log_json:
        assert shown.count("\n") == 1
        return
    assert shown.replace("\n", " ") == piped.replace("\n", " ")
    assert max(map(len, shown.split("\n"))) <= 40
