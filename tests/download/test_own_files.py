"""Files that a download writes: no links, no devices, no names outside the folder."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cstool.download.lock import LOCK, exclusive_lock
from cstool.download.own_files import open_own, size_of
from cstool.download.record import read_record
from cstool.errors import InputError, OutputError
from cstool.published.set_lists import RECORD
from tests.download.hostile import DATA, NAME, PLACES, meet
from tests.download.server import Server, answer, server

__all__ = ["server"]

Make = Callable[[Path, Path], None]  # a path, and somebody's file

FOREIGN: dict[str, tuple[Make, str]] = {
    "symbolic link": (lambda path, file: path.symlink_to(file), "is a symbolic link"),
    "dangling link": (lambda path, file: path.symlink_to(file / "x"), "is a symbolic link"),
    "link to itself": (lambda path, file: path.symlink_to(path.name), "is a symbolic link"),
    "hard link": (lambda path, file: path.hardlink_to(file), "has another hard link"),
    "pipe": (lambda path, file: os.mkfifo(path), "is not a regular file"),
    "folder": (lambda path, file: path.mkdir(), "cannot be written"),
}


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Somebody's file, with fewer bytes than the dump."""
    file = tmp_path / "thesis"
    file.write_bytes(DATA[:100])
    return file


@pytest.mark.parametrize("kind", FOREIGN)
def test_another_s_file_is_not_opened(kind: str, theirs: Path, tmp_path: Path) -> None:
    make, word = FOREIGN[kind]
    path = tmp_path / "own"
    make(path, theirs)
    for call in (size_of, open_own):
        with pytest.raises(OutputError, match=f"own: cannot be written.*{word}|own: {word}"):
            call(path)
    assert theirs.read_bytes() == DATA[:100]


def test_an_own_file_is_made_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "own"
    assert size_of(path) == 0
    for expected in (1, 2):
        with os.fdopen(open_own(path), "ab") as file:
            file.write(b"x")
        assert size_of(path) == expected


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_download_does_not_write_through_the_first_bytes_name(
    kind: str, theirs: Path, server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    FOREIGN[kind][0](folder / f"{NAME}.part", theirs)
    assert meet(server, "/none", answer(), folder).startswith(f"{folder}/{NAME}.part: ")
    assert theirs.read_bytes() == DATA[:100]


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_download_does_not_lock_another_s_file(kind: str, theirs: Path, tmp_path: Path) -> None:
    FOREIGN[kind][0](tmp_path / LOCK, theirs)
    with pytest.raises(OutputError, match=LOCK), exclusive_lock(tmp_path, print, print):
        pass
    assert os.path.lexists(tmp_path / LOCK)
    assert theirs.read_bytes() == DATA[:100]


def test_a_dangling_link_under_the_files_own_name_is_replaced(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / NAME).symlink_to(tmp_path / "elsewhere")
    assert meet(server, "/none", answer(), tmp_path / "d") == "whole"
    assert not (tmp_path / "d" / NAME).is_symlink()
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_to_the_whole_dump_is_read_and_taken(server: Server, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "public").write_bytes(DATA)
    (tmp_path / "d" / NAME).symlink_to(tmp_path / "public")
    assert meet(server, "/none", answer(), tmp_path / "d") == "whole"
    assert not server.bodies(PLACES[-1])


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_under_the_files_own_name_is_refused(
    make: Callable[[Path], None], server: Server, tmp_path: Path
) -> None:
    (tmp_path / "d").mkdir()
    make(tmp_path / "d" / NAME)
    end = meet(server, "/none", answer(), tmp_path / "d")
    assert end.startswith(f"{tmp_path}/d/{NAME}: not a regular file")
    assert not server.bodies(PLACES[-1])


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", "", "a\\u0000", "-x", ".x"])
@pytest.mark.parametrize("part", ["files", "begun"])
def test_a_record_with_names_that_point_outside_is_refused(
    part: str, name: str, tmp_path: Path
) -> None:
    kept = '{"url": "u", "bytes": 1, "sha1": "s", "fingerprint": null, "modified": 1}'
    (tmp_path / RECORD).write_text(f'{{"{part}": {{"{name}": {kept}}}}}')
    with pytest.raises(InputError, match=r"not a valid download record \(.* dump file\); remove"):
        read_record(tmp_path)


@pytest.mark.parametrize(
    "text", ["[" * 10**5, '{"x":' * 10**5, f'{{"files": {{"a": {"9" * 5000}}}}}', "\ud800"]
)
def test_a_record_that_cannot_be_read_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / RECORD).write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(InputError, match="not a valid download record"):
        read_record(tmp_path)


def test_a_record_that_is_a_pipe_does_not_hold_the_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / RECORD)
    with pytest.raises(InputError, match="not a regular file"):
        read_record(tmp_path)
