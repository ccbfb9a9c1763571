"""Folders of several stages, romanized: rows, spans, side tables, laws of runs, and bad input."""

from pathlib import Path

import polars as pl
import pytest

from cstool.errors import InputError, Unfinished
from cstool.execution.options import RunOptions
from cstool.formats.corpus_formats import FormatName
from cstool.romanization.romanizers import romanizer
from cstool.stages.mask.stage import MaskOptions, mask_corpus
from cstool.stages.pair.stage import PairOptions, pair
from cstool.stages.romanize.stage import RomanizeOptions, romanize
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.manifest import read_manifest
from cstool.storage.row_kinds import kind_of
from tests.masking.fixtures import Trained
from tests.stages.link.linking import row as sentence
from tests.stages.link.linking import write_sentences, write_titles
from tests.stages.pair.pages import Page, write_pages
from tests.support import files_of, rows_of

ALONE = RunOptions(jobs=1, quiet=True)


@pytest.fixture(scope="module")
def switched(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The switched sentences of the sample, romanized."""
    out = tmp_path_factory.mktemp("romanize") / "romanized"
    romanize(pipeline / "switched", out, RomanizeOptions(), ALONE)
    return out


def test_rows_are_those_that_were_read_with_two_more_columns(
    pipeline: Path, switched: Path
) -> None:
    made = rows_of(switched)
    assert made.columns[-2:] == ["romanized", "romanized_entities"]
    assert made.drop("romanized", "romanized_entities").equals(rows_of(pipeline / "switched"))


def test_source_rows_in_latin_letters_are_what_uroman_makes_of_the_whole(switched: Path) -> None:
    own = rows_of(switched).filter(pl.col("language") == pl.col("source_language"))
    uroman = romanizer("uroman")
    for text, romanized in own.select("text", "romanized").iter_rows():
        assert romanized == uroman.romanize(text, "")


def test_spans_select_what_uroman_makes_of_the_names(switched: Path) -> None:
    uroman = romanizer("uroman")
    equal = spans = 0
    for row in rows_of(switched).iter_rows(named=True):
        assert len(row["entities"]) == len(row["romanized_entities"])
        for entity, span in zip(row["entities"], row["romanized_entities"], strict=True):
            name = row["text"][entity["start"] : entity["end"]]
            found = row["romanized"][span["start"] : span["end"]]
            spans += 1
            equal += found == uroman.romanize(name, uroman.lcode(entity["name_language"]))
            assert found == name or not name.isascii()
    assert spans > 5000
    assert equal / spans > 0.99


def rows_in(folder: Path) -> pl.DataFrame:
    """Return the rows of a folder or a corpus."""
    return pl.read_parquet([*folder.glob("*.parquet"), *folder.glob("data/*/*.parquet")])


@pytest.mark.parametrize("folder", ["sentences", "linked", "corpus"])
def test_rows_of_other_stages_are_romanized(pipeline: Path, tmp_path: Path, folder: str) -> None:
    romanize(pipeline / folder, tmp_path / "out", RomanizeOptions(), ALONE)
    spans = "entities" if folder == "corpus" else "mentions"
    rows = rows_in(tmp_path / "out")
    assert rows.drop("romanized", "romanized_entities").equals(rows_in(pipeline / folder))
    assert (rows[spans].list.len() == rows["romanized_entities"].list.len()).all()
    assert rows["romanized"].str.contains(r"^[\x00-\x7f]*$").sum() > 0.8 * rows.height


def test_segments_of_a_pair_are_romanized_in_their_languages(tmp_path: Path) -> None:
    folders, titles = [], []
    for code, text in (("en", "Г, a name"), ("uk", "Г, ім'я")):
        pages = [Page(1, "Г", [text])]
        folders.append(write_pages(tmp_path / f"{code}/pages", pages, language=code))
        titles.append(write_titles(tmp_path / f"{code}/titles", {"Г": 7}, {}, language=code))
    pair(folders, titles, tmp_path / "pairs", PairOptions(), ALONE)
    romanize(tmp_path / "pairs", tmp_path / "out", RomanizeOptions(), ALONE)
    (row,) = rows_of(tmp_path / "out").to_dicts()
    assert row["romanized"] == "G, a name\n\nH, im'ya"
    assert row["romanized_entities"] == [{"start": 0, "end": 9}, {"start": 11, "end": 19}]


def test_side_tables_and_the_manifest_are_handed_on(pipeline: Path, switched: Path) -> None:
    before, after = (read_manifest(folder) for folder in (pipeline / "switched", switched))
    assert before is not None and after is not None
    beside = [part.file for part in before.parts if part.file.startswith("_")]
    assert beside == [part.file for part in after.parts if part.file.startswith("_")]
    for file in beside:
        assert pl.read_parquet(switched / file).equals(
            pl.read_parquet(pipeline / "switched" / file)
        )
    assert after.source == before.source
    assert kind_of(after).romanized
    assert not kind_of(before).romanized


def test_a_romanized_corpus_keeps_the_columns_and_can_be_masked(
    switched: Path, tmp_path: Path, all_trained: dict[str, Trained]
) -> None:
    shard([switched], tmp_path / "corpus", ShardOptions(rows_per_shard=500), ALONE)
    keys = ["id", "language"]
    rows = rows_in(tmp_path / "corpus").sort(keys)
    assert rows.equals(rows_of(switched).sort(keys).select(rows.columns))
    tokenizer = next(iter(all_trained.values())).path
    mask_corpus(tmp_path / "corpus", tokenizer, tmp_path / "masked", MaskOptions("mlm"), ALONE)


@pytest.mark.parametrize(
    ("form", "file", "field"),
    [
        ("jsonl", "data/ru/train-00000-of-00001.jsonl.zst", "meta"),
        ("dolma", "documents/ru/train-00000-of-00001.jsonl.gz", "metadata"),
    ],
)
def test_json_lines_have_the_columns(
    switched: Path, tmp_path: Path, form: FormatName, file: str, field: str
) -> None:
    shard([switched], tmp_path, ShardOptions(format=form), ALONE)
    rows = rows_of(switched).iter_rows(named=True)
    expected = {(row["id"], row["text"]): row["romanized_entities"] for row in rows}
    for line in pl.read_ndjson(tmp_path / file).to_dicts():
        columns = line[field]
        assert columns["romanized_entities"] == expected[columns["id"], line["text"]]
        assert columns["romanized"]


def test_two_workers_write_the_same_bytes(pipeline: Path, switched: Path, tmp_path: Path) -> None:
    running = RunOptions(jobs=2, quiet=True)
    romanize(pipeline / "switched", tmp_path / "out", RomanizeOptions(), running)
    assert files_of(tmp_path / "out") == files_of(switched)


def test_array_tasks_and_a_resumed_run_write_the_same_bytes(
    pipeline: Path, switched: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for task in ((1, 2), (2, 2)):
        with pytest.raises(Unfinished):
            running = RunOptions(jobs=1, quiet=True, array_task=task)
            romanize(pipeline / "switched", out, RomanizeOptions(), running)
    romanize(pipeline / "switched", out, RomanizeOptions(), ALONE)
    assert files_of(out) == files_of(switched)


def test_a_romanized_folder_is_refused(switched: Path, tmp_path: Path) -> None:
    shard([switched], tmp_path / "corpus", ShardOptions(), ALONE)
    with pytest.raises(InputError, match="corpus: is romanized already; give the folder"):
        romanize(tmp_path / "corpus", tmp_path / "out", RomanizeOptions(), ALONE)


def test_a_corpus_in_another_format_is_refused(pipeline: Path, tmp_path: Path) -> None:
    shard([pipeline / "switched"], tmp_path / "corpus", ShardOptions(format="jsonl"), ALONE)
    with pytest.raises(InputError, match="corpus in the format jsonl, and only --format cstool"):
        romanize(tmp_path / "corpus", tmp_path / "out", RomanizeOptions(), ALONE)


def test_shard_takes_either_romanized_rows_or_others(
    pipeline: Path, switched: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"contains romanized rows, but .* not romanized"):
        shard([pipeline / "switched", switched], tmp_path / "corpus", ShardOptions(), ALONE)
    romanize(pipeline / "linked", tmp_path / "linked", RomanizeOptions(), ALONE)
    with pytest.raises(InputError, match="romanized output of `cstool link`"):
        shard([tmp_path / "linked"], tmp_path / "corpus", ShardOptions(), ALONE)


def test_spans_that_overlap_are_an_error(tmp_path: Path) -> None:
    row = sentence("Ж Щ", ("Ж Щ", "A"))
    row["mentions"].append({"start": 2, "end": 3, "target": "B"})
    folder = write_sentences(tmp_path / "sentences", [row])
    with pytest.raises(InputError, match="spans in mentions overlap or end beyond the text"):
        romanize(folder, tmp_path / "out", RomanizeOptions(), ALONE)
