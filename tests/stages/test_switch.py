"""Code-switching: the published rules, told again as the simplest loop, and exact spans."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.parts.label_store import LabelStore, pack, write_store
from cstool.parts.manifest import need_stage
from cstool.parts.schemas import LINKED
from cstool.running.errors import InputError
from cstool.running.options import RunOptions
from cstool.stages.entities import EntitiesOptions, entities
from cstool.stages.switch import SwitchOptions, switch
from cstool.stages.switching import Sentences, choose, rewrite
from tests.conftest import Sample
from tests.support import rows_of

Row = dict[str, Any]


def published_candidates(
    sentence: Row, labels: dict[int, dict[str, str]], languages: list[str]
) -> set[str] | None:
    """The published rules, one sentence at a time. None: the sentence is not taken."""
    mentions = sentence["mentions"]
    text = sentence["text"]
    if not 1 <= len(mentions) <= 10 or len(text) <= 20 or len(text.split()) > 128:
        return None
    if len(mentions) == 1 and mentions[0]["end"] - mentions[0]["start"] > len(text) / 2:
        return None
    linked = [m["qid"] for m in mentions if m["qid"] is not None]
    if not linked:
        return set()
    return {code for code in languages if all(code in labels.get(qid, {}) for qid in linked)}


def switched_text(sentence: Row, labels: dict[int, dict[str, str]], language: str) -> str:
    text = sentence["text"]
    for mention in reversed(sentence["mentions"]):
        if mention["qid"] is not None:
            label = labels[mention["qid"]][language]
            text = text[: mention["start"]] + label + text[mention["end"] :]
    return str(text)


def labels_of(folder: Path) -> dict[int, dict[str, str]]:
    return {
        row["qid"]: {x["language"]: x["value"] for x in row["labels"]}
        for row in rows_of(folder).to_dicts()
    }


@pytest.fixture(scope="module")
def published(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, switched as published: no fallbacks."""
    out = tmp_path_factory.mktemp("published") / "switched"
    run(pipeline, out, fallback="none")
    return out


def test_the_sample_is_switched_as_the_published_rules_say(pipeline: Path, published: Path) -> None:
    labels = labels_of(pipeline / "entities")
    languages = need_stage(published, "switch").parameters["languages"]
    switched = rows_of(published)
    by_id: dict[int, list[Row]] = {}
    for row in switched.to_dicts():
        by_id.setdefault(row["id"], []).append(row)
    taken = 0
    for sentence in rows_of(pipeline / "linked").to_dicts():
        rows = by_id.pop(sentence["id"], [])
        candidates = published_candidates(sentence, labels, languages)
        if candidates is None:
            assert not rows
            continue
        taken += 1
        assert rows[0]["language"] == "en"
        assert rows[0]["text"] == rows[0]["source_text"] == sentence["text"]
        chosen = [row["language"] for row in rows[1:]]
        assert set(chosen) <= candidates
        assert len(chosen) == min(5, len(candidates))
        assert chosen == sorted(chosen)
        for row in rows[1:]:
            assert row["text"] == switched_text(sentence, labels, row["language"])
    assert not by_id
    assert taken > 400


@pytest.mark.parametrize("fallback", ["all", "none"])
def test_spans_slice_to_anchor_and_label_and_nothing_else_changes(
    pipeline: Path, published: Path, fallback: str
) -> None:
    labels = labels_of(pipeline / "entities")
    switched = published if fallback == "none" else pipeline / "switched"
    for row in rows_of(switched).to_dicts():
        at = source_at = 0
        for e in row["entities"]:
            assert row["text"][at : e["start"]] == row["source_text"][source_at : e["source_start"]]
            shown = row["text"][e["start"] : e["end"]]
            if row["language"] == row["source_language"]:
                assert shown == row["source_text"][e["source_start"] : e["source_end"]]
            elif fallback == "none":
                assert shown == labels[e["qid"]][row["language"]]
            else:
                assert shown in labels[e["qid"]].values()
            at, source_at = e["end"], e["source_end"]
        assert row["text"][at:] == row["source_text"][source_at:]


def run(pipeline: Path, out: Path, **options: Any) -> pl.DataFrame:
    running = RunOptions(jobs=1, quiet=True)
    switch(pipeline / "linked", pipeline / "entities", out, SwitchOptions(**options), running)
    return rows_of(out)


def test_another_seed_makes_another_choice_of_the_same_size(pipeline: Path, tmp_path: Path) -> None:
    one = run(pipeline, tmp_path / "one", seed=1)
    two = run(pipeline, tmp_path / "two", seed=2)
    assert len(one) == len(two)
    assert one["language"].to_list() != two["language"].to_list()


def test_languages_are_drawn_evenly(pipeline: Path, tmp_path: Path) -> None:
    rows = run(pipeline, tmp_path, languages="de,fr,es,it,ru,zh", max_languages=1)
    drawn = rows.filter(pl.col("language") != "en")["language"].value_counts()["count"]
    assert len(drawn) == 6
    assert drawn.min() > 0.6 * drawn.mean()  # type: ignore[operator]


def test_the_choice_does_not_depend_on_the_order_of_the_codes(
    pipeline: Path, tmp_path: Path
) -> None:
    one = run(pipeline, tmp_path / "one", languages="de,fr,es,ru,zh,ja", max_languages=2)
    two = run(pipeline, tmp_path / "two", languages="ja,zh,ru,es,fr,de,de", max_languages=2)
    assert one.equals(two)


def test_all_takes_every_language_that_has_a_label(pipeline: Path, tmp_path: Path) -> None:
    rows = run(pipeline, tmp_path, languages="all", max_languages=1000)
    assert rows["language"].n_unique() > 93
    assert "mul" not in rows["language"].unique()


@pytest.mark.parametrize("code", ["xx-nowhere", "german", "mul", ""])
def test_an_unknown_language_is_named(pipeline: Path, tmp_path: Path, code: str) -> None:
    with pytest.raises(InputError, match="--languages"):
        run(pipeline, tmp_path / "out", languages=code)
    assert not (tmp_path / "out").exists()


def test_pages_and_revisions_are_credited(pipeline: Path) -> None:
    credited = pl.read_parquet(pipeline / "switched/attribution/*.parquet")
    sentences = rows_of(pipeline / "linked").select(credited.columns).unique()
    assert credited.sort("page_id").equals(sentences.sort("page_id"))


text = st.text(st.sampled_from("ab 日本語é😀برل"), min_size=1, max_size=8)


@st.composite
def linked_sentences(draw: st.DrawFn) -> list[Row]:
    rows = []
    for number in range(draw(st.integers(1, 4))):
        whole = ""
        mentions = []
        for _ in range(draw(st.integers(0, 4))):
            whole += draw(text)
            anchor = draw(text)
            qid = draw(st.sampled_from([None, 1, 2, 3, 99]))
            mentions.append(
                {"start": len(whole), "end": len(whole) + len(anchor), "target": "T", "qid": qid}
            )
            whole += anchor
        whole += draw(text)
        rows.append(
            {
                "id": number + 5,
                "page_id": 1,
                "revision_id": 2,
                "title": "T",
                "position": number,
                "text": whole,
                "mentions": mentions,
            }
        )
    return rows


@settings(max_examples=60)
@given(
    linked_sentences(),
    st.dictionaries(
        st.sampled_from([1, 2, 3]),
        st.dictionaries(st.sampled_from([f"l{i:03}" for i in range(0, 150, 7)]), text, min_size=1),
    ),
    st.integers(1, 30),
)
def test_any_sentence_is_rewritten_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[Row],
    labels: dict[int, dict[str, str]],
    most: int,
) -> None:
    folder = tmp_path_factory.mktemp("store")
    languages = [f"l{i:03}" for i in range(150)]
    texts = [value for by_code in labels.values() for value in by_code.values()]
    chosen = np.full((len(labels), len(languages)), -1, np.int64)
    for number, (_, by_code) in enumerate(sorted(labels.items())):
        for code, value in by_code.items():
            chosen[number, languages.index(code)] = texts.index(value)
    pieces = pack(np.array(sorted(labels), np.uint32), chosen, pa.array(texts, pa.string()))
    write_store(folder, [pieces], languages)
    store = LabelStore(folder, languages)
    read = Sentences.of(pa.RecordBatch.from_pylist(rows, schema=LINKED))
    out = rewrite(read, choose(read, store, most, 0), store, "en").to_pylist()
    for row in rows:
        mine = [o for o in out if o["id"] == row["id"]]
        linked = [m["qid"] for m in row["mentions"] if m["qid"] is not None]
        candidates = {
            c for c in languages if linked and all(c in labels.get(q, {}) for q in linked)
        }
        assert mine[0]["language"] == "en"
        assert len(mine) == 1 + min(most, len(candidates))
        for o in mine:
            spans = [(o["text"][e["start"] : e["end"]], e["qid"]) for e in o["entities"]]
            if o["language"] == "en":
                assert o["text"] == row["text"]
            else:
                assert o["language"] in candidates
                assert o["text"] == switched_text(row, labels, o["language"])
                assert spans == [(labels[q][o["language"]], q) for q in linked]


def test_entities_without_a_languages_labels_are_refused(
    sample: Sample, pipeline: Path, tmp_path: Path
) -> None:
    quiet = RunOptions(jobs=1, quiet=True)
    few = EntitiesOptions(languages="de")
    entities(str(sample.wikidata), tmp_path / "entities", few, quiet)
    with pytest.raises(InputError, match="without fr; make it again"):
        switch(
            pipeline / "linked",
            tmp_path / "entities",
            tmp_path / "o",
            SwitchOptions("de,fr"),
            quiet,
        )
