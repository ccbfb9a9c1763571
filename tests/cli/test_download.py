"""`cstool download`: plan, list, usage errors, faults, Ctrl-C, resuming."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.test_commands import cstool, fails
from tests.download.server import Server, endless, server, silent_head, slow, status

__all__ = ["server"]

DATE = "20261001"
NAME = f"swwiki-{DATE}-pages-articles-multistream.xml.bz2"
DATA = b"BZh" + bytes(range(256)) * 2000


@pytest.fixture
def dumps(server: Server) -> Server:
    server.publish("swwiki", "20260920", {"pages-articles-multistream.xml.bz2": b"BZh old"})
    server.publish("swwiki", DATE, {"pages-articles-multistream.xml.bz2": DATA})
    server.publish_wikidata("20261005", b"[\n]\n")
    return server


def test_a_dump_is_downloaded_once(dumps: Server, tmp_path: Path) -> None:
    command = ["download", "swwiki", "--wikidata", "--mirror", dumps.url + "/", "-o", "dumps"]
    done = cstool(*command, "--contact", "me@example.org", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    entities = "wikidata-20261005-all.json.gz"
    assert done.stdout == f"dumps/{NAME}\ndumps/{entities}\n"
    assert done.stderr.split("\n")[:2] == [
        f"download: swwiki {DATE} dump: 1 file, 512 kB",
        f"download:   {NAME}  512 kB  to download",
    ]
    assert "512 kB downloaded and verified → dumps" in done.stderr
    assert (tmp_path / "dumps" / NAME).read_bytes() == DATA
    assert all("me@example.org" in ask.agent for ask in dumps.asked)
    dumps.asked.clear()
    again = cstool(*command, cwd=tmp_path)
    assert again.returncode == 0
    assert "all files are already in dumps" in again.stderr
    assert not any(ask.path.endswith("z2") for ask in dumps.asked)
    quiet = cstool(*command, "--quiet", cwd=tmp_path)
    assert (quiet.stdout, quiet.stderr) == (done.stdout, "")


def test_a_dry_run_lists_the_files(dumps: Server, tmp_path: Path) -> None:
    command = ["download", "swwiki", "--mirror", dumps.url, "-o", "d", "--dry-run"]
    done = cstool(*command, cwd=tmp_path)
    assert done.returncode == 0
    first, second, last = done.stdout.strip().split("\n")
    assert first == f"swwiki {DATE} dump: 1 file, 512 kB"
    assert second == f"  {NAME}  512 kB  to download"
    assert last.startswith("512 kB to download; ")
    assert not list(tmp_path.iterdir())


def test_the_available_dumps_can_be_listed(dumps: Server, tmp_path: Path) -> None:
    files = {"pages-articles-multistream.xml.bz2": DATA}
    dumps.publish("swwiki", "20261020", files, status="waiting")
    dumps.publish_content("swwiki", "2026-10-01", {"p1p9": DATA, "p11p20": DATA})
    dumps.publish_content("swwiki", "2026-11-01", {"p1p9": DATA}, marks="SHA256SUMS")
    dumps.publish_wikidata("20261012", b"[]", kinds="", lexemes=True)
    done = cstool("download", "swwiki", "--wikidata", "--mirror", dumps.url, "--list", cwd=tmp_path)
    assert done.stdout.split("\n") == [
        "swwiki 2026-11-01  content export  unfinished: _SUCCESS is missing",
        "swwiki 20261020  dump  unfinished: articlesmultistreamdump: waiting",
        f"swwiki {DATE}  dump  finished  1 file, 512 kB",
        "swwiki 2026-10-01  content export  finished  2 files, 1.02 MB",
        "swwiki 20260920  dump  finished  1 file, 7 bytes",
        "wikidata 20261012  dump  unfinished: no wikidata-DATE-all.json.gz or .bz2; also "
        "wikidata-20261012-lexemes.json.gz",
        "wikidata 20261005  dump  finished  1 file, 4 bytes",
        "",
    ]


# ---- content exports ----

RANGES = ("p1p9", "p10p99")
PARTS = [f"swwiki-2026-11-01-{pages}.xml.bz2" for pages in RANGES]


@pytest.fixture
def exports(dumps: Server) -> Server:
    """The server of `dumps` with a newer content export, and tables of its date."""
    dumps.publish_content("swwiki", "2026-11-01", dict.fromkeys(RANGES, DATA))
    tables = {table: b"-- " + table.encode() for table in ("page", "page_props", "redirect")}
    dumps.publish("swwiki", "20261101", {}, status="failed", tables=tables)
    dumps.publish_wikidata("20261102", b"[\n]\n", dated="20261103", kinds="bz2")
    return dumps


@pytest.mark.parametrize("date", ["latest", "20261101", "2026-11-01"])
def test_the_paths_of_complete_files_are_printed_in_the_order_of_the_plan(
    date: str, exports: Server, tmp_path: Path
) -> None:
    command = ["download", "swwiki", "--sql", "--wikidata", "--date", date, "-o", "my dumps"]
    for quiet in ([], ["--quiet"]):
        done = cstool(*command, *quiet, "--mirror", exports.url, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        tables = [f"swwiki-20261101-{name}.sql.gz" for name in ("page", "page_props", "redirect")]
        names = [*PARTS, *tables, "wikidata-20261103-all.json.bz2"]
        assert done.stdout.splitlines() == [f"my dumps/{name}" for name in names]
        assert all((tmp_path / line).is_file() for line in done.stdout.splitlines())
        assert (done.stderr == "") == bool(quiet)


def test_of_a_download_that_fails_the_complete_files_are_printed(
    exports: Server, tmp_path: Path
) -> None:
    folder = "/other/mediawiki_content_current/swwiki/2026-11-01/xml/bzip2/"
    exports.faults[folder + PARTS[0]] = [status(404)]
    exports.publish("enwiki", DATE, {"pages-articles-multistream.xml.bz2": DATA})
    command = ["download", "swwiki", "enwiki", "--mirror", exports.url, "-o", "d", "--quiet"]
    done = cstool(*command, cwd=tmp_path)
    assert done.returncode == 1
    whole = f"enwiki-{DATE}-pages-articles-multistream.xml.bz2"
    assert done.stdout.splitlines() == [f"d/{PARTS[1]}", f"d/{whole}"]
    [line] = done.stderr.splitlines()
    assert f"{PARTS[0]}: the server returned HTTP 404" in line


def test_paths_of_files_that_were_there_are_in_the_same_order(
    exports: Server, tmp_path: Path
) -> None:
    command = ["download", "swwiki", "enwiki", "--wikidata-date", "20261103", "--if-missing"]
    command += ["--date", DATE, "--mirror", exports.url, "-o", "d", "--quiet"]
    (tmp_path / "d").mkdir()
    names = [NAME, f"enwiki-{DATE}-pages-articles-multistream.xml.bz2"]
    for name in (names[1], "wikidata-20261103-all.json.bz2"):
        (tmp_path / "d" / name).touch()
    paths = [f"d/{name}" for name in (*names, "wikidata-20261103-all.json.bz2")]
    exports.faults[f"/swwiki/{DATE}/{NAME}"] = [status(404)]
    failed = cstool(*command, cwd=tmp_path)
    assert (failed.returncode, failed.stdout.splitlines()) == (1, paths[1:])
    assert cstool(*command, cwd=tmp_path).stdout.splitlines() == paths


@pytest.mark.parametrize(
    ("source", "first"),
    [
        ("auto", "swwiki 2026-11-01 content export: 2 files, 1.02 MB"),
        ("content", "swwiki 2026-11-01 content export: 2 files, 1.02 MB"),
        ("dumps", f"swwiki {DATE} dump: 1 file, 512 kB"),
    ],
)
def test_the_source_can_be_given(source: str, first: str, exports: Server, tmp_path: Path) -> None:
    command = ["download", "swwiki", "--source", source, "--mirror", exports.url, "-o", "d"]
    done = cstool(*command, "--dry-run", cwd=tmp_path)
    assert done.stdout.splitlines()[0].startswith(first), done.stderr
    assert not list(tmp_path.iterdir())
    listed = cstool(*command, "--list", cwd=tmp_path).stdout
    assert ("content export" in listed) == (source != "dumps")
    assert (f"{DATE}  dump" in listed) == (source != "content")


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([], "enwiki"),
        (["enwiki"], "-o DIR"),
        (["../x", "-o", "d"], "not a wiki's database name"),
        (["enwiki", "-o", "d", "--date", "20261301"], "not a date"),
        (["enwiki", "-o", "d", "--date", "yesterday"], "not a date"),
        (["enwiki", "-o", "d", "--date", "2026-1001"], "not a date"),
        (["enwiki", "-o", "d", "--date", "2026-02-30"], "not a date"),
        (["enwiki", "-o", "d", "--wikidata-date", "2026-02-30"], "not a date"),
        (["enwiki", "-o", "d", "--source", "xml"], "'xml' is not one of"),
        (["enwiki", "-o", "d", "--date", "２０２６１００１"], "not a date"),
        (["enwiki", "-o", "d", "--mirror", "ftp://x"], "not a server URL"),
        (["enwiki", "-o", "d", "--mirror", "http://["], "not a server URL"),
        (["enwiki", "-o", "d", "--mirror", "http://x:99999"], "not a server URL"),
        (["enwiki", "-o", "d", "--mirror", "http://:80/"], "not a server URL"),
        (["enwiki", "-o", "d", "--mirror", "http://x/ y"], "not a server URL"),
        (["enwiki", "-o", "d", "--mirror", "http://x/#y"], "not a server URL"),
        (["enwiki", "-o", "d", "--contact", "Jürgen"], "--contact"),
    ],
)
def test_a_wrong_call_is_reported(arguments: list[str], word: str, tmp_path: Path) -> None:
    done = cstool("download", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_fault_is_one_line(dumps: Server, tmp_path: Path) -> None:
    command = ["download", "swwiki", "-o", tmp_path / "d", "--mirror", dumps.url, "--quiet"]
    fails(cstool(*command, "--date", "20260101"), "no dump of 20260101", f"{DATE}, 20260920")
    dumps.faults[f"/swwiki/{DATE}/{NAME}"] = [status(403)]
    fails(cstool(*command), f"/swwiki/{DATE}/{NAME}: the server returned HTTP 403")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_at_once_and_the_same_command_resumes(
    sign: signal.Signals, dumps: Server, tmp_path: Path
) -> None:
    dumps.faults[f"/swwiki/{DATE}/{NAME}"] = [slow(0.2)]
    options = ["swwiki", "--mirror", dumps.url, "-o", "d"]
    command = [sys.executable, "-m", "cstool", "download", *options]
    part = tmp_path / "d" / f"{NAME}.part"
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
        while not part.exists() or part.stat().st_size < 20_000:
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(sign)
        begun = time.monotonic()
        _, error = process.communicate(timeout=30)
        assert time.monotonic() - begun < 5  # idle: 0.1; this counts what else the machine does
    assert process.returncode == 128 + sign
    assert b"Traceback" not in error
    here, last = [text for text in error.decode().split("\n") if text][-2:]
    assert here.endswith(" of 512 kB downloaded")
    assert "run the same command again to resume" in last
    size = part.stat().st_size
    assert cstool("download", *options, cwd=tmp_path).returncode == 0
    assert dumps.bodies(f"/swwiki/{DATE}/{NAME}")[-1].range == f"bytes={size}-"
    assert (tmp_path / "d" / NAME).read_bytes() == DATA
    assert {path.name for path in (tmp_path / "d").iterdir()} == {NAME, "_downloads.json"}


def test_a_download_completes_after_repeated_kills(dumps: Server, tmp_path: Path) -> None:
    path = f"/swwiki/{DATE}/{NAME}"
    options = ["swwiki", "--mirror", dumps.url, "-o", "d", "--quiet"]
    command = [sys.executable, "-m", "cstool", "download", *options]
    part = tmp_path / "d" / f"{NAME}.part"
    for goal in (50_000, 150_000, 300_000):
        dumps.faults[path] = [slow(0.02)]
        with subprocess.Popen(command, cwd=tmp_path) as process:
            while not part.exists() or part.stat().st_size < goal:
                assert process.poll() is None
                time.sleep(0.005)
            process.kill()
    assert cstool("download", *options, cwd=tmp_path).returncode == 0
    starts = [int(ask.range.strip("bytes=-") or 0) for ask in dumps.bodies(path)]
    assert starts == sorted(starts)
    assert starts[-1] >= 300_000
    assert {path.name for path in (tmp_path / "d").iterdir()} == {NAME, "_downloads.json"}
    assert (tmp_path / "d" / NAME).read_bytes() == DATA


def test_a_message_names_what_is_not_checked(dumps: Server, tmp_path: Path) -> None:
    dumps.publish_wikidata("20261012", b"[\n{}\n]\n", sums="")
    options = ["--wikidata-date", "20261012", "--mirror", dumps.url, "-o", "d"]
    note = "no checksum published: only the size is verified"
    plan = cstool("download", *options, "--dry-run", cwd=tmp_path).stdout.split("\n")
    assert plan[1] == f"  wikidata-20261012-all.json.gz  7 bytes  to download; {note}"
    done = cstool("download", *options, cwd=tmp_path).stderr.strip().split("\n")[-2:]
    assert done[0].startswith("download: 7 bytes downloaded → d")
    assert done[1] == f"download: wikidata-20261012-all.json.gz: {note}"


def until_asked(server: Server, path: str) -> None:
    while not server.bodies(path):
        time.sleep(0.01)


LISTING, STATUS, DUMP = "/swwiki/", f"/swwiki/{DATE}/dumpstatus.json", f"/swwiki/{DATE}/{NAME}"
OK = b"HTTP/1.1 200 OK\r\n\r\n"
PHASES = {
    "waiting for an answer": (LISTING, silent_head),
    "reading the listing": (LISTING, endless(OK, b"x", pause=0.05)),
    "reading the status": (STATUS, endless(OK, b"x", pause=0.05)),
    "waiting as the catalogue asks": (STATUS, status(503, Retry_After="3000")),
    "waiting for the dump": (DUMP, silent_head),
    "waiting as the server asks": (DUMP, status(503, Retry_After="3000")),
}


@pytest.mark.parametrize("phase", PHASES)
def test_ctrl_c_ends_it_in_any_phase(phase: str, dumps: Server, tmp_path: Path) -> None:
    path, fault = PHASES[phase]
    dumps.faults[path] = [fault]
    ends_after_ctrl_c(dumps, tmp_path, lambda: until_asked(dumps, path))


def test_ctrl_c_ends_it_while_a_file_is_checked(dumps: Server, tmp_path: Path) -> None:
    size = 1 << 40  # of zeros that take no room
    text = dumps.files[STATUS].replace(f'"size": {len(DATA)}'.encode(), f'"size": {size}'.encode())
    dumps.files[STATUS] = text
    (tmp_path / "d").mkdir()
    with (tmp_path / "d" / NAME).open("wb") as file:
        file.truncate(size)
    ends_after_ctrl_c(dumps, tmp_path, lambda: until_asked(dumps, STATUS))
    assert (tmp_path / "d" / NAME).stat().st_size == size


def ends_after_ctrl_c(dumps: Server, folder: Path, wait: Callable[[], None]) -> None:
    """Interrupt a download once `wait` has ended; it must end with one line of its own."""
    command = [sys.executable, "-m", "cstool", "download", "swwiki", "--mirror", dumps.url]
    with subprocess.Popen([*command, "-o", "d"], cwd=folder, stderr=subprocess.PIPE) as process:
        wait()
        time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=15)
    assert process.returncode != 0
    [line] = [text for text in error.decode().split("\n") if text.startswith("cstool: ")]
    assert "run the same command again to resume" in line
    assert "Traceback" not in error.decode()
