"""Untrusted text is escaped on standard output and standard error.

One hostile input each, for each command that prints: codes of languages, databases' names, titles,
states of jobs, names of files and folders. Colors are asked for, so that nothing strips escapes.
"""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import polars as pl
import pytest
from click.testing import CliRunner

from cstool.cli.main import cstool as commands
from cstool.storage.manifest import MANIFEST, Manifest, Part, with_checksum
from tests.cli.test_commands import cstool
from tests.download.server import Server, server
from tests.masking.fixtures import Trained
from tests.report.corpora import small, write_corpus
from tests.support import Source, dump_xml, item, wikidata_json

__all__ = ["server"]

# All that is not to be there but line feeds; the colors that cstool writes are taken out before.
STEERS = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u206f\ud800-\udfff]"
)
OWN_COLORS = re.compile("\x1b\\[(?:0|2|3[1-6]|1;3[1-6])m")
STAGES = ("entities", "titles", "extract", "link", "switch", "shard")
FOLDER = "a\nFORGED\x1b[2J\u202e"
CODES = ("\x1b[31mde", "de\u202e", "\u2066de", "de\x9b2J")
TITLE = "Ber\x9b2Jlin\u202e"
ARABIC = "\u2067برلين\x9b\u202e"


def run(*arguments: object, code: int = 0, env: dict[str, str] | None = None) -> str:
    """Return the output of a command, of both streams."""
    found = CliRunner().invoke(commands, [*map(str, arguments)], color=True, env=env)
    assert found.exit_code == code, (found.output, found.exception)
    return found.output


def assert_safe(output: str) -> None:
    assert output
    assert not STEERS.search(output), ascii(output)
    assert not [line for line in output.split("\n") if line.lstrip().startswith("FORGED")]


class Made:
    """Folders of all stages with hostile texts in rows and manifests, and the messages."""

    def __init__(self, root: Path) -> None:
        self.root = root / FOLDER
        self.root.mkdir()
        self.told: dict[str, str] = {}
        labels = {"en": "Berlin", "de": "Berlino", "ar": ARABIC, **dict.fromkeys(CODES, "X")}
        items = [
            item(64, labels, {"enwiki": TITLE}, types=[5]),
            item(65, labels, {"enwiki": "Rome"}, types=[5]),
            item(5, {"en": f"city\x1b[31m{TITLE}"}),
        ]
        (self.root / "d.json").write_text(wikidata_json(items))
        text = (
            f"The old city of [[{TITLE}|Berlin]] is very large indeed. {{{{{TITLE}}}}} is [[it]]."
        )
        page = Source(TITLE, text)
        self.dump = self.root / "p.xml"
        other = Source("Town", "The [[Rome|city of Rome]] is old as well, and it is quite large.")
        self.dump.write_text(dump_xml([page, other, Source("It", redirect=TITLE)]))
        for stage in STAGES:
            self.told[stage] = self.run(stage)

    def run(self, stage: str) -> str:
        """Run a stage; return what it prints."""
        dumps = {"entities": self.root / "d.json", "extract": self.dump}
        reads: dict[str, list[object]] = {
            "titles": ["--wiki", "enwiki", "--entities", self["entities"], "--pages", self.dump],
            "link": [self["extract"], "--titles", self["titles"]],
            "switch": [self["link"], "--entities", self["entities"], "--recipe", "entitycs",
                       "--languages", "all"],
            "shard": [self["switch"]],
        }  # fmt: skip
        given = reads.get(stage) or [dumps[stage]]
        return run(stage, *given, "-o", self[stage], "-j", 1)

    def __getitem__(self, stage: str) -> Path:
        return self.root / stage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("stage", STAGES)
def test_stages(made: Made, stage: str) -> None:
    assert_safe(made.told[stage])


@pytest.mark.parametrize("stage", STAGES)
def test_stages_that_are_complete(made: Made, stage: str) -> None:
    output = made.run(stage)
    assert "nothing to do" in output
    assert_safe(output)


@pytest.mark.parametrize("color", ["0", "1"])
@pytest.mark.parametrize("stage", STAGES)
def test_rows(made: Made, stage: str, color: str) -> None:
    output = run("show", made[stage], env={"FORCE_COLOR": color})
    assert_safe(OWN_COLORS.sub("", output))
    # Entities' names are in color: what cstool writes itself is kept.
    marked = stage in ("extract", "link", "switch", "shard")
    assert ("\x1b[1;" in output) == (marked and color == "1")


def test_an_entity(made: Made) -> None:
    options = ["--entities", made["entities"], "--corpus", made["shard"]]
    assert_safe(run("show", "entity", "Q64", *options))


@pytest.mark.parametrize("by", ["language", "type", "title"])
@pytest.mark.parametrize("stage", ["entities", "link"])
def test_numbers(made: Made, by: str, stage: str) -> None:
    if (stage, by) == ("entities", "title"):
        pytest.skip("entities are of no page")
    options = ["--entities", made["entities"]] if (by, stage) == ("type", "link") else []
    output = run("stats", made[stage], "--by", by, *options)
    assert_safe(output)
    assert "-1" not in output


def test_compared_folders(made: Made) -> None:
    output = run("stats", made["link"], made["switch"])
    assert_safe(output)
    # The name of a folder adds no line, and the columns stay aligned.
    head, *rows = output.split("\n\n")[0].split("\n")
    assert "FORGED" in head
    assert {len(row) for row in rows if row.rstrip().endswith("0")} <= {len(head)}


def test_checks(made: Made) -> None:
    (made["link"] / FOLDER).write_text("x")
    try:
        output = run("verify", made["link"], made["extract"], "--quick", code=1)
    finally:
        (made["link"] / FOLDER).unlink()
    assert_safe(output)
    assert "unexpected: " in output


def test_what_would_be_pushed(made: Made) -> None:
    pytest.importorskip("huggingface_hub")
    assert_safe(run("push", made["shard"], "me/corpus", "--dry-run"))


def test_a_corpus_with_hostile_names_of_parts_is_not_pushed(tmp_path: Path) -> None:
    pytest.importorskip("huggingface_hub")
    name = "data/de\x1b[2J/x.parquet"
    corpus = write_corpus(tmp_path, small())
    (corpus / name).parent.mkdir(parents=True)
    (corpus / name).write_bytes(b"x")
    manifest = msgspec.json.decode((corpus / MANIFEST).read_bytes(), type=Manifest)
    manifest = msgspec.structs.replace(manifest, parts=[Part(name, 1, 1, "sha256:0")])
    (corpus / MANIFEST).write_bytes(msgspec.json.encode(with_checksum(manifest)))
    done = cstool("push", corpus, "me/corpus", "--dry-run")
    assert done.returncode == 1
    assert_safe(done.stderr)
    assert "is not a file name of `cstool shard`" in done.stderr


def test_a_report(made: Made) -> None:
    pytest.importorskip("vl_convert")
    assert_safe(run("report", made["shard"], "-o", made.root / "r.html"))


def test_training_examples(made: Made, all_trained: dict[str, Trained]) -> None:
    options = ["--tokenizer", all_trained["wordpiece"].path, "--strategy", "wep", "-j", 1]
    assert_safe(run("mask", made["shard"], *options, "-o", made.root / "m"))


@pytest.mark.parametrize("option", ["--list", "--dry-run", "-o"])
@pytest.mark.parametrize("state", ["waiting\x1b[2J\u202e", "a\nFORGED", "done\x9b"])
def test_a_state_of_a_job(server: Server, tmp_path: Path, option: str, state: str) -> None:
    server.publish("swwiki", "20260920", {"pages-articles-multistream.xml.bz2": b"BZh"})
    server.publish("swwiki", "20261001", {"pages-articles-multistream.xml.bz2": b""}, status=state)
    out = [] if option == "--list" else ["-o", tmp_path / FOLDER]
    options = [] if option == "-o" else [option]
    assert_safe(run("download", "swwiki", "--mirror", server.url, *options, *out))


@pytest.mark.parametrize(
    "fault",
    [
        lambda made: ["show", made.root],
        lambda made: ["extract", made.root / "other.xml", made.dump, "-o", made.root / "o"],
        lambda made: ["titles", "--wiki", "frwiki", "--entities", made["entities"],
                      "--pages", made.root / "other.xml", "-o", made.root / "o"],
        lambda made: ["verify", made.root / "no\udcff"],
        lambda made: ["switch", made["link"], "--entities", made["entities"],
                      "--languages", CODES[0], "-o", made.root / "o"],
    ],
)  # fmt: skip
def test_faults(made: Made, fault: Callable[[Made], list[object]]) -> None:
    site = {"wiki": "en\x9b2J\u202ewiki", "language": "de"}
    (made.root / "other.xml").write_text(dump_xml([Source(TITLE, "A text.")], **site))
    done = cstool(*fault(made))
    assert done.returncode in (1, 2)
    assert_safe(done.stderr)


# ---- JSON ----


def in_terminal(*arguments: object) -> str:
    """Return what a command writes to standard output if that is a terminal."""
    main, side = pty.openpty()
    command = [sys.executable, "-m", "cstool", *map(str, arguments)]
    with subprocess.Popen(command, stdout=side, stderr=subprocess.PIPE) as process:
        os.close(side)
        out = b""
        while True:
            try:
                out += os.read(main, 1 << 16) or b""
            except OSError:  # the other side is closed
                break
        assert process.wait() == 0
    os.close(main)
    return out.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    "arguments",
    [
        lambda made: ["show", made["entities"], "--json", "--entity", "Q64"],
        lambda made: ["show", "entity", "Q64", "--entities", made["entities"], "--json"],
        lambda made: ["stats", made["link"], "--by", "title", "--json"],
        lambda made: ["verify", made["link"], "--quick", "--json"],
    ],
)
def test_json_is_exact_in_a_pipe_and_escaped_in_a_terminal(
    made: Made, arguments: Callable[[Made], list[object]]
) -> None:
    piped, shown = cstool(*arguments(made)).stdout, in_terminal(*arguments(made))
    assert json.loads(shown) == json.loads(piped)
    assert_safe(shown)
    # JSON escapes C0 everywhere; in a pipe, other characters are not escaped.
    assert re.search("[\x9b\u202e]", piped)


def test_numbers_of_a_folder_name_that_is_not_utf_8(made: Made, tmp_path: Path) -> None:
    pages = tmp_path / "t.parquet"
    raw = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    (Path(raw)).symlink_to(made["entities"])
    output = run("stats", raw, made["entities"], "--json", "--parquet", pages)
    assert raw in json.loads(output)["folders"]
    assert str(tmp_path / "\\xff") in pl.read_parquet(pages)["folder"].to_list()
