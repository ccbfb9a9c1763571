"""Errors in one line."""

import ast
import errno
import os
import pickle
from pathlib import Path

import pytest

from cstool.errors import (
    CutInputError,
    InputError,
    OutputError,
    Unfinished,
    is_out_of_memory,
    writing,
)
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "no space left on the disk; free some space"),
        (errno.EDQUOT, "disk quota exceeded; free some space"),
        (errno.EACCES, r"cannot be written \(Permission denied\); fix this"),
    ],
)
def test_a_write_error_names_the_file_and_what_to_do(number: int, told: str) -> None:
    end = "and run the same command again to resume; finished parts are kept"
    with pytest.raises(OutputError, match=f"^/o/p: {told} {end}$"), writing(Path("/o/p")):
        raise OSError(number, os.strerror(number))


def test_arrow_s_message_for_a_full_disk_is_recognised() -> None:
    with pytest.raises(OutputError, match="no space left on the disk"), writing(Path("p")):
        raise OSError("Error writing bytes to file. Detail: [errno 28] No space left on device")


def test_other_exceptions_are_not_changed() -> None:
    fault = InputError("d.xml: is empty")
    with pytest.raises(InputError) as caught, writing(Path("p")):
        raise fault
    assert caught.value is fault


@pytest.mark.parametrize("kind", [InputError, CutInputError, OutputError, Unfinished])
def test_exceptions_can_be_pickled(kind: type[Exception]) -> None:
    back = pickle.loads(pickle.dumps(kind("d.xml: is empty")))
    assert type(back) is kind
    assert str(back) == "d.xml: is empty"


KINDS = {"InputError", "CutInputError", "OutputError", "WrongCallError"}
# They check values in memory, which have no file.
IN_MEMORY = {"training", "masking"}


def messages() -> list[tuple[str, str]]:
    """Return the place and the text of each error that is raised; `{}` stands for a value."""
    found = []
    for path in sorted((ROOT / "cstool").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in KINDS and node.args:
                place = f"{path.relative_to(ROOT / 'cstool')}:{node.lineno}"
                found.append((place, text_of(node.args[0])))
    return found


def text_of(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(one) for one in node.values)
    return "{}"


@pytest.mark.parametrize(("place", "text"), messages())
def test_a_message_begins_with_its_file_or_option_and_ends_with_what_to_do(
    place: str, text: str
) -> None:
    if text == "{}":  # an error with more in front of its message
        return
    # `sentence {}`: the stage adds the folder.
    if place.split("/", maxsplit=1)[0] not in IN_MEMORY:
        assert text.startswith(("{}", "--", "standard input: ", "sentence {}: ", "row {}: "))
    assert "; " in text or text.endswith("{}")


def test_a_cycle_of_causes_ends() -> None:
    inner, outer = ValueError("inner"), InputError("outer")
    inner.__cause__, outer.__cause__ = outer, inner
    assert not is_out_of_memory(outer)
