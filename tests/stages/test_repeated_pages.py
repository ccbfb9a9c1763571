"""Pages that occur more than once, in one dump or in several, in `extract` and `titles`."""

import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.errors import Unfinished
from cstool.execution.options import RunOptions
from cstool.stages.entities.stage import EntitiesOptions, entities
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.stages.titles.stage import titles
from cstool.storage.counts import imbalances
from cstool.storage.manifest import Manifest
from tests.support import Source, header_xml, item, page_xml, rows_of, wikidata_json

RUNNING = RunOptions(jobs=1, part_size=1, quiet=True)


def write(path: Path, pages: list[tuple[int, int, Source]]) -> str:
    """Write a dump with pages of these ids and revisions."""
    texts = [
        re.sub(r"(<revision>\s*<id>)\d+", rf"\g<1>{revision}", page_xml(page_id, page))
        for page_id, revision, page in pages
    ]
    path.write_text(header_xml() + "".join(texts) + "</mediawiki>\n")
    return str(path)


def run(dumps: list[str], out: Path, part_size: int = 1, **options: Any) -> Manifest:
    return extract(dumps, out, ExtractOptions(**options), RunOptions(1, part_size, quiet=True))


def test_the_page_of_two_files_is_read_once(tmp_path: Path) -> None:
    foo = Source("Foo", "'''Foo''' is a [[bar]]. It has a [[baz]] and a [[qux]].")
    one = write(tmp_path / "a.xml", [(1, 5, foo)])
    two = write(tmp_path / "b.xml", [(1, 5, foo), (2, 7, Source("Qux", "A [[baz]]."))])
    manifest = run([one, two], tmp_path / "out")
    rows = rows_of(tmp_path / "out")
    assert rows["id"].is_unique().all()
    assert rows["title"].to_list() == ["Foo", "Foo", "Qux"]
    pages, sentences, mentions = (
        manifest.counts.tally(unit) for unit in ("pages", "sentences", "mentions")
    )
    assert (pages.read, pages.written, pages.dropped) == (3, 2, {"page twice": 1})
    assert (sentences.read, sentences.written, sentences.dropped) == (5, 3, {"page twice": 2})
    assert (mentions.read, mentions.written, mentions.dropped) == (7, 4, {"page twice": 3})


@pytest.mark.parametrize("part_size", [1, 1 << 20])
def test_the_greatest_revision_counts_even_if_it_comes_first(
    tmp_path: Path, part_size: int
) -> None:
    newer, older = (Source("Foo", f"The [[{word}]] one.") for word in ("newer", "older"))
    dump = write(tmp_path / "a.xml", [(1, 9, newer), (2, 1, older), (1, 8, older), (1, 3, older)])
    run([dump], tmp_path / "out", part_size)
    texts = rows_of(tmp_path / "out").select("page_id", "revision_id", "text").rows()
    assert texts == [(1, 9, "The newer one."), (2, 1, "The older one.")]


def test_a_page_that_has_become_a_redirect_has_no_sentences(tmp_path: Path) -> None:
    article, moved = Source("Foo", "The [[bar]] one."), Source("Foo", redirect="Bar")
    talk = Source("Talk:Foo", "The [[bar]] one.", namespace=1)
    dump = write(
        tmp_path / "a.xml", [(1, 5, article), (1, 6, moved), (2, 7, article), (2, 8, talk)]
    )
    manifest = run([dump], tmp_path / "out")
    pages = manifest.counts.tally("pages")
    assert pages.dropped == {"page twice": 2, "redirect": 1, "other namespace": 1}
    assert not manifest.counts.tally("sentences").written


def test_sentences_that_wait_for_templates_are_those_of_the_latest_page(tmp_path: Path) -> None:
    cvt = Source("Template:Cvt", redirect="Template:Convert", namespace=10)
    older, newer = (Source("Foo", f"It has {{{{cvt|{n}|km}}}} of [[road]].") for n in (5, 7))
    a = write(tmp_path / "a.xml", [(1, 5, older), (9, 1, cvt)])
    b = write(tmp_path / "b.xml", [(1, 6, newer)])
    run([a, b], tmp_path / "out")
    (text,) = rows_of(tmp_path / "out")["text"]
    assert "7" in text


def test_parts_of_an_interrupted_run_end_as_those_of_a_whole_one(tmp_path: Path) -> None:
    pages = [(i % 3, i, Source(f"T{i % 3}", f"Page [[A{i}]].")) for i in range(1, 9)]
    dump = write(tmp_path / "a.xml", pages)
    run([dump], tmp_path / "whole")
    for task in ((1, 2), (2, 2)):
        with pytest.raises(Unfinished):
            extract(
                [dump],
                tmp_path / "out",
                ExtractOptions(),
                RunOptions(1, 1, quiet=True, array_task=task),
            )
    run([dump], tmp_path / "out")
    files = sorted(path.name for path in (tmp_path / "whole").glob("*.parquet"))
    assert files
    for file in files:
        assert (tmp_path / "out" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()
    assert run([dump], tmp_path / "out").parts == run([dump], tmp_path / "whole").parts


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=8),
    st.integers(1, 7),
    st.sampled_from([1, 40, 1 << 20]),
)
def test_each_sentence_id_occurs_once(
    tmp_path_factory: pytest.TempPathFactory,
    pages: list[tuple[int, int]],
    cut: int,
    part_size: int,
) -> None:
    folder = tmp_path_factory.mktemp("twice")
    every = [
        (i, r, Source(f"T{i}", f"Revision [[{r}]], [[n{n}]].")) for n, (i, r) in enumerate(pages)
    ]
    dumps = [
        write(folder / f"{n}.xml", some)
        for n, some in enumerate([every[:cut], every[cut:]])
        if some
    ]
    manifest = run(dumps, folder / "out", part_size)
    latest = {i: (r, n) for n, (i, r) in sorted(enumerate(pages), key=lambda one: one[1][1])}
    rows = rows_of(folder / "out")
    assert sorted(rows.select("page_id", "revision_id", "text").rows()) == sorted(
        (i, r, f"Revision {r}, n{n}.") for i, (r, n) in latest.items()
    )
    assert not imbalances(manifest.counts)
    beside = pl.concat([pl.read_parquet(p) for p in (folder / "out" / "_paragraphs").iterdir()])
    assert sorted(beside["id"]) == sorted(rows["id"])


def test_titles_takes_the_latest_target_of_a_redirect(tmp_path: Path) -> None:
    items = [item(1, {"en": "A"}, {"enwiki": "A"}), item(2, {"en": "B"}, {"enwiki": "B"})]
    (tmp_path / "wikidata.json").write_text(wikidata_json(items))
    entities(str(tmp_path / "wikidata.json"), tmp_path / "entities", EntitiesOptions(), RUNNING)
    a = write(tmp_path / "a.xml", [(5, 9, Source("R", redirect="B")), (6, 1, Source("A", "x"))])
    later = [
        (5, 8, Source("R", redirect="A")),
        (6, 1, Source("A", "x")),
        (7, 4, Source("Moved", redirect="A")),
        (7, 5, Source("To", "x")),
    ]
    b = write(tmp_path / "b.xml", later)
    manifest = titles("enwiki", tmp_path / "entities", [a, b], tmp_path / "titles", RUNNING)
    rows = rows_of(tmp_path / "titles").sort("title").rows()
    assert rows == [("A", 1, False), ("B", 2, False), ("R", 2, True)]
    assert manifest.counts.tally("pages").dropped == {"page twice": 3}
    assert not imbalances(manifest.counts)
