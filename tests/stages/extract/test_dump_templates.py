"""Templates that are rendered by their definitions in the dump."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.errors import CutInputError, InputError
from cstool.execution.options import RunOptions
from cstool.stages.extract import stage, template_sources
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.manifest import Manifest
from tests.support import Source, rows_of, write_multistream


def template(name: str, text: str = "", redirect: str | None = None) -> Source:
    target = f"Template:{redirect}" if redirect else None
    return Source(f"Template:{name}", text, redirect=target, namespace=10)


def module(name: str, text: str) -> Source:
    return Source(f"Module:{name}", text, namespace=828, model="Scribunto")


PAGES = [
    Source(
        "A",
        "The [[Alp]]s. It is {{two|[[bay]]}} here. So {{gone|x}} is [[Denver]].\n\n"
        "A [[cow]] {{box}}and a [[dog]].\n\nIt ends with [[Erie]].",
    ),
    template("Two", "a {{{1}}}. It is near {{PAGENAME}}<noinclude>nothing</noinclude>"),
    Source("B", "So it is {{2|[[fog]]}}.\n* Each [[ox]] is {{other}}."),
    template("2", redirect="Two"),
    template("Box", "\n{| class=box\n| [[Hidden]]\n|}\n"),
    template("Other", "{{#if: {{{1|}}} | one | [[Other thing|another one]] }}"),
]
EXPECTED = [
    ("A", 0, 0, "The Alps.", ["Alp"]),
    ("A", 1, 0, "It is a bay.", ["Bay"]),
    ("A", 4, 1, "A cow", ["Cow"]),
    ("A", 5, 2, "and a dog.", ["Dog"]),
    ("A", 6, 3, "It ends with Erie.", ["Erie"]),
    ("B", 0, 0, "So it is a fog.", ["Fog"]),
    ("B", 2, 1, "Each ox is another one.", ["Ox", "Other thing"]),
]


def run(dump: Path, out: Path, jobs: int = 1, messages: Any = None, **options: Any) -> Manifest:
    running = RunOptions(jobs=jobs, quiet=True, part_size=300)
    on_message = (lambda message: None) if messages is None else messages.append
    return extract([str(dump)], out, ExtractOptions(**options), running, on_message)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return write_multistream(tmp_path / "dump.xml.bz2", PAGES)


def texts(folder: Path) -> list[str]:
    return rows_of(folder).sort("id")["text"].to_list()


def found(folder: Path) -> list[tuple[str, int, int, str, list[str]]]:
    """Return title, position, paragraph, text and targets of each row, in their order."""
    rows = rows_of(folder)
    paragraphs = pl.read_parquet(folder / "_paragraphs")
    assert rows["id"].to_list() == paragraphs["id"].to_list()
    return [
        (title, position, paragraph, text, [m["target"] for m in mentions])
        for title, position, paragraph, text, mentions in zip(
            rows["title"], rows["position"], paragraphs["paragraph"], rows["text"],
            rows["mentions"], strict=True,
        )
    ]  # fmt: skip


def test_definitions_from_the_whole_dump_are_used(tmp_path: Path, dump: Path) -> None:
    manifest = run(dump, tmp_path / "out")
    assert found(tmp_path / "out") == EXPECTED
    sentences = manifest.counts.tallies["sentences"]
    assert (sentences.written, sentences.dropped) == (7, {"hole": 1, "no mention": 2})
    assert manifest.counts.details["holes"] == {"gone": 1}
    mentions = manifest.counts.tallies["mentions"]
    assert (mentions.written, mentions.dropped) == (8, {"in a dropped sentence": 1})


def test_the_same_bytes_for_any_number_of_workers_and_after_a_stop(
    tmp_path: Path, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run(dump, tmp_path / "one")
    assert run(dump, tmp_path / "two", jobs=2).parts == one.parts
    with monkeypatch.context() as patched:
        patched.setattr(stage, "gather", stopping)
        with pytest.raises(KeyboardInterrupt):
            run(dump, tmp_path / "three")
    assert run(dump, tmp_path / "three").parts == one.parts


def stopping(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_run_that_starts_over_in_the_same_process_uses_its_own_definitions(
    tmp_path: Path,
) -> None:
    running = RunOptions(jobs=1, quiet=True, overwrite=True)
    for word in ("old", "new"):
        pages = [Source("A", "The [[cow]] is {{x}}."), template("X", word)]
        dump = write_multistream(tmp_path / "dump.xml.bz2", pages)
        extract([str(dump)], tmp_path / "out", ExtractOptions(), running)
        assert texts(tmp_path / "out") == [f"The cow is {word}."]


def test_rules_alone_leave_holes(tmp_path: Path, dump: Path) -> None:
    run(dump, tmp_path / "out", templates="rules")
    assert texts(tmp_path / "out") == ["The Alps.", "It ends with Erie."]


def test_templates_of_another_file_are_used(tmp_path: Path, dump: Path) -> None:
    articles = [page for page in PAGES if not page.namespace]
    alone = write_multistream(tmp_path / "articles.xml.bz2", articles)
    messages: list[str] = []
    run(alone, tmp_path / "without", messages=messages)
    assert texts(tmp_path / "without") == ["The Alps.", "It ends with Erie."]
    assert "--template-pages" in messages[0]
    made = run(alone, tmp_path / "out", template_pages=(str(dump),))
    assert found(tmp_path / "out") == EXPECTED
    assert [given.name for given in made.inputs] == ["articles.xml.bz2", "dump.xml.bz2"]


def test_the_readable_part_of_damaged_template_pages_is_kept_on_request(
    tmp_path: Path, dump: Path
) -> None:
    alone = write_multistream(tmp_path / "articles.xml.bz2", [PAGES[0]])
    cut = tmp_path / "cut.xml.bz2"
    cut.write_bytes(dump.read_bytes()[:-400])
    with pytest.raises(CutInputError, match=r"cut\.xml\.bz2.*truncated"):
        run(alone, tmp_path / "out", template_pages=(str(cut),))
    made = run(alone, tmp_path / "kept", template_pages=(str(cut),), keep_going=True)
    assert "It is a bay." in texts(tmp_path / "kept")
    (message,) = made.counts.details["damaged inputs"]
    assert "cut.xml.bz2" in message


def test_templates_of_another_wiki_are_refused(tmp_path: Path, dump: Path) -> None:
    other = write_multistream(tmp_path / "other.xml.bz2", PAGES, wiki="dewiki")
    with pytest.raises(InputError, match=r"other\.xml\.bz2: is a dump of dewiki, but .* enwiki"):
        run(dump, tmp_path / "out", template_pages=(str(other),))


def test_a_rule_that_disagrees_with_the_definition_is_not_used(tmp_path: Path) -> None:
    pages = [
        Source("A", "It is {{nowrap|[[bay]]}}. It is {{lang|fr|''[[lait]]''}}."),
        template("Nowrap", "<span>{{{1}}}</span>, not broken"),
        template("Lang", "<i lang={{{1}}}>{{{2}}}</i>"),
    ]
    messages: list[str] = []
    dump = write_multistream(tmp_path / "dump.xml.bz2", pages)
    made = run(dump, tmp_path / "out", messages=messages)
    assert texts(tmp_path / "out") == ["It is bay, not broken.", "It is lait."]
    assert made.counts.details["rules not used"] == {"nowrap": 1}
    assert "1 template" in messages[0] and "nowrap" in messages[0]


def test_a_rule_is_compared_with_calls_that_give_other_arguments(tmp_path: Path) -> None:
    halves = " ".join(f"It is {{{{frac|1|{n}}}}} [[bay]]." for n in range(2, 8))
    pages = [
        Source("A", f"{halves} It is {{{{frac|2|1|2}}}} [[bay]]."),
        template("Frac", "{{{1}}}⁄{{{2}}}{{#if:{{{3|}}}|⁄{{{3}}}}}"),
    ]
    dump = write_multistream(tmp_path / "dump.xml.bz2", pages)
    made = run(dump, tmp_path / "out")
    assert made.counts.details["rules not used"] == {"frac": 1}
    assert texts(tmp_path / "out")[-1] == "It is 2⁄1⁄2 bay."


def test_modules_are_run(tmp_path: Path) -> None:
    pytest.importorskip("lupa")
    code = "return { f = function(frame) return '[[' .. frame.args[1] .. ']]' end }"
    pages = [
        Source("A", "It is {{linked|Bay}}."),
        template("Linked", "{{#invoke:Link|f|{{{1}}}}}"),
        module("Link", code),
    ]
    dump = write_multistream(tmp_path / "dump.xml.bz2", pages)
    made = run(dump, tmp_path / "out")
    assert found(tmp_path / "out") == [("A", 0, 0, "It is Bay.", ["Bay"])]
    assert made.parameters["lua"].startswith("lua 5.1")


def test_without_lupa_modules_leave_holes_and_a_message_says_how_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for importing in (stage, template_sources):
        monkeypatch.setattr(importing, "lua_version", lambda: None)
    pages = [
        Source("A", "It is {{linked|Bay}} or [[Bay]]."),
        template("Linked", "{{#invoke:Link|f|{{{1}}}}}"),
        module("Link", "return {}"),
    ]
    messages: list[str] = []
    dump = write_multistream(tmp_path / "dump.xml.bz2", pages)
    made = run(dump, tmp_path / "out", messages=messages)
    assert made.parameters["lua"] is None
    assert made.counts.tallies["sentences"].dropped == {"hole": 1}
    assert messages[0].startswith("lupa is not installed")
    assert messages[1].startswith("1 module (Lua) in the dump cannot be run")


def test_formulas_as_tex(tmp_path: Path) -> None:
    pages = [Source("A", "An [[area]] is <math>a^2</math> of a [[square]].")]
    dump = write_multistream(tmp_path / "dump.xml.bz2", pages)
    run(dump, tmp_path / "out", formulas="tex")
    rows = rows_of(tmp_path / "out")
    assert rows["text"].to_list() == ["An area is $a^2$ of a square."]
    assert [m["start"] for m in rows["mentions"][0]] == [3, 22]
    run(dump, tmp_path / "holes")
    assert texts(tmp_path / "holes") == []
