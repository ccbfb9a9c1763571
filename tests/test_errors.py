"""Errors in one line."""

import errno
import os
import pickle
from pathlib import Path

import pytest

from cstool.errors import CutInputError, InputError, OutputError, Unfinished, writing


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
