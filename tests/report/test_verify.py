"""`cstool verify`: reports any change to a folder, and nothing for an unchanged one."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cstool.download.record import CompleteFile, DownloadFolder, DownloadRecord, PendingFile
from cstool.errors import InputError
from cstool.published.set_lists import RECORD
from cstool.report.verify.check import CheckTargets, VerifyResult, targets, verify
from cstool.report.verify.lineage import Artifact, links
from cstool.storage.manifest import MANIFEST, Input, describe_file, read_manifest, with_checksum
from cstool.storage.ownership import RUN
from cstool.storage.timings import TIMINGS
from tests.cli.test_commands import cstool, fails
from tests.conftest import Sample
from tests.download.server import sha1

STAGES = ["corpus", "entities", "linked", "sentences", "switched", "titles"]


def look(*paths: Path, quick: bool = False) -> VerifyResult:
    return verify(targets(paths), quick=quick)


def wrong(*paths: Path, quick: bool = False) -> list[tuple[str, str]]:
    return [(one.kind, Path(one.place).name) for one in look(*paths, quick=quick).wrong]


@pytest.fixture(scope="module")
def own(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of a complete run that tests may damage, if they restore it."""
    return shutil.copytree(pipeline, tmp_path_factory.mktemp("own") / "work")


@contextmanager
def other_bytes(path: Path, data: bytes) -> Iterator[None]:
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        yield
    finally:
        path.write_bytes(before)


def test_a_whole_run_is_sound_back_to_its_dumps(own: Path, sample: Sample) -> None:
    for quick in (False, True):
        verdict = look(own, sample.pages, sample.wikidata, quick=quick)
        assert (verdict.sound, verdict.wrong, verdict.unchecked) == (True, [], [])
        assert [Path(one.place).name for one in verdict.folders][:6] == STAGES


def test_an_input_that_was_not_given_is_unchecked(own: Path) -> None:
    verdict = look(own / "linked", own / "titles")
    assert verdict.sound
    assert verdict.unchecked == [
        f"{own / 'linked'}: made from `extract`, which was not given",
        f"{own / 'titles'}: made from `entities`, which was not given",
        f"{own / 'titles'}: made from {Sample.pages.name}, which was not given",
    ]


# A manifest does not list itself, nor the times that runs took.
NOT_LISTED = {MANIFEST, TIMINGS}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_bit_is_reported(data: st.DataObject, own: Path) -> None:
    folder = own / data.draw(st.sampled_from(["linked", "switched", "titles"]))
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in NOT_LISTED)
    path = data.draw(st.sampled_from(files))
    bytes_ = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(bytes_) - 1))
    bytes_[place] ^= 1 << data.draw(st.integers(0, 7))
    with other_bytes(path, bytes(bytes_)):
        assert wrong(folder) == [("changed", path.name)]
    assert look(folder).sound


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_length_and_any_missing_file_is_reported(data: st.DataObject, own: Path) -> None:
    folder = own / data.draw(st.sampled_from(["linked", "switched", "titles"]))
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in NOT_LISTED)
    path = data.draw(st.sampled_from(files))
    before = path.read_bytes()
    change = data.draw(st.integers(-len(before), 20).filter(bool))
    with other_bytes(path, before[:change] if change < 0 else before + bytes(change)):
        for quick in (False, True):
            assert wrong(folder, quick=quick) == [("changed", path.name)]
    path.unlink()
    assert wrong(folder, quick=True) == [("missing", path.name)]
    path.write_bytes(before)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.from_regex(r"[a-z._-]{1,12}", fullmatch=True).filter(lambda n: n.strip(".")))
def test_any_file_that_was_added_is_reported(name: str, own: Path) -> None:
    for path in (own / "titles" / name, own / "titles" / "sub" / name):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"")
        assert wrong(own / "titles", quick=True) == [("foreign", name)]
        path.unlink()
    (own / "titles" / "sub").rmdir()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_manifest_is_reported_for_dependent_folders(
    data: st.DataObject, own: Path
) -> None:
    path = own / "sentences" / MANIFEST
    bytes_ = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(bytes_) - 1))
    bytes_[place] ^= 1 << data.draw(st.integers(0, 7))
    with other_bytes(path, bytes(bytes_)):
        verdict = look(own / "sentences", own / "linked", quick=True)
        assert not verdict.sound or any("`extract`" in text for text in verdict.unchecked)


def test_a_rewritten_folder_is_reported_for_dependent_folders(
    own: Path,
) -> None:
    path = own / "sentences" / MANIFEST
    manifest = json.loads(path.read_bytes())
    manifest["counts"]["tallies"] = {}
    manifest["checksum"] = ""  # as cstool 0.1 wrote it
    with other_bytes(path, json.dumps(manifest).encode()):
        [one] = look(own).wrong
    assert (one.kind, Path(one.place).name) == ("changed", "linked")
    assert one.what == f"made from another version of `extract` than {own / 'sentences'}"


def test_a_dump_that_was_replaced_is_reported(own: Path, sample: Sample, tmp_path: Path) -> None:
    dump = tmp_path / sample.pages.name
    dump.write_bytes(sample.pages.read_bytes() + b"x")
    assert wrong(own, dump, sample.wikidata) == [("changed", "sentences"), ("changed", "titles")]


def test_another_number_of_rows_is_reported(own: Path) -> None:
    path = own / "linked" / MANIFEST
    manifest = json.loads(path.read_bytes())
    manifest["parts"][0]["rows"] += 1
    manifest["checksum"] = ""  # as cstool 0.1 wrote it
    with other_bytes(path, json.dumps(manifest).encode()):
        [one] = look(own / "linked", quick=True).wrong
    assert one.what.endswith(f"rows instead of {manifest['parts'][0]['rows']}")


def test_an_unfinished_folder_and_a_broken_manifest_are_reported(own: Path, tmp_path: Path) -> None:
    unfinished = shutil.copytree(own / "linked", tmp_path / "work" / "linked")
    (unfinished / MANIFEST).rename(unfinished / RUN)
    assert wrong(tmp_path) == [("unfinished", "linked")]
    for broken in (b"{", b"\xec{}", b""):
        (unfinished / MANIFEST).write_bytes(broken)
        assert wrong(tmp_path) == [("changed", MANIFEST)]


# ---- downloads ----


@pytest.fixture
def dumps(sample: Sample, tmp_path: Path) -> Path:
    """A folder as `cstool download` leaves it."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    shelf = DownloadFolder(folder)
    for path in (sample.pages, sample.wikidata):
        data = path.read_bytes()
        (folder / path.name).write_bytes(data)
        fingerprint = describe_file(path).sample
        shelf.keep(
            path.name, CompleteFile("http://x/" + path.name, len(data), sha1(data), fingerprint, 1)
        )
    return folder


def test_the_chain_goes_back_to_what_was_downloaded(own: Path, dumps: Path) -> None:
    for quick in (False, True):
        verdict = look(own, dumps, quick=quick)
        assert (verdict.sound, verdict.unchecked) == (True, [])


def test_changed_downloads_are_reported(dumps: Path, sample: Sample) -> None:
    path = dumps / sample.pages.name
    data = path.read_bytes()
    for quick in (False, True):
        with other_bytes(path, data[:99] + bytes([data[99] ^ 1]) + data[100:]):
            assert wrong(dumps, quick=quick) == [("changed", path.name)]
        with other_bytes(path, data[:99]):
            assert wrong(dumps, quick=quick) == [("changed", path.name)]
    (dumps / "thesis.tex").write_text("years of work")
    (dumps / "x.gz.part").write_bytes(b"12")
    DownloadFolder(dumps).begin("x.gz", PendingFile("http://x/x.gz"))
    path.unlink()
    assert wrong(dumps) == [
        ("missing", path.name),
        ("foreign", "thesis.tex"),
        ("unfinished", "x.gz.part"),
    ]
    (dumps / RECORD).write_bytes(b"\xec")
    assert ("changed", RECORD) in wrong(dumps)


def test_a_sha256_is_verified_and_files_of_a_set_that_were_not_downloaded_are_reported(
    tmp_path: Path,
) -> None:
    names = [f"swwiki-2026-10-01-p{n}p{n}.xml.bz2" for n in (1, 2, 3)]
    shelf = DownloadFolder(tmp_path)
    path = tmp_path / names[0]
    path.write_bytes(b"BZh")
    sha256 = hashlib.sha256(b"BZh").hexdigest()
    wrong_sha1 = CompleteFile("http://x", 3, "0" * 40, None, 1, "sha256", sha256=sha256)
    shelf.keep(names[0], wrong_sha1)
    shelf.decide({}, {"swwiki-2026-10-01": names})
    (tmp_path / f"{names[1]}.part").write_bytes(b"B")
    shelf.begin(names[1], PendingFile("http://x"))
    assert wrong(tmp_path) == [("missing", names[2]), ("unfinished", f"{names[1]}.part")]
    path.write_bytes(b"BZx")
    assert ("changed", names[0]) in wrong(tmp_path)


def test_an_empty_record_is_valid() -> None:
    assert verify(CheckTargets([], [], [])).sound
    assert DownloadRecord() == DownloadRecord({}, {}, {}, {})


# ---- stages inside, links, files that are no dumps ----


def test_nested_stages_are_verified_separately(own: Path, tmp_path: Path) -> None:
    out = shutil.copytree(own / "titles", tmp_path / "titles")
    shutil.copytree(own / "linked", out / "inner")
    shutil.copytree(own / "linked", out / "deep" / "begun")
    (out / "deep" / "begun" / MANIFEST).rename(out / "deep" / "begun" / RUN)
    (out / "inner" / "mine.txt").write_text("mine")
    assert wrong(out) == [("unfinished", "begun"), ("foreign", "mine.txt")]
    assert [Path(one.place).name for one in look(out).folders] == ["titles", "inner"]
    (out / "inner" / MANIFEST).write_text("{")
    assert wrong(out) == [("unfinished", "begun"), ("changed", MANIFEST)]


def test_symbolic_links_to_folders_are_not_followed(own: Path, tmp_path: Path) -> None:
    out = shutil.copytree(own / "titles", tmp_path / "work" / "titles")
    bad = shutil.copytree(own / "linked", tmp_path / "bad")
    (bad / MANIFEST).write_text("{")
    (out / "link").symlink_to(bad)
    (tmp_path / "work" / "link").symlink_to(bad)
    (tmp_path / "work" / "round").symlink_to(tmp_path / "work")
    assert wrong(tmp_path / "work") == [("foreign", "link")]
    assert wrong(tmp_path / "work" / "link") == [("changed", MANIFEST)]  # given by its name


def test_dumps_beside_stages_are_found_and_other_things_of_their_names_are_not(
    own: Path, sample: Sample, tmp_path: Path
) -> None:
    shutil.copytree(own / "titles", tmp_path / "titles")
    shutil.copy(sample.pages, tmp_path)
    os.mkfifo(tmp_path / "pipe.xml.bz2")
    (tmp_path / "gone.json.gz").symlink_to(tmp_path / "nothing")
    (tmp_path / "folder.sql.gz").mkdir()
    verdict = look(tmp_path)
    assert verdict.sound
    assert [one.what for one in verdict.folders] == ["titles", "dump"]


@pytest.mark.parametrize("file", ["../victim.txt", "/etc/hostname", "a/../x", "", "x\0y"])
def test_a_manifest_with_paths_outside_is_reported_and_not_read(
    own: Path, tmp_path: Path, file: str
) -> None:
    out = shutil.copytree(own / "titles", tmp_path / "titles")
    manifest = read_manifest(out)
    assert manifest
    part = msgspec.structs.replace(manifest.parts[0], file=file)
    forged = msgspec.structs.replace(manifest, parts=[*manifest.parts, part])
    (out / MANIFEST).write_bytes(msgspec.json.encode(with_checksum(forged)))
    [one] = look(out).wrong
    assert (one.kind, Path(one.place).name) == ("changed", MANIFEST)
    assert "which is not a path inside the folder" in one.what


def test_a_manifest_that_cannot_be_read_is_reported(own: Path, tmp_path: Path) -> None:
    out = shutil.copytree(own / "titles", tmp_path / "titles")
    (out / MANIFEST).unlink()
    (out / MANIFEST).mkdir()
    assert wrong(out) == [("changed", MANIFEST)]


# ---- the chain by itself ----


def test_of_several_folders_of_a_stage_the_one_with_the_fingerprint_is_the_input() -> None:
    one, two = Artifact("en", "switch", "sha256:1"), Artifact("ja", "switch", "sha256:2")
    both = Artifact(
        "c", "shard", "s", (Input("switch", 1, "sha256:1"), Input("switch", 1, "sha256:2"))
    )
    assert [link.found for link in links([one, two, both])] == [("en",), ("ja",)]
    other = Artifact("ja", "switch", "sha256:3")
    _, second = links([one, other, both])
    assert (second.found, second.instead) == ((), ("ja",))
    _, second = links([one, both])
    assert (second.found, second.instead) == ((), ())


def test_standard_input_is_the_end_of_a_chain() -> None:
    things = [Artifact("s", "extract", "x", (Input("-", None, None),)), Artifact("-", "-", None)]
    [link] = links(things)
    assert (link.found, link.instead) == ((), ())


# ---- as a user meets it ----


def test_the_command_reports_problems_and_exits_with_1(own: Path, sample: Sample) -> None:
    done = cstool("verify", own, sample.pages, sample.wikidata)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().endswith(" checked: no problems")
    path = own / "linked" / "left.tmp"
    path.write_bytes(b"")
    done = cstool("verify", own / "linked", "--quiet")
    as_json = cstool("verify", own / "linked", "--json", "--quick")
    path.unlink()
    assert done.returncode == as_json.returncode == 1
    assert done.stdout == f"unexpected: {path}: not listed in {MANIFEST}\n"
    verdict = json.loads(as_json.stdout)
    assert verdict["sound"] is False
    assert [one["kind"] for one in verdict["wrong"]] == ["foreign"]
    assert len(verdict["unchecked"]) == 2


def test_a_folder_without_output_is_reported(tmp_path: Path) -> None:
    fails(cstool("verify", tmp_path), "contains no output of cstool")
    fails(cstool("verify", tmp_path / "no"), "no such file or folder")
    with pytest.raises(InputError):
        targets([tmp_path])
