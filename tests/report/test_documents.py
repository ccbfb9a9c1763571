"""The output of stats, show and report for paragraphs, pages and pairs of pages."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pytest
from click.testing import CliRunner

from cstool.cli.main import cstool
from cstool.execution.executors import InlineExecutor
from cstool.execution.options import RunOptions
from cstool.report.html.facts import facts_of
from cstool.report.html.page import page_of
from cstool.report.stats.folder import folder_stats
from cstool.storage.counts import Counts, Tally
from cstool.storage.ownership import Claim
from cstool.storage.parts import Batches, PartFolder, PartSpec, write_part
from cstool.storage.run import Run
from cstool.storage.schemas import PAIRED
from tests.stages.shard.documents import ANNOTATED, PAGE, Document, write_documents
from tests.stages.shard.switched import make_corpus

DOCUMENTS = [
    Document(
        n,
        [[f"is sentence {i} of {n}." for i in range(14)] for _ in range(1 + n % 5)],
        ("de", "fr"),
        gaps=n % 2,
    )
    for n in range(1, 41)
]
PASSES = replace(ANNOTATED, passes=2)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("documents")
    make_corpus(write_documents(folder / "annotated", DOCUMENTS, PASSES), folder / "corpus")
    write_documents(folder / "replaced", DOCUMENTS, PAGE)
    _write_pairs(folder / "pairs")
    return folder


def _write_pairs(folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for qid in range(1, 11):
        wikis = [("en", "One is here.\n\nTwo."), ("sw", "Moja iko hapa."), ("ja", "一がある。")]
        text, segments = "", []
        for code, own in wikis[: 2 + qid % 2]:
            text += "\n\n" if text else ""
            place = {"start": len(text), "end": len(text) + len(own)}
            text += own
            of_page = {"language": code, "wiki": f"{code}wiki", "page_id": qid, "title": f"T{qid}"}
            segments.append(of_page | place)
        codes = [one["language"] for one in segments]
        rows.append({"qid": qid, "languages": codes, "segments": segments, "text": text})

    def batches() -> Batches:
        yield pa.Table.from_pylist(rows, PAIRED)
        return Counts()

    name = "part-000000.parquet"
    made = write_part(PartFolder(folder, folder / "_w", "r"), name, name, PartSpec(PAIRED),
                      batches())  # fmt: skip
    run = Run(folder, Claim("pair", "0", {}, []), RunOptions(jobs=1), InlineExecutor())
    details = {"pages by language": {"en": 10, "sw": 10, "ja": 5}}
    run.finish([made], Counts({"rows": Tally(10, 10)}, details), unit="page")


def output(*arguments: Any) -> str:
    result = CliRunner().invoke(cstool, [*map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_stats_of_a_corpus_are_those_of_its_folder(folders: Path) -> None:
    corpus, switched = folder_stats(folders / "corpus"), folder_stats(folders / "annotated")
    assert (corpus.unit, corpus.passes) == ("page", 2)
    for one, other in zip(corpus.languages, switched.languages, strict=True):
        assert one.language == other.language
        assert (one.rows, one.words, one.entities) == (other.rows, other.words, other.entities)
        assert one.documents
        assert other.documents
        # The share of switched entities is known only from the rows.
        assert one.documents == msgspec.structs.replace(other.documents, switched=None)
        if one.language != "en":
            assert one.mixing == other.mixing
    assert corpus.source == switched.source
    assert corpus.switched == switched.switched


def test_quantiles_and_shares_are_those_of_the_rows(folders: Path) -> None:
    rows = pl.read_parquet(folders / "replaced/part-*.parquet")
    stats = {one.language: one for one in folder_stats(folders / "replaced").languages}
    here = rows.filter(pl.col("language") == "de")
    documents = stats["de"].documents
    assert documents
    lengths = here["text"].str.len_chars()
    for share, found in zip((0.1, 0.5, 0.9, 0.99), documents.characters, strict=True):
        assert found == pytest.approx(lengths.quantile(share), rel=0.1)
    assert documents.gaps == here["gaps"].sum()
    assert documents.switched == 1.0
    names = sum(e["end"] - e["start"] for row in here["entities"].to_list() for e in row)
    assert documents.in_names == pytest.approx(names / int(lengths.sum()))


def test_tables_name_the_unit(folders: Path, tmp_path: Path) -> None:
    text = output("stats", folders / "corpus")
    assert text.split()[:3] == ["language", "pages", "words"]
    assert "per page" in text
    assert "with gaps" in text
    output("stats", folders / "corpus", "--parquet", tmp_path / "t.parquet")
    assert pl.read_parquet(tmp_path / "t.parquet")["characters"].dtype == pl.List
    head = msgspec.json.decode(output("stats", folders / "corpus", "--json"))
    assert head["unit"] == "page"


def test_pairs_are_counted_by_language_and_combination(folders: Path) -> None:
    pairs = folder_stats(folders / "pairs").pairs
    assert pairs
    assert (pairs.rows, pairs.combinations) == (10, {"en+sw": 5, "en+sw+ja": 5})
    numbers = {one.language: (one.rows, one.segments, one.words) for one in pairs.languages}
    assert numbers == {"en": (10, 10, 40), "sw": (10, 10, 30), "ja": (5, 5, 15)}
    ratios = {one.language: one.ratio for one in pairs.languages}
    assert ratios == {"en": None, "sw": pytest.approx(14 / 18), "ja": pytest.approx(5 / 18)}
    assert "en+sw+ja" in output("stats", folders / "pairs")


# ---- show ----


def test_a_page_is_shown_with_its_paragraphs_and_shortened(folders: Path) -> None:
    text = output("show", folders / "corpus", "--id", "4:0", "--language", "de", "-n", 1)
    head, *lines = text.strip().split("\n")
    assert head.startswith("Page 4 · 4:0 · pass ")
    assert "" in lines
    assert "X <translate>[Yde]</translate> is sentence 0 of 4." in text
    assert lines[-1].endswith("more characters; --full shows them")
    full = output(
        "show", folders / "corpus", "--id", 4 << 20, "--language", "de", "-n", 1, "--full"
    )
    assert "more characters" not in full
    assert full.count("is sentence") == 2 * 5 * 14


def test_mentions_of_shortened_pages_are_those_in_view(folders: Path) -> None:
    shown = output("show", folders / "replaced", "--switched", "-n", 1)
    head = shown.split("\n", 1)[0]
    assert shown.count("[Yde]") == head.count(" · Q")


def test_pairs_are_shown_below_their_titles(folders: Path) -> None:
    text = output("show", folders / "pairs", "--entity", "Q3")
    assert text == (
        "Q3 · en+sw+ja\n"
        "en  [T3 (enwiki)]\n    One is here.\n\n    Two.\n"
        "sw  [T3 (swwiki)]\n    Moja iko hapa.\n"
        "ja  [T3 (jawiki)]\n    一がある。\n"
    )
    assert output("show", folders / "pairs", "--language", "ja").count("· en+sw+ja") == 5
    assert output("show", folders / "pairs", "--title", "T2").startswith("Q2 ")


@pytest.mark.parametrize("given", ["x", "4:2000000", "99999999999:1"])
def test_an_invalid_id_is_refused(folders: Path, given: str) -> None:
    result = CliRunner().invoke(cstool, ["show", str(folders / "corpus"), "--id", given])
    assert result.exit_code == 2
    assert "is not an id; give one such as 3354:11" in result.output


# ---- report ----


def test_a_report_names_pages_and_shows_their_beginnings(folders: Path) -> None:
    page = page_of(facts_of(folders / "corpus"))
    for text in (
        "Code-switched English pages", "Sample pages", "Pages by language", "Entities per page",
        "Length of pages in characters", "Share of the characters in names", "Passes",
        "switched pages", "Lengths and gaps by language", "words of a page or a title",
    ):  # fmt: skip
        assert text in page
    for text in ("switched sentences", "source sentences", "per sentence", "Sample sentences"):
        assert text not in page
    assert "&lt;translate&gt;" in page
    assert " …" in page
    assert "\ufffd" not in page


def test_a_report_on_pairs_lists_their_languages(folders: Path) -> None:
    html = page_of(facts_of(folders / "pairs"))
    assert "Pages by language" in html
    assert "entity labels" not in html


@pytest.mark.parametrize("name", ["corpus", "annotated", "pairs"])
def test_documents_are_verified(folders: Path, name: str) -> None:
    assert "no problems" in output("verify", folders / name)
