"""Extraction of sentences with mentions from page XML."""

import bz2
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import zstandard

from cstool.errors import CutInputError, InputError, OutputError
from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from cstool.storage.manifest import Manifest
from cstool.storage.schemas import sentence_id
from cstool.wikitext.page import PageReader
from cstool.wikitext.pending import PageText
from tests.conftest import Sample
from tests.support import Source, dump_xml, gzipped, rows_of, write_multistream

PAGES = [
    Source("Rome", "'''Rome''' is in [[Italy]]. It has no sea. It has {{odd}} [[river|rivers]]."),
    Source("Roma", redirect="Rome"),
    Source("Talk:Rome", "See [[Italy]].", namespace=1),
    Source("Empty"),
    Source("Italy", "== Land ==\nThe [[Alp]]s are in the north.\n\nMilan is big."),
]


def run(folder: Path, dump: Path | str, **options: Any) -> Manifest:
    running = RunOptions(jobs=1, quiet=True, part_size=options.pop("part_size", None))
    return extract([str(dump)], folder / "out", ExtractOptions(**options), running)


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    path = tmp_path / "dump.xml"
    path.write_text(dump_xml(PAGES))
    return path


def test_sentences_keep_their_place_and_their_links(tmp_path: Path, dump: Path) -> None:
    run(tmp_path, dump)
    assert rows_of(tmp_path / "out").to_dicts() == [
        {
            "id": sentence_id(1, 0),
            "page_id": 1,
            "revision_id": 9001,
            "title": "Rome",
            "position": 0,
            "text": "Rome is in Italy.",
            "mentions": [{"start": 11, "end": 16, "target": "Italy"}],
        },
        {
            "id": sentence_id(5, 0),
            "page_id": 5,
            "revision_id": 9005,
            "title": "Italy",
            "position": 0,
            "text": "The Alps are in the north.",
            "mentions": [{"start": 4, "end": 8, "target": "Alp"}],
        },
    ]


def test_every_page_and_sentence_is_accounted_for(tmp_path: Path, dump: Path) -> None:
    counts = run(tmp_path, dump).counts
    pages, sentences = counts.tallies["pages"], counts.tallies["sentences"]
    assert (pages.read, pages.written) == (5, 2)
    assert pages.dropped == {"other namespace": 1, "redirect": 1, "text empty": 1}
    assert (sentences.read, sentences.written) == (5, 2)
    assert sentences.dropped == {"hole": 1, "no mention": 2}
    assert counts.tallies["mentions"].dropped == {"in a dropped sentence": 1}
    assert counts.details["holes"] == {"odd": 1}


def test_all_sentences_keeps_the_others_under_the_same_ids(tmp_path: Path, dump: Path) -> None:
    run(tmp_path / "some", dump)
    run(tmp_path / "all", dump, all_sentences=True)
    some = rows_of(tmp_path / "some/out")
    every = rows_of(tmp_path / "all/out")
    assert every["text"].to_list() == [
        "Rome is in Italy.",
        "It has no sea.",
        "The Alps are in the north.",
        "Milan is big.",
    ]
    assert every.filter(every["id"].is_in(some["id"].to_list())).equals(some)


def test_all_compressions_and_cuts_give_the_same_rows(tmp_path: Path) -> None:
    pages = [Source(f"Page {i}", f"The page {i} links to [[Target {i}]]. " * 3) for i in range(40)]
    xml = dump_xml(pages).encode()
    dumps = {
        "plain.xml": xml,
        "one.xml.bz2": bz2.compress(xml),
        "one.xml.gz": gzipped(xml),
        "one.xml.zst": zstandard.compress(xml),
    }
    for name, data in dumps.items():
        (tmp_path / name).write_bytes(data)
    write_multistream(tmp_path / "multi.xml.bz2", pages, each=3)
    wanted = None
    for name in [*dumps, "multi.xml.bz2"]:
        for part_size in (1, 700, None):
            out = tmp_path / f"{name}-{part_size}"
            run(out, tmp_path / name, part_size=part_size)
            rows = rows_of(out / "out")
            wanted = rows if wanted is None else wanted
            assert rows.equals(wanted)
    assert wanted is not None
    assert len(wanted) == 120


def test_a_truncated_dump_is_an_error_and_keep_going_keeps_its_start(tmp_path: Path) -> None:
    pages = [Source(f"Page {i}", f"Number {i} is [[here]].") for i in range(30)]
    whole = write_multistream(tmp_path / "dump.xml.bz2", pages, each=2).read_bytes()
    (tmp_path / "dump.xml.bz2").write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(CutInputError, match=r"dump\.xml\.bz2: .*byte"):
        run(tmp_path, tmp_path / "dump.xml.bz2", part_size=1)
    manifest = run(tmp_path, tmp_path / "dump.xml.bz2", part_size=1, keep_going=True)
    kept = rows_of(tmp_path / "out")["title"].to_list()
    assert 10 <= len(kept) < 30
    assert kept == [f"Page {i}" for i in range(len(kept))]
    assert len(manifest.counts.details["damaged inputs"]) == 1


def test_dumps_of_two_wikis_are_refused(tmp_path: Path) -> None:
    for wiki in ("enwiki", "dewiki"):
        xml = dump_xml([Source("A", "An [[apple]].")], wiki=wiki, language=wiki[:2])
        (tmp_path / f"{wiki}.xml").write_text(xml)
    paths = [str(tmp_path / f"{wiki}.xml") for wiki in ("enwiki", "dewiki")]
    with pytest.raises(InputError, match=": dump of dewiki"):
        extract(paths, tmp_path / "out", ExtractOptions(), RunOptions(jobs=1, quiet=True))


def test_the_source_language_can_be_given(tmp_path: Path, dump: Path) -> None:
    manifest = run(tmp_path, dump, language="DE")
    assert manifest.source is not None
    assert (manifest.source.wiki, manifest.source.language) == ("enwiki", "de")


def test_an_internal_error_names_the_page(
    tmp_path: Path, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: PageReader, source: str, title: str, *, every: bool) -> PageText:
        raise RuntimeError("a bug")

    monkeypatch.setattr(PageReader, "read", fail)
    with pytest.raises(RuntimeError, match="a bug") as caught:
        run(tmp_path, dump)
    assert caught.value.__notes__ == ["in the page 'Rome', id 1"]


def test_a_page_that_takes_too_long_is_dropped(
    tmp_path: Path, dump: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = PageReader.read

    def slow(self: PageReader, source: str, title: str, *, every: bool) -> PageText:
        while title == "Rome":
            pass
        return read(self, source, title, every=every)

    monkeypatch.setattr(PageReader, "read", slow)
    monkeypatch.setattr("cstool.stages.extract.read_slice._PAGE_SECONDS", 0.05)
    pages = run(tmp_path, dump).counts.tallies["pages"]
    assert (pages.written, pages.dropped["took too long"]) == (1, 1)


def test_a_message_names_the_language_of_the_pages_if_siteinfo_is_wrong(tmp_path: Path) -> None:
    links = "[[Datei:A.jpg]]\n[[Kategorie:B]]\n" * 6
    dump = tmp_path / "dewiki.xml"
    dump.write_text(dump_xml([Source("Rom", f"Rom liegt in [[Italien]].\n{links}")]))
    messages: list[str] = []
    running = RunOptions(jobs=1, quiet=True)
    manifest = extract([str(dump)], tmp_path / "out", ExtractOptions(), running, messages.append)
    assert manifest.source is not None
    assert (manifest.source.wiki, manifest.source.language) == ("enwiki", "de")
    assert messages == [
        "dewiki.xml: <siteinfo> gives the language 'en', but the pages are in 'de' (12 of 12 links "
        "to files and categories), which is used; to override, give --language en"
    ]


def test_no_template_is_rendered_with_none(tmp_path: Path) -> None:
    xml = dump_xml([Source("A", "It is {{nowrap|a big}} [[apple]]. A [[pear]]{{sfn|X|2000}} too.")])
    (tmp_path / "dump.xml").write_text(xml)
    run(tmp_path / "known", tmp_path / "dump.xml")
    run(tmp_path / "none", tmp_path / "dump.xml", templates="none")
    known, none = (rows_of(tmp_path / f"{f}/out")["text"].to_list() for f in ("known", "none"))
    assert known == ["It is a big apple.", "A pear too."]
    assert none == ["A pear too."]


@pytest.mark.parametrize("folder", ["sentences", "linked"])
def test_anchors_of_the_sample_are_slices_of_their_sentence(pipeline: Path, folder: str) -> None:
    for row in rows_of(pipeline / folder).to_dicts():
        last = 0
        for mention in row["mentions"]:
            assert last <= mention["start"] < mention["end"] <= len(row["text"])
            last = mention["end"]
            assert row["text"][mention["start"] : mention["end"]].strip()


def test_the_samples_sentences_hold_no_markup(pipeline: Path) -> None:
    text = "\n".join(rows_of(pipeline / "sentences")["text"])
    for scar in ("[[", "]]", "{{", "}}", "'''", "<ref", "&nbsp;", "__", "( ;", "(, )", "  "):
        assert scar not in text


def test_any_script_can_be_the_source(sample: Sample, tmp_path: Path) -> None:
    running = RunOptions(jobs=1, quiet=True)
    manifest = extract([str(sample.japanese)], tmp_path, ExtractOptions(), running)
    assert manifest.source is not None
    assert manifest.source.language == "ja"
    texts = rows_of(tmp_path)["text"]
    assert len(texts) > 50
    assert (texts.str.ends_with("。")).mean() > 0.8  # type: ignore[operator]


def test_another_version_of_the_segmenter_is_another_run(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    running = RunOptions(jobs=1, quiet=True)
    made = extract([str(sample.pages)], out, ExtractOptions(), running)
    assert made.parameters["segmenter"].startswith(f"sentencex {version('sentencex')}, rules ")
    assert extract([str(sample.pages)], out, ExtractOptions(), running) == made
    monkeypatch.setattr("cstool.stages.extract.options.segmenter", lambda: "sentencex 0.9")
    with pytest.raises(OutputError, match=r"segmenter: .*--overwrite"):
        extract([str(sample.pages)], out, ExtractOptions(), running)


@pytest.mark.parametrize("ending", [".xml", ".xml.bz2", ".xml.gz"])
def test_a_page_above_the_size_limit_is_dropped_with_a_count(tmp_path: Path, ending: str) -> None:
    edge = "The [[Alp]]s, ä. "
    pages = [Source("Edge", edge), Source("Over", f"{edge}ä"), PAGES[0]]
    path = tmp_path / f"dump{ending}"
    if ending == ".xml.bz2":
        write_multistream(path, pages)
    else:
        data = dump_xml(pages).encode()
        path.write_bytes(gzipped(data) if ending == ".xml.gz" else data)
    size = len(edge.encode())
    manifest = run(tmp_path, path, largest_page=size)
    pages_read = manifest.counts.tally("pages")
    assert (pages_read.written, pages_read.dropped) == (1, {"text too long": 2})
    assert rows_of(tmp_path / "out")["title"].to_list() == ["Edge"]
    manifest = run(tmp_path / "less", path, largest_page=size - 1)
    assert manifest.counts.tally("pages").dropped == {"text too long": 3}
