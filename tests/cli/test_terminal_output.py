"""No command passes on control characters or overrides of direction from its input."""

import ast
import re
from pathlib import Path

import pytest

from tests.cli.test_commands import cstool
from tests.conftest import ROOT
from tests.support import Source, dump_xml, item, wikidata_json

# Escape sequences, C1 controls, overrides and isolates of direction, lines within values.
ESCAPE, C1, OVERRIDE = "\x1b[31m", "\x9b2J", "\u202e"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
WIKI = f"en{OVERRIDE}wiki"
TITLE = f"Berlin{C1}{OVERRIDE}x"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dumps and folders whose names, titles, codes and texts hold what a terminal obeys."""
    folder = tmp_path_factory.mktemp(f"in{OVERRIDE}{ESCAPE}")
    text = f"The [[{TITLE}|city{OVERRIDE}]] lies{C1} in [[Germany]] and is{OVERRIDE} large."
    pages = [Source(TITLE, text), Source("Germany", f"[[{TITLE}]] is its capital.")]
    (folder / "d.xml").write_text(dump_xml(pages, wiki=WIKI))
    labels = {
        "en": TITLE,
        f"{ESCAPE}de": "Berlin",
        f"de{OVERRIDE}": f"B{C1}",
        "fr": f"Ber{OVERRIDE}",
    }
    items = [item(64, labels, {WIKI: TITLE}), item(183, {"fr": "Allemagne"}, {WIKI: "Germany"})]
    (folder / "w.json").write_text(wikidata_json(items))
    return folder


def stages(folder: Path) -> list[list[object]]:
    """Return the commands of the pipeline, in order."""
    names = ("entities", "titles", "sentences", "linked", "switched", "corpus")
    entities, titles, sentences, linked, switched, corpus = (folder / name for name in names)
    pages = ["--pages", folder / "d.xml"]
    languages = ["--languages", "fr", "--recipe", "entitycs"]
    return [
        ["entities", folder / "w.json", "-o", entities],
        ["titles", "--wiki", WIKI, "--entities", entities, *pages, "-o", titles],
        ["extract", folder / "d.xml", "-o", sentences],
        ["link", sentences, "--titles", titles, "-o", linked],
        ["switch", linked, "--entities", entities, *languages, "-o", switched],
        ["shard", switched, "-o", corpus],
    ]


def safe(*command: object) -> None:
    done = cstool(*command)
    shown = done.stdout + done.stderr
    assert not UNSAFE.search(shown), repr(shown)
    assert "internal fault" not in done.stderr


def test_stages_and_what_looks_at_them_print_escapes_only(hostile: Path) -> None:
    for command in stages(hostile):
        safe(*command, "-j", "1")
    for folder in ("entities", "titles", "sentences", "linked", "switched", "corpus"):
        if (hostile / folder).exists():
            safe("stats", hostile / folder)
            safe("show", hostile / folder)
    safe("stats", hostile / "sentences", "--by", "title")
    safe("stats", hostile / "linked", "--by", "type", "--entities", hostile / "entities")
    safe("show", "Q64", "--entities", hostile / "entities")
    safe("verify", hostile)
    safe("push", hostile / "corpus", f"me/x{OVERRIDE}", "--dry-run")


@pytest.mark.parametrize(
    "command",
    [
        ["extract", f"no{ESCAPE}\nsuch{OVERRIDE}", "-o", "x"],
        ["switch", "x", "--entities", "y", "--languages", f"de{OVERRIDE}{ESCAPE}", "-o", "z"],
        ["stats", f"{ESCAPE}none"],
        [f"{ESCAPE}command"],
        ["show", f"none{C1}", "--language", ESCAPE],
        ["download", f"en{ESCAPE}", "-o", "x"],
    ],
)
def test_arguments_are_repeated_as_escapes(command: list[str], tmp_path: Path) -> None:
    done = cstool(*command, cwd=tmp_path)
    assert done.returncode
    assert not UNSAFE.search(done.stderr), repr(done.stderr)


def test_only_one_module_writes_to_the_terminal() -> None:
    found = set()
    for path in sorted((ROOT / "cstool").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "click.echo", "click.secho", "click.echo_via_pager") or (
                    re.fullmatch(r"sys\.std(out|err)(\.buffer)?\.write|tqdm\.write", called)
                ):
                    found.add(path.relative_to(ROOT / "cstool").as_posix())
    assert found == {"running/terminal.py"}
