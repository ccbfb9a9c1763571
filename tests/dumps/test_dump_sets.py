"""Folders and sets of files that are read as one dump."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from cstool.dumps.dump_sets import FolderListing, dump_files, files_of_folder, in_order
from cstool.errors import InputError
from cstool.published.dump_names import published_name, stem_of

CONTENT = "swwiki-2026-10-01-p{}.xml.bz2"
PIECE = "enwiki-20261001-pages-articles-multistream{}.xml-p{}.bz2"
WHOLE = "enwiki-20261001-pages-articles-multistream.xml.bz2"


def chosen(names: Sequence[str], **folder: object) -> list[str]:
    """Return the names that are read of a folder with these page files."""
    paths = files_of_folder(FolderListing("dumps", names, **folder)).paths  # type: ignore[arg-type]
    return [Path(path).name for path in paths]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (CONTENT.format("12p99"), ("swwiki", "2026-10-01", "", (12, 99))),
        (CONTENT.format("5r10r90"), ("swwiki", "2026-10-01", "", (5, 10, 90))),
        (PIECE.format(27, "1p9"), ("enwiki", "20261001", "pages-articles-multistream", (1, 9))),
        (WHOLE, ("enwiki", "20261001", "pages-articles-multistream", ())),
        ("zh_min_nanwiki-latest-pages-articles.xml", ("zh_min_nanwiki", "latest",
                                                      "pages-articles", ())),
        ("enwiki-20261001-pages-articles3.xml.gz", ("enwiki", "20261001", "pages-articles", (3,))),
    ],
)  # fmt: skip
def test_names_of_published_files_are_understood(name: str, expected: object) -> None:
    published = published_name(name)
    assert published is not None
    assert tuple(published) == expected


@pytest.mark.parametrize(
    "name",
    [
        "swwiki-20261001-page.sql.gz",
        "swwiki-20261001-stub-articles.xml.gz",
        "swwiki-20261001-abstract.xml.gz",
        "swwiki-20261001-pages-logging1.xml.gz",
        "swwiki-20261001-pages-articles-multistream-index.txt.bz2",
        "swwiki-20261001-siteinfo-namespaces.json.gz",
        "wikidata-20260922-all.json.bz2",
        "._swwiki.xml",
        CONTENT.format("1p9") + ".part",
        "SHA256SUMS",
    ],
)
def test_other_files_of_a_download_are_no_page_xml(name: str) -> None:
    assert stem_of(name) is None


def test_a_folder_is_read_by_the_first_page_of_its_files() -> None:
    names = [CONTENT.format(r) for r in ("1000p2000", "10p99", "9p9", "9r500r900", "9r40r499")]
    assert chosen(sorted(names)) == [
        CONTENT.format(r) for r in ("9p9", "9r40r499", "9r500r900", "10p99", "1000p2000")
    ]
    pieces = [PIECE.format(n, f"{n}1p{n + 1}0") for n in range(1, 12)]
    assert chosen(sorted(pieces)) == pieces
    assert chosen(["part10.xml.bz2", "part9.xml.gz"]) == ["part9.xml.gz", "part10.xml.bz2"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([CONTENT.format("1p9"), WHOLE], ["enwiki and swwiki", "dumps/"]),
        (
            [CONTENT.format("1p9"), CONTENT.format("1p9").replace("-10-", "-11-")],
            ["2026-10-01 and 2026-11-01", "dumps/swwiki-2026-11-01-p*.xml*"],
        ),
        (
            [CONTENT.format("1p9"), "swwiki-20261001-pages-articles.xml.bz2"],
            ["swwiki-2026-10-01 and swwiki-20261001-pages-articles"],
        ),
        ([WHOLE, WHOLE.replace("-multistream", "")], ["enwiki-20261001-pages-articles and"]),
        ([WHOLE, PIECE.format(1, "1p9")], [f"give dumps/{WHOLE}, or only the pieces"]),
        ([CONTENT.format("1p9"), CONTENT.format("1p9")[:-4]], ["the same pages twice"]),
        (["a.xml", "a.xml.gz"], ["the same pages twice, in a.xml and a.xml.gz"]),
        ([], ["contains no page XML"]),
    ],
)
def test_a_folder_without_exactly_one_dump_is_refused(names: list[str], words: list[str]) -> None:
    with pytest.raises(InputError, match=r"^dumps: ") as fault:
        chosen(sorted(names))
    assert all(word in str(fault.value) for word in words)
    assert "\n" not in str(fault.value)


def test_a_missing_file_of_the_set_is_named() -> None:
    names = [CONTENT.format(r) for r in ("1p9", "10p99", "100p999")]
    with pytest.raises(InputError, match=rf"{names[1]} is missing \(2 of the files"):
        chosen(names[:1], listed={*names, "swwiki-20261001-page.sql.gz"})
    for listed in (
        names[:1],
        [*names[:1], CONTENT.format("1p9").replace("-10-", "-11-")],  # another edition
        [*names[:1], WHOLE, PIECE.format(1, "1p9")],  # another wiki
    ):
        assert chosen(names[:1], listed=listed) == names[:1]
    unpacked = names[1].removesuffix(".bz2")
    assert chosen([names[0], unpacked], listed=names[:2]) == [names[0], unpacked]
    assert chosen([WHOLE], listed=[WHOLE, PIECE.format(1, "1p9")]) == [WHOLE]


def test_an_unfinished_file_of_the_set_is_named() -> None:
    one, other = CONTENT.format("1p9"), CONTENT.format("10p99")
    for names in ([one], []):
        with pytest.raises(InputError, match=f"the download of {other} is not finished"):
            chosen(names, unfinished={other})
    assert chosen([one], unfinished={WHOLE}) == [one]


def write(folder: Path, *names: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(name)
    return [str(folder / name) for name in names]


@pytest.mark.parametrize("kind", ["record", "sums", "sha1sums"])
def test_a_folder_is_compared_with_the_lists_that_it_has(tmp_path: Path, kind: str) -> None:
    names = [CONTENT.format("1p9"), CONTENT.format("10p99")]
    write(tmp_path, names[0])
    if kind == "record":
        record = {"files": {}, "sets": {"swwiki-2026-10-01": names}}
        (tmp_path / "_downloads.json").write_text(json.dumps(record))
    else:
        file = {"sums": "SHA256SUMS", "sha1sums": "swwiki-2026-10-01-sha1sums.txt"}[kind]
        (tmp_path / file).write_text("".join(f"{'0' * 64} *{name}\n" for name in names))
    with pytest.raises(InputError, match=f"{names[1]} is missing"):
        dump_files([str(tmp_path)])
    write(tmp_path, names[1], "_SUCCESS")
    assert dump_files([str(tmp_path)]) == ([str(tmp_path / name) for name in names], [])


def test_a_record_without_sets_lists_nothing_and_an_invalid_one_is_reported(tmp_path: Path) -> None:
    (path,) = write(tmp_path, CONTENT.format("1p9"))
    (tmp_path / "_downloads.json").write_text('{"files": {"x": {"bytes": 1}}, "latest": {}}')
    assert dump_files([str(tmp_path)]).paths == [path]
    (tmp_path / "_downloads.json").write_text('{"sets": 3}')
    with pytest.raises(InputError, match=r"_downloads\.json: not a valid download record"):
        dump_files([str(tmp_path)])
    assert dump_files([path]) == ([path], [])


def test_a_gap_between_the_ranges_of_a_folder_without_a_list_of_files_gives_a_note() -> None:
    names = [CONTENT.format(pages) for pages in ("1p9", "10p99", "1000p2000")]
    [note] = files_of_folder(FolderListing("dumps", names)).notes
    assert "no file name contains pages 100 to 999; if a file of swwiki-2026-10-01" in note
    assert not files_of_folder(FolderListing("dumps", names[:2])).notes
    assert not files_of_folder(FolderListing("dumps", names, set(names))).notes


def test_checksums_without_the_mark_of_a_complete_export_give_a_note(tmp_path: Path) -> None:
    write(tmp_path, CONTENT.format("1p9"), "SHA256SUMS")
    (note,) = dump_files([str(tmp_path)]).notes
    assert "_SUCCESS" in note
    assert "swwiki-2026-10-01" in note


def test_named_files_of_one_set_are_sorted_and_the_others_noted(tmp_path: Path) -> None:
    names = [CONTENT.format(r) for r in ("1p9", "10p99", "100p999")]
    paths = write(tmp_path, *names)
    write(tmp_path, "swwiki-20261001-page.sql.gz", "notes.txt")
    found = dump_files([paths[1], paths[0]])
    assert found.paths == paths[:2]
    (note,) = found.notes
    assert f"such as {names[2]} (1 in all)" in note
    assert dump_files(paths[::-1]) == (paths, [])
    assert dump_files([str(tmp_path)]) == (paths, [])


def test_files_of_no_or_of_several_sets_stay_in_the_order_given() -> None:
    for paths in (["b.xml", "a.xml"], ["-"], [CONTENT.format("10p99"), "x/a.xml"], [WHOLE, "a"]):
        assert in_order(paths) == paths


def test_a_file_given_twice_under_any_name_is_refused(tmp_path: Path) -> None:
    names = [CONTENT.format("1p9"), CONTENT.format("10p99")]
    folder = tmp_path / "d"
    paths = write(folder, *names)
    (tmp_path / "link").symlink_to(folder)
    os.link(paths[0], tmp_path / "hard.xml.bz2")
    for again in (
        [paths[0], paths[0]],
        [str(folder), paths[1]],
        [str(folder), f"{folder}/../d"],
        [paths[0], f"{tmp_path}/link/{names[0]}"],
        [paths[0], str(tmp_path / "hard.xml.bz2")],
        ["-", "-"],
    ):
        with pytest.raises(InputError, match="given twice"):
            dump_files(again)


def test_files_with_the_same_pages_by_their_names_are_refused(tmp_path: Path) -> None:
    one = write(tmp_path / "one", CONTENT.format("1p9"))
    for name in (CONTENT.format("1p9"), CONTENT.format("1p9").replace(".bz2", ".gz")):
        other = write(tmp_path / "other", name)
        with pytest.raises(InputError, match="the same pages as"):
            dump_files([*one, *other])


def test_what_is_no_file_is_left_to_the_reader() -> None:
    for path in ("none.xml", "no/such/folder/a.xml", "x" * 300, "-"):
        assert dump_files([path]) == ([path], [])
