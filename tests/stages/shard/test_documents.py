"""Corpora of paragraphs and pages, of annotated rows and of several passes."""

import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml

from cstool.cards.card_commands import commands
from cstool.errors import InputError
from cstool.formats import corpus_formats as formats
from cstool.stages.shard import plan
from cstool.storage.beginnings import beginning
from cstool.storage.counts import Counts
from cstool.storage.manifest import Ancestor, Input, Source, need_stage
from cstool.storage.row_kinds import RowKind
from cstool.storage.statistics import read_statistics
from tests.stages.shard.documents import ANNOTATED, PAGE, Document, rows_of, write_documents
from tests.stages.shard.switched import Sentence, corpus_rows, make_corpus, write_switched
from tests.support import files_of

DOCUMENTS = [
    Document(
        number,
        [[f"is number {number} of {n}.", "has “more” of them."] for n in range(1 + number % 4)],
        ("de", "zh-hant"),
        gaps=number % 3,
    )
    for number in range(1, 61)
]
PASSES = replace(ANNOTATED, passes=3)
KEY = ["wiki", "id", "language", "pass"]


def test_a_corpus_has_the_columns_and_the_unit_of_its_rows(tmp_path: Path) -> None:
    rows = make_corpus(write_documents(tmp_path / "switched", DOCUMENTS, PASSES), tmp_path / "c")
    assert rows.columns == [*PASSES.schema.names]
    assert rows.columns[-3:] == ["pass", "sentences", "gaps"]
    wanted = [row for document in DOCUMENTS for row in rows_of(document, PASSES)]
    assert rows.sort(KEY).to_dicts() == pl.DataFrame(wanted, rows.schema).sort(KEY).to_dicts()
    assert rows.select(KEY).is_unique().all()
    assert need_stage(tmp_path / "c", "shard").row_unit == "page"


def test_passes_of_a_page_are_in_one_split(tmp_path: Path) -> None:
    switched = write_documents(tmp_path / "switched", DOCUMENTS, PASSES)
    make_corpus(switched, tmp_path / "corpus")
    held_out = pl.read_parquet(tmp_path / "corpus/data/*/validation-*.parquet")
    train = pl.read_parquet(tmp_path / "corpus/data/*/train-*.parquet")
    assert set(held_out["pass"]) == {0, 1, 2}
    assert not set(held_out["page_id"]) & set(train["page_id"])


def test_a_corpus_of_pages_does_not_depend_on_parts_or_workers(tmp_path: Path) -> None:
    one = write_documents(tmp_path / "one", DOCUMENTS, PASSES)
    many = write_documents(tmp_path / "many", DOCUMENTS, PASSES, a_part=7)
    rows = make_corpus(one, tmp_path / "a")
    assert make_corpus(many, tmp_path / "b").equals(rows)  # in the same order
    make_corpus(one, tmp_path / "c", jobs=2)
    assert files_of(tmp_path / "a") == files_of(tmp_path / "c")


def test_files_and_row_groups_of_pages_are_bounded_by_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "BYTES_A_SHARD", 2_000)
    monkeypatch.setattr("cstool.formats.corpus_formats.BYTES_A_GROUP", 600)
    rows = make_corpus(write_documents(tmp_path / "switched", DOCUMENTS), tmp_path / "corpus")
    text = rows.filter(pl.col("language") == "de")["text"].str.len_bytes().sum()
    files = sorted((tmp_path / "corpus/data/de").glob("train-*.parquet"))
    assert len(files) == -(-text // 2_000)
    for file in files:
        table = pq.ParquetFile(file)
        for group in range(table.num_row_groups):
            its = table.read_row_group(group, ["text", "source_text"])
            size = sum(len(t.encode()) for column in its.columns for t in column.to_pylist())
            assert size <= 600 or its.num_rows == 1
    assert rows.sort("id", "language").equals(
        make_corpus(write_documents(tmp_path / "s", DOCUMENTS), tmp_path / "c", rows_per_shard=7)
        .sort("id", "language")
    )  # fmt: skip


def test_a_folder_of_one_pass_is_the_first_of_a_corpus_of_several(tmp_path: Path) -> None:
    folders = [
        write_documents(tmp_path / "several", DOCUMENTS[:30], PASSES),
        write_documents(tmp_path / "one", DOCUMENTS[30:], ANNOTATED, wiki="simplewiki"),
    ]
    rows = make_corpus(folders, tmp_path / "corpus")
    assert set(rows.filter(pl.col("wiki") == "simplewiki")["pass"]) == {0}
    assert set(rows.filter(pl.col("wiki") == "enwiki")["pass"]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [
        (PAGE, RowKind("paragraph"), "contains paragraphs, but .*contains pages"),
        (PAGE, ANNOTATED, "entities annotated on the right in .*but .*contains replaced entities"),
        (ANNOTATED, replace(ANNOTATED, side="left"), "on the left"),
        (PAGE, replace(PAGE, marks=("[", "]")), r"replaced entities in '\[' and '\]', but"),
    ],
)
def test_folders_have_one_kind_of_rows(
    tmp_path: Path, one: RowKind, other: RowKind, message: str
) -> None:
    folders = [
        write_documents(tmp_path / "one", DOCUMENTS[:3], one),
        write_documents(tmp_path / "two", DOCUMENTS[3:], other),
    ]
    with pytest.raises(InputError, match=message):
        make_corpus(folders, tmp_path / "corpus")


def test_sentences_and_pages_are_not_mixed(tmp_path: Path) -> None:
    folders = [
        write_switched(tmp_path / "one", [Sentence(1, "is a sentence.")]),
        write_documents(tmp_path / "two", DOCUMENTS),
    ]
    with pytest.raises(InputError, match=r"two: contains pages, but .*one contains sentences"):
        make_corpus(folders, tmp_path / "corpus")


@pytest.mark.parametrize("format_", ["entitycs", "mt"])
def test_formats_of_sentences_refuse_other_rows(tmp_path: Path, format_: str) -> None:
    pages = write_documents(tmp_path / "pages", DOCUMENTS)
    with pytest.raises(InputError, match=rf"contains pages, and --format {format_} takes only"):
        make_corpus(pages, tmp_path / "corpus", format=format_)
    sentences = write_documents(tmp_path / "sentences", DOCUMENTS, replace(PASSES, unit="sentence"))
    with pytest.raises(InputError, match="contains annotated sentences"):
        make_corpus(sentences, tmp_path / "corpus", format=format_)
    assert not (tmp_path / "corpus").exists()


def test_lines_of_json_have_the_same_rows(tmp_path: Path) -> None:
    switched = write_documents(tmp_path / "switched", DOCUMENTS, PASSES)
    tables = make_corpus(switched, tmp_path / "parquet")
    lines = make_corpus(switched, tmp_path / "lines", format="jsonl")
    assert lines.to_dicts() == tables.to_dicts()


@pytest.mark.parametrize("format_", ["cstool", "jsonl"])
def test_datasets_opens_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format_: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    switched = write_documents(tmp_path / "switched", DOCUMENTS, PASSES)
    rows = make_corpus(switched, tmp_path / "corpus", format=format_)
    loaded = datasets.load_dataset(
        os.fspath(tmp_path / "corpus"), "de", cache_dir=os.fspath(tmp_path / "cache")
    )
    found = [{**row.pop("meta", {}), **row} for split in loaded.values() for row in split]
    wanted = rows.filter(pl.col("language") == "de").to_dicts()
    key = lambda row: (row["id"], row["pass"])  # noqa: E731
    assert sorted(found, key=key) == sorted(wanted, key=key)


def test_equal_pages_are_dropped_with_all_passes(tmp_path: Path) -> None:
    first = Document(1, [["is the same text.", "has two sentences."]])
    documents = [first, replace(first, page=2), Document(3, [["is another one."]])]
    switched = write_documents(tmp_path / "switched", documents, PASSES)
    rows = make_corpus(switched, tmp_path / "corpus", dedup="exact")
    assert sorted(set(rows["page_id"])) == [1, 3]
    tally = need_stage(tmp_path / "corpus", "shard").counts.tally("rows")
    assert tally.dropped == {"source page is there already": 4}
    assert "4 source pages" not in (text := (tmp_path / "corpus/README.md").read_text())
    assert "duplicate source page (4)" in text


def test_passes_with_equal_text_are_kept(tmp_path: Path) -> None:
    switched = write_documents(tmp_path / "switched", [Document(1, [["is short."]])], PASSES)
    rows = make_corpus(switched, tmp_path / "corpus", dedup="exact", validation=0)
    assert rows.filter(pl.col("language") == "de")["text"].n_unique() == 1
    assert sorted(rows.filter(pl.col("language") == "de")["pass"]) == [0, 1, 2]


def test_similar_pages_are_found(tmp_path: Path) -> None:
    pytest.importorskip("rensa")
    long = [[f"is sentence {n}, with words of its own: {n * 7919}." for n in range(60)]]
    almost = [[*long[0][:-1], "is the last sentence."]]
    documents = [Document(1, long), Document(2, almost), *DOCUMENTS[20:24]]
    switched = write_documents(tmp_path / "switched", documents)
    rows = make_corpus(switched, tmp_path / "corpus", dedup="minhash")
    assert 1 in set(rows["page_id"])
    assert 2 not in set(rows["page_id"])


def test_a_page_with_text_of_a_test_set_is_dropped(tmp_path: Path) -> None:
    words = " ".join(f"word{n}" for n in range(20))
    documents = [Document(1, [["is free."], [f"says {words} here."]]), *DOCUMENTS[1:20]]
    (tmp_path / "test.txt").write_text(f"{words}\n")
    rows = make_corpus(
        write_documents(tmp_path / "switched", documents), tmp_path / "corpus",
        decontaminate=(tmp_path / "test.txt",),
    )  # fmt: skip
    assert set(rows["page_id"]) == set(range(2, 21))
    tally = need_stage(tmp_path / "corpus", "shard").counts.tally("rows")
    assert tally.dropped == {"source page holds a test set's text": 2}


def test_the_numbers_of_pages_are_those_of_the_rows(tmp_path: Path) -> None:
    rows = make_corpus(write_documents(tmp_path / "s", DOCUMENTS, PASSES), tmp_path / "corpus")
    for code, numbers in read_statistics(tmp_path / "corpus").languages.items():
        here = rows.filter(pl.col("language") == code)
        documents = numbers.documents
        assert documents
        assert numbers.characters == numbers.entities_a_sentence == []
        assert documents.sentences == here["sentences"].list.len().sum()
        assert documents.gaps == here["gaps"].sum()
        assert documents.with_gaps == (here["gaps"] > 0).sum()
        assert sum(documents.characters) == sum(documents.words) == len(here)
        assert numbers.passes == [(here["pass"] == n).sum() for n in range(3)]
        if code == "en":
            assert not documents.switched_characters
        else:
            names = here.explode("entities")["entities"].struct
            assert documents.name_characters == (names.field("end") - names.field("start")).sum()
            assert documents.switched_characters == here["text"].str.len_chars().sum()
            assert sum(documents.shares) == len(here)


def test_names_beside_anchors_are_added_words_and_marks_are_none(tmp_path: Path) -> None:
    make_corpus(write_documents(tmp_path / "s", DOCUMENTS, ANNOTATED), tmp_path / "corpus")
    numbers = read_statistics(tmp_path / "corpus").languages
    source, german = numbers["en"], numbers["de"]
    assert source.looked_at
    assert german.looked_at
    sentences = sum(len(p) for d in DOCUMENTS for p in d.paragraphs)
    assert german.looked_at.mixing["sentences"] == sentences
    assert german.looked_at.mixing["switched_words"] == sentences
    assert german.looked_at.mixing["source_words"] == source.looked_at.source_words


def test_the_card_describes_pages(tmp_path: Path) -> None:
    make_corpus(write_documents(tmp_path / "s", DOCUMENTS, PASSES), tmp_path / "corpus")
    card = (tmp_path / "corpus/README.md").read_text()
    head = yaml.safe_load(card.split("---\n")[1])
    assert head["pretty_name"] == "Code-switched pages from enwiki"
    assert head["task_categories"] == ["text-generation"]
    for text in (
        "# Code-switched pages from enwiki", "360 switched + 60 source pages", "3 passes",
        "`<translate>` and `</translate>`", "| `sentences` |", "| `gaps` |", "| `pass` |",
        "`wiki`, `id`, `language` and `pass` identify a row", "## Lengths",
    ):  # fmt: skip
        assert text in " ".join(card.split())
    assert "source sentence" not in card
    assert "_paragraphs" not in card


def test_the_card_s_commands_have_the_unit() -> None:
    parameters = {"templates": "none", "unit": "page", "headings": "markdown", "max_gaps": 3}
    inputs = [Input("a.xml", 1, None)]
    extracted = Ancestor("extract", "0", parameters, inputs, Counts(), Source("enwiki", "en"))
    assert commands([extracted], {})[0] == (
        "cstool extract a.xml --templates none --unit page --headings markdown --max-gaps 3 "
        "-o work/enwiki/sentences"
    )


# ---- samples ----


def test_samples_are_the_beginnings_of_pages(tmp_path: Path) -> None:
    long = [[f"is sentence {n} of a long paragraph." for n in range(12)] for _ in range(9)]
    documents = [Document(n, long) for n in range(1, 4)]
    make_corpus(write_documents(tmp_path / "s", documents, PASSES), tmp_path / "corpus",
                validation=0)  # fmt: skip
    found = read_statistics(tmp_path / "corpus").sentences
    assert len(found) == 3
    source = rows_of(documents[0], PASSES)[0]["source_text"]
    for one in found:
        assert one.whole == len(source)
        assert source.startswith(one.text)
        assert 700 < len(one.text) <= 800
        assert set(one.forms) == {"de", "en"}
        for form in one.forms.values():
            assert form.entities
            assert form.text.endswith(one.text[-20:])
            for _, start, end, _, _ in form.entities:
                assert one.text[start:end] == "X"
            for _, _, _, start, end in form.entities:
                assert form.text[start:end] in ("X", "Yde")


@pytest.mark.parametrize("kind", [PAGE, ANNOTATED])
@pytest.mark.parametrize("longest", [1, 30, 60, 100, 10_000])
def test_all_rows_of_a_page_are_cut_at_the_same_sentence(kind: RowKind, longest: int) -> None:
    paragraphs = [["is one.", "is two, and longer than one."], ["is three.", "is four."]]
    cuts = set()
    for row in rows_of(Document(1, paragraphs, ("de", "zh-hant")), kind):
        short = beginning(row, longest, annotated=kind.annotated)
        cuts.add(short["source_text"])
        assert row["source_text"].startswith(short["source_text"])
        assert row["text"].startswith(short["text"])
        assert row["text"][len(short["text"]) :][:1] in (" ", "\n", "")
    assert len(cuts) == 1


def test_a_source_row_is_cut_alike_in_both_texts() -> None:
    text = "Al is here. Bartholomew is there. C is too long."
    spans = [(0, 2), (12, 23), (34, 35)]
    entities = [{"start": a, "end": b, "source_start": a, "source_end": b} for a, b in spans]
    row = {"text": text, "source_text": text, "entities": entities, "sentences": [0, 12, 34]}
    for annotated in (False, True):
        short = beginning(row, 34, annotated=annotated)
        assert short["text"] == short["source_text"] == "Al is here. Bartholomew is there."
        assert short["entities"] == entities[:2]


def test_a_heading_after_the_last_sentence_is_cut_off() -> None:
    text = "One is here.\n\n## Heading\n\nTwo is here, which is longer."
    row = {"text": text, "source_text": text, "entities": [], "sentences": [0, 26]}
    assert beginning(row, 30, annotated=False)["text"] == "One is here."


def test_formats_name_their_sentence_forms() -> None:
    assert set(formats.SENTENCE_FORMATS) < set(formats.FORMATS)


def test_resuming_gives_the_same_bytes(tmp_path: Path) -> None:
    switched = write_documents(tmp_path / "switched", DOCUMENTS, PASSES)
    make_corpus(switched, tmp_path / "corpus")
    before = files_of(tmp_path / "corpus")
    make_corpus(switched, tmp_path / "corpus")
    assert files_of(tmp_path / "corpus") == before
    assert len(corpus_rows(tmp_path / "corpus")) == 420
