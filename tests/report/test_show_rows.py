"""The selection of the rows to show."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cstool.errors import WrongCallError
from cstool.report.show.query import RowQuery
from cstool.report.show.rows import occurrences, rows
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.schemas import BY_STAGE
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import rows_of

Row = dict[str, Any]


def manifest(folder: Path) -> Manifest:
    return need_stage(folder, *BY_STAGE)


def found(folder: Path, **wanted: Any) -> list[Row]:
    return [*rows(folder, manifest(folder), RowQuery(**wanted))]


def everything(folder: Path) -> list[Row]:
    paths = sorted((folder / "data").rglob("*.parquet"))
    frame = pl.concat(map(pl.read_parquet, paths)) if paths else rows_of(folder)
    return frame.to_dicts()


def key(row: Row) -> tuple[int, str]:
    return row["id"], row.get("language", "")


def same(some: list[Row], others: list[Row]) -> bool:
    return sorted(some, key=key) == sorted(others, key=key)


@pytest.mark.parametrize("stage", ["sentences", "linked", "switched", "corpus"])
def test_without_a_filter_all_rows_are_shown(pipeline: Path, stage: str) -> None:
    assert same(found(pipeline / stage), everything(pipeline / stage))


@pytest.mark.parametrize("stage", ["switched", "corpus"])
def test_rows_are_those_that_match_the_filters(pipeline: Path, stage: str) -> None:
    folder = pipeline / stage
    rows_there = everything(folder)

    def check(hit: Any, **wanted: Any) -> None:
        assert any(hit(row) for row in rows_there)
        assert same(found(folder, **wanted), [row for row in rows_there if hit(row)])

    check(lambda r: r["language"] in ("de", "ja"), languages=("de", "ja"))
    check(lambda r: r["language"] != "en", switched=True)
    check(lambda r: any(e["qid"] == 64 for e in r["entities"]), entity=64)
    check(lambda r: r["title"] == "Vienna", title="Vienna")
    check(lambda r: "Berlin" in r["text"] or "Berlin" in r["source_text"], grep="Berl[i]n")
    check(
        lambda r: r["language"] == "de" and r["title"] == "Vienna" and "city" in r["source_text"],
        languages=("de",), title="Vienna", grep="(?i)CITY",
    )  # fmt: skip


def test_mentions_and_entities_are_filtered_by_qid(pipeline: Path) -> None:
    linked = found(pipeline / "linked", entity=64)
    assert linked
    assert same(
        linked,
        [r for r in everything(pipeline / "linked") if any(m["qid"] == 64 for m in r["mentions"])],
    )
    assert [r["qid"] for r in found(pipeline / "entities", entity=64)] == [64]
    assert 64 in [r["qid"] for r in found(pipeline / "entities", grep="^Berlin$")]
    assert {r["qid"] for r in found(pipeline / "titles", title="Berlin")} == {64}


def test_a_filter_without_a_column_is_a_usage_error(pipeline: Path) -> None:
    with pytest.raises(WrongCallError, match=r"--entity: .*`cstool extract`"):
        found(pipeline / "sentences", entity=64)
    with pytest.raises(WrongCallError, match=r"--switched: .*`cstool link`"):
        found(pipeline / "linked", switched=True)
    with pytest.raises(WrongCallError, match="not a valid regular expression"):
        found(pipeline / "sentences", grep="(")


@pytest.mark.parametrize("wanted", [{}, {"languages": ("de",)}, {"grep": "a"}])
def test_a_sample_has_each_row_at_most_once_and_depends_on_the_seed(
    pipeline: Path, wanted: Row
) -> None:
    folder = pipeline / "corpus"
    all_of_them = found(folder, **wanted)
    some = found(folder, draw=20, seed=7, **wanted)
    assert len({key(row) for row in some}) == 20
    assert all(row in all_of_them for row in some)
    assert some == found(folder, draw=20, seed=7, **wanted)
    assert some != found(folder, draw=20, seed=8, **wanted)


def test_every_row_may_be_drawn(tmp_path: Path) -> None:
    write_switched(tmp_path, [Sentence(1, f"has {n}.", ()) for n in range(6)], a_part=2)
    for wanted in ({}, {"grep": "has"}):
        drawn = [found(tmp_path, draw=1, seed=s, **wanted)[0]["text"] for s in range(100)]
        numbers = [drawn.count(text) for text in set(drawn)]
        assert len(numbers) == 6
        assert min(numbers) > 4
        assert same(found(tmp_path, draw=100, **wanted), found(tmp_path))


@pytest.mark.parametrize("form", ["jsonl", "dolma", "entitycs", "mt"])
def test_every_form_of_a_corpus_is_read(tmp_path: Path, form: str) -> None:
    sentences = [Sentence(n + 1, f"has {n} words.") for n in range(700)]
    write_switched(tmp_path / "switched", sentences)
    made = make_corpus(tmp_path / "switched", tmp_path / "corpus", format=form)
    corpus = tmp_path / "corpus"
    assert same(found(corpus), made.to_dicts())
    german = found(corpus, languages=("de",), grep=r"\b7 words")
    assert [row["language"] for row in german] == ["de"]
    assert len(found(corpus, draw=5)) == 5
    switched = [row for row in made.to_dicts() if row["language"] == "de"]
    assert same(found(corpus, switched=True), switched)
    if form in ("jsonl", "dolma"):
        assert same(found(corpus, entity=1), made.to_dicts())


@pytest.mark.parametrize("stage", ["linked", "switched", "corpus"])
def test_occurrences_are_counted_by_language(pipeline: Path, stage: str) -> None:
    folder = pipeline / stage
    there = occurrences(folder, manifest(folder), RowQuery(entity=64), 3)
    expected: dict[str, int] = {}
    for row in found(folder, entity=64):
        language = row.get("language", "en")
        expected[language] = expected.get(language, 0) + 1
    assert there.rows == expected
    languages = [row.get("language", "en") for row in there.examples]
    assert len(languages) == len(set(languages)) == min(3, len(expected))
