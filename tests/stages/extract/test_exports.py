"""Exports of other forms than MediaWiki's own, in `extract` and `titles`."""

import bz2
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import polars as pl
import pytest

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.report.verify.check import targets, verify
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.titles.stage import titles
from cstool.storage.manifest import Manifest
from tests.cli.test_commands import cstool, fails
from tests.support import item, rows_of, wikidata_json

RUNNING = RunOptions(jobs=1, quiet=True)
# As MediaWiki Content File Exports write it: in no order, and names are not escaped.
SITEINFO = """  <siteinfo>
    <sitename>Wikipedia & co</sitename>
    <dbname>swwiki</dbname>
    <base>https://sw.wikipedia.org/wiki/?a=1&b=2</base>
    <generator>MediaWiki Content File Export 0.2</generator>
    <case>first-letter</case>
    <namespaces>
      <namespace key="14" case="first-letter">Jamii</namespace>
      <namespace key="3000" case="first-letter">Swali & Jibu</namespace>
      <namespace key="0" case="first-letter" />
      <namespace key="10" case="case-sensitive">Kigezo</namespace>
    </namespaces>
  </siteinfo>
"""
ROOT = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="0.11" xml:lang="en">
"""


def page(
    id_: int, title: str, text: str | None, *, ns: int | None = 0, revision: int = 1, **more: str
) -> str:
    """Return a page as a content export has it; `text`: None if it is hidden."""
    if text is None:
        element = '<text bytes="-1" deleted="deleted" />'
    elif not text:
        element = '<text bytes="0" />'
    else:
        size = len(text.encode())
        element = f'<text bytes="{size}" sha1="x" xml:space="preserve">{escape(text)}</text>'
    named = "" if ns is None else f"\n    <ns>{ns}</ns>"
    return f"""  <page>
    <title>{escape(title)}</title>{named}
    <id>{id_}</id>{more.get("redirect", "")}
    <revision>
      <id>{revision}</id>
      <parentid>0</parentid>
      <timestamp>2026-09-30T00:00:00Z</timestamp>
      <contributor deleted="deleted" />
      <comment deleted="deleted" />
      <origin>{revision}</origin>
      <model>{more.get("model", "wikitext")}</model>
      <format>text/x-wiki</format>
      {more.get("before", "")}{element}{more.get("after", "")}
      <sha1 />
    </revision>
  </page>
"""


SLOT = """
      <content>
        <role>mediainfo</role>
        <origin>1</origin>
        <model>error-no-model</model>
        <format>error-no-format</format>
        <text bytes="2" sha1="x" xml:space="preserve">{}</text>
      </content>"""
PAGES = [
    page(1, "Dar_es_Salaam", "'''Dar''' ni mji wa [[Tanzania]]. Ni [[:Jamii:Miji]] na [[mji]]."),
    page(2, "Dar", "#REDIRECT [[Dar es Salaam]]"),
    page(3, "Hidden", None),
    page(4, "Empty", ""),
    page(5, "Majadiliano:Dar", "Ni [[mji]].", ns=1),
    page(6, "Slots", "Ni [[mji]] wa pili.", after=SLOT),
    page(7, "Slots first", "Ni [[mji]] wa tatu.", before=SLOT.lstrip()),
    page(8, "Swali & Jibu:Dar", "Ni [[mji]].", ns=3000),
    page(9, "No model", "Ni [[Swali & Jibu:Dar|swali]] la [[mji]].", model="error-no-model"),
]
TEXTS = [
    "Dar ni mji wa Tanzania.",
    "Ni Jamii:Miji na mji.",
    "Ni mji wa pili.",
    "Ni mji wa tatu.",
    "Ni swali la mji.",
]


def plain(path: Path, head: str, pages: list[str]) -> Path:
    path.write_text(f"{head}{''.join(pages)}</mediawiki>\n")
    return path


def one_stream(path: Path, head: str, pages: list[str]) -> Path:
    whole = f"{head}{''.join(pages)}</mediawiki>\n"
    path = path.with_suffix(".xml.bz2")
    path.write_bytes(bz2.compress(whole.encode()))
    return path


def multistream(path: Path, head: str, pages: list[str]) -> Path:
    path = path.with_suffix(".xml.bz2")
    streams = [head, *("".join(pages[i : i + 2]) for i in range(0, len(pages), 2)), "</mediawiki>"]
    path.write_bytes(b"".join(bz2.compress(s.encode()) for s in streams))
    return path


def in_blocks(path: Path, head: str, pages: list[str]) -> Path:
    """Write one bz2 stream of many blocks, which workers decode."""
    space = "".join(random.Random(1).choices(" \n\t", k=100_000))
    path = path.with_suffix(".xml.bz2")
    whole = head + "".join(page + space for page in pages) + "</mediawiki>\n"
    path.write_bytes(bz2.compress(whole.encode(), 1))
    return path


FORMS = pytest.mark.parametrize("form", [plain, one_stream, multistream, in_blocks])
Form = Callable[[Path, str, list[str]], Path]


def run(dumps: list[Path], out: Path, **options: Any) -> tuple[Manifest, list[str]]:
    notes: list[str] = []
    options = {"all_sentences": True} | options
    manifest = extract(
        [str(d) for d in dumps], out, ExtractOptions(**options), RUNNING, notes.append
    )
    return manifest, notes


@FORMS
def test_a_content_file_export_is_read(tmp_path: Path, form: Form) -> None:
    dump = form(tmp_path / "swwiki-2026-10-01-p1p9.xml", ROOT + SITEINFO, PAGES)
    manifest, notes = run([dump], tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    assert rows["text"].to_list() == TEXTS
    assert rows["title"][0] == "Dar es Salaam"
    assert [[m["target"] for m in row] for row in rows["mentions"]] == [
        ["Tanzania"], ["Mji"], ["Mji"], ["Mji"], ["Mji"],
    ]  # fmt: skip
    assert manifest.counts.tally("pages").dropped == {
        "redirect": 1, "text deleted": 1, "text empty": 1, "other namespace": 2,
    }  # fmt: skip
    assert manifest.source is not None
    assert (manifest.source.wiki, manifest.source.language) == ("swwiki", "sw")
    assert notes == [f"{dump.name}: xml:lang is 'en', read as 'sw' (swwiki)"]


def test_no_message_on_the_language_of_an_export_if_the_one_given_is_the_same(
    tmp_path: Path,
) -> None:
    dump = plain(tmp_path / "d.xml", ROOT + SITEINFO, PAGES)
    manifest, notes = run([dump], tmp_path / "out", language="en")
    assert manifest.source is not None
    assert (manifest.source.language, notes) == ("en", [])


def without(*parts: str) -> str:
    """Return a header without these elements and attributes."""
    head = ROOT + SITEINFO
    for part in parts:
        start = head.index(part)
        head = head[:start] + head[head.index(part.replace("<", "</")) + len(part) + 1 :]
    return head


HEADS = {
    "nothing": "<mediawiki>\n",
    "language only": '<mediawiki xml:lang="sw" version="0.11">\n',
    "no names": without("<dbname>", "<case>", "<sitename>", "<base>", "<generator>"),
    "no namespaces": without("<dbname>", "<namespaces>"),
    "another wiki": (ROOT + SITEINFO).replace("swwiki", "dewiki"),
}


@FORMS
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_the_wiki_given_says_whose_text_it_is(tmp_path: Path, form: Form, head: str) -> None:
    pages = [page.replace("Swali &amp; Jibu:Dar", "Lango:Dar") for page in PAGES]
    dump = form(tmp_path / "d.xml", head, pages)
    manifest, notes = run([dump], tmp_path / "out", wiki="swwiki")
    assert rows_of(tmp_path / "out")["text"].to_list()[:4] == TEXTS[:4]
    assert manifest.counts.tally("pages").dropped["redirect"] == 1
    assert manifest.source is not None
    assert (manifest.source.wiki, manifest.source.language) == ("swwiki", "sw")
    assert manifest.parameters["wiki"] == "swwiki"
    wrong = ["names dewiki, read as swwiki"] if "dewiki" in head else []
    wrong = wrong or (["xml:lang is 'en', read as 'sw'"] if 'lang="en"' in head else [])
    assert len(notes) == len(wrong)
    assert all(words in note for words, note in zip(wrong, notes, strict=True))


def test_the_language_of_the_pages_does_not_override_the_wiki_given(tmp_path: Path) -> None:
    german = page(1, "Bonn", "Es ist [[Stadt]]. " + "[[Kategorie:X]] [[Datei:Y.jpg]]\n" * 9)
    dump = plain(tmp_path / "d.xml", HEADS["nothing"], [german])
    for number, (options, language, words) in enumerate(
        (
            ({"wiki": "swwiki"}, "sw", "the pages are in 'de'"),
            ({"wiki": "swwiki", "language": "fr"}, "fr", ""),
            ({"wiki": "dewiki"}, "de", ""),
        )
    ):
        manifest, notes = run([dump], tmp_path / f"{number}", **options)
        assert manifest.source is not None
        assert manifest.source.language == language
        assert manifest.source.wiki == options["wiki"]
        assert (words in notes[0]) if words else not notes


@FORMS
@pytest.mark.parametrize(
    ("head", "missing"),
    [(HEADS["nothing"], "<siteinfo> element"), (HEADS["no namespaces"], "dbname in <siteinfo>")],
)
def test_without_it_the_message_says_what_is_missing(
    tmp_path: Path, form: Form, head: str, missing: str
) -> None:
    dump = form(tmp_path / "swwiki-2026-10-01-p1p9.xml", head, PAGES)
    with pytest.raises(InputError, match=rf"p1p9\.xml.*: no {missing}.*--wiki swwiki"):
        run([dump], tmp_path / "out")


def test_the_message_suggests_the_wiki_of_the_language(tmp_path: Path) -> None:
    dump = plain(tmp_path / "d.xml", HEADS["language only"], PAGES)
    with pytest.raises(InputError, match="such as --wiki swwiki"):
        run([dump], tmp_path / "out")


@FORMS
def test_what_pages_lack_is_read_from_their_titles_and_texts(tmp_path: Path, form: Form) -> None:
    pages = [
        page(1, "Dar", "Ni [[mji]] wa kwanza.", ns=None),
        page(2, "Majadiliano:Dar", "Ni [[mji]].", ns=None),
        page(3, "Talk:Dar", "Ni [[mji]].", ns=None),
        page(4, "Filamu: jina", "Ni [[filamu]] nzuri.", ns=None),
        page(5, "Mji", "#redirect: [[Dar#x|y]]", ns=None),
        "<page><title>Wa mwisho</title><id>6</id><revision><text>Ni [[mji]]. </text></revision>"
        "</page>",
    ]
    dump = form(tmp_path / "d.xml", "<mediawiki>", pages)
    manifest, _ = run([dump], tmp_path / "out", wiki="swwiki")
    rows = rows_of(tmp_path / "out").select("title", "revision_id", "text").rows()
    assert rows == [
        ("Dar", 1, "Ni mji wa kwanza."),
        ("Filamu: jina", 1, "Ni filamu nzuri."),
        ("Wa mwisho", 0, "Ni mji."),
    ]
    assert manifest.counts.tally("pages").dropped == {"other namespace": 2, "redirect": 1}


@FORMS
def test_a_root_of_another_name_is_read_if_it_has_pages(tmp_path: Path, form: Form) -> None:
    dump = form(tmp_path / "d.xml", "<?xml version='1.0'?>\n<mediawiki>", PAGES)
    data = dump.read_bytes()
    if form is plain:
        dump.write_bytes(data.replace(b"mediawiki>", b"export>"))
    else:  # each stream on its own
        streams = [bz2.decompress(b"BZh" + piece) for piece in data.split(b"BZh")[1:]]
        streams = [xml.replace(b"mediawiki>", b"export>") for xml in streams]
        level = 1 if form is in_blocks else 9
        dump.write_bytes(b"".join(bz2.compress(xml, level) for xml in streams))
    run([dump], tmp_path / "out", wiki="swwiki")
    assert rows_of(tmp_path / "out")["text"].to_list()[:4] == TEXTS[:4]
    dump = tmp_path / "feed.xml"
    for xml in ("<feed><doc/></feed>", "<feed/>", "<feed>x</feed>", "<feed>x"):
        dump.write_text(xml)
        with pytest.raises(InputError, match=r"not a MediaWiki XML export .*<feed>"):
            run([dump], tmp_path / "none", wiki="swwiki")


@FORMS
def test_the_last_revision_counts_over_all_files_of_a_history(tmp_path: Path, form: Form) -> None:
    def text(word: str) -> str:
        return f"Ni [[mji]] {word}."

    head = ROOT + SITEINFO
    many = page(5, "Dar", text("x"), revision=50)
    start = many.index("    <revision>")
    later = page(5, "Dar", text("y"), revision=51)[start:]
    folder = tmp_path / "history"
    folder.mkdir()
    for name, pages in {
        "p1p4": [page(4, "Moja", text("moja"), revision=2)],
        "p5r10r51": [many[: many.index("  </page>")] + later, "", ""],
        "p5r52r52": [page(5, "Dar", text("mwisho"), revision=52), "", ""],
        "p6p900": [page(6, "Mbili", "", revision=9), page(6, "Mbili", text("pia"), revision=10)],
    }.items():
        form(folder / f"swwiki-2026-10-01-{name}.xml", head, pages)
    manifest, _ = run([folder], tmp_path / "out")
    assert rows_of(tmp_path / "out")["text"].to_list() == [
        "Ni mji moja.", "Ni mji mwisho.", "Ni mji pia.",
    ]  # fmt: skip
    assert manifest.counts.tally("pages").dropped == {"page twice": 1, "text empty": 1}
    names = [given.name.partition(".")[0] for given in manifest.inputs]
    assert [name.rpartition("-")[2] for name in names] == ["p1p4", "p5r10r51", "p5r52r52", "p6p900"]
    found = verify(targets([tmp_path / "out", folder]))
    assert (found.sound, found.unchecked) == (True, [])


def test_a_folder_and_its_files_in_any_order_give_the_same_output(tmp_path: Path) -> None:
    folder = tmp_path / "dumps"
    folder.mkdir()
    dumps = [
        plain(folder / f"swwiki-2026-10-01-{name}.xml", ROOT + SITEINFO, [pages])
        for name, pages in (("p1p9", PAGES[0]), ("p10p99", PAGES[5]))
    ]
    (folder / "swwiki-20261001-page.sql").write_text("-- no pages")
    made = [run(dumps, tmp_path / f"{n}")[0] for n, dumps in enumerate(
        ([folder], dumps, dumps[::-1], [folder / ".." / "dumps"])
    )]  # fmt: skip
    assert all(one == made[0] for one in made)


def test_titles_reads_a_folder_and_exports_without_siteinfo(tmp_path: Path) -> None:
    (tmp_path / "wikidata.json").write_text(
        wikidata_json([item(1960, {}, {"swwiki": "Dar es Salaam"}), item(2, {"en": "x"})])
    )
    entities(
        str(tmp_path / "wikidata.json"), tmp_path / "entities", EntitiesOptions(),
        replace(RUNNING, part_size=4000),
    )  # fmt: skip
    for number, head in enumerate((ROOT + SITEINFO, HEADS["nothing"], HEADS["no names"])):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        plain(folder / "swwiki-2026-10-01-p1p1.xml", head, PAGES[:1])
        pages = [page(2, "Dar", "#REDIRECT [[Dar_es_Salaam]]", ns=None), *PAGES[2:]]
        plain(folder / "swwiki-2026-10-01-p2p9.xml", head, pages)
        out = tmp_path / f"titles-{number}"
        manifest = titles("swwiki", tmp_path / "entities", [str(folder)], out, RUNNING)
        table = pl.read_parquet(sorted(out.glob("part-*.parquet")))
        assert sorted(table.select("title", "qid").rows()) == [
            ("Dar", 1960), ("Dar es Salaam", 1960),
        ]  # fmt: skip
        assert manifest.source is not None
        assert (manifest.source.wiki, manifest.source.language) == ("swwiki", "sw")
        assert len(manifest.inputs) == 3


def test_messages_of_the_command_are_one_line(tmp_path: Path) -> None:
    plain(tmp_path / "swwiki-2026-10-01-p1p9.xml", "<mediawiki>", PAGES)
    plain(tmp_path / "enwiki-2026-10-01-p1p9.xml", "<mediawiki>", PAGES)
    done = cstool("extract", tmp_path, "-o", "o", cwd=tmp_path)
    fails(done, str(tmp_path), "wikis enwiki and swwiki", "swwiki-2026-10-01-p*.xml*")
    dump = "swwiki-2026-10-01-p1p9.xml"
    fails(cstool("extract", dump, "-o", "o", cwd=tmp_path), dump, "--wiki swwiki")
    done = cstool("extract", dump, "--wiki", "SWIKI", "-o", "o", cwd=tmp_path)
    fails(done, "--wiki", "'swiki'", "swwiki")
    done = cstool("extract", dump, "--wiki", "SWwiki", "-o", "o", cwd=tmp_path)
    assert done.returncode == 0
