"""The format `translico`: files as TransliCo's script writes and its loader reads them."""

import csv
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.formats.format_options import NO_OPTIONS
from cstool.formats.format_translico import has_empty_side, write_translico
from cstool.formats.written_files import Destination
from cstool.stages.romanize.stage import RomanizeOptions, romanize
from cstool.stages.shard.dedup import EMPTY_SIDE, DroppedSentences, PartToRead, kept_rows
from cstool.stages.shard.stage import ShardOptions, shard
from cstool.storage.counts import Counts
from tests.stages.shard.switched import Sentence, write_switched
from tests.support import rows_of

ALONE = RunOptions(jobs=1, quiet=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)


def written(folder: Path, pairs: list[tuple[str, str]]) -> Path:
    table = pa.table({"text": [a for a, _ in pairs], "romanized": [b for _, b in pairs]})
    table = table.cast(pa.schema([("text", pa.string()), ("romanized", pa.string())]))
    write_translico([table], Destination(folder, "de/train-00000-of-00001"), NO_OPTIONS, Counts())
    return folder / "data/de/train-00000-of-00001.csv"


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
def test_the_file_is_what_pandas_writes(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    """As in preprocess_dataset.py, with the transliterations stripped as in its uroman.py."""
    folder = tmp_path_factory.mktemp("csv")
    path = written(folder, pairs)
    texts, stripped = zip(*((a, b.strip()) for a, b in pairs), strict=True)
    frame = pd.DataFrame({"text": [*texts], "transliteration": [*stripped]})
    frame.to_csv(folder / "expected.csv", index=False)
    assert path.read_bytes() == (folder / "expected.csv").read_bytes()


def test_fields_with_quotation_marks_commas_and_line_breaks_are_read_back(tmp_path: Path) -> None:
    pairs = [
        ('He said "да", twice', 'He said "da", twice'),
        ("one\n\ntwo", "one\n\ntwo"),
        ("´", "'"),
    ]
    with written(tmp_path, pairs).open(encoding="utf-8", newline="") as file:
        lines = [*csv.reader(file)]
    assert lines == [["text", "transliteration"], *map(list, pairs)]


def test_a_side_is_empty_if_only_spaces_are_left() -> None:
    rows = pa.table({"text": ["a", "", "b"], "romanized": ["a", "b", " "]})
    assert has_empty_side(rows).tolist() == [False, True, True]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of `romanize`, and the corpus of pairs."""
    folder = tmp_path_factory.mktemp("translico")
    sentences = [Sentence(i % 40 + 1, f"has “{i}” of them, да.", ("de", "ru")) for i in range(200)]
    write_switched(folder / "switched", sentences, a_part=70)
    romanize(folder / "switched", folder / "romanized", RomanizeOptions(), ALONE)
    shard([folder / "romanized"], folder / "pairs", ShardOptions(format="translico"), ALONE)
    return folder / "romanized", folder / "pairs"


def test_all_rows_are_pairs_text_in_latin_letters_too(folders: tuple[Path, Path]) -> None:
    romanized, pairs = folders
    found = [pd.read_csv(file) for file in pairs.glob("data/*/*.csv")]
    columns = [pd.concat(found)[name] for name in ("text", "transliteration")]
    rows = rows_of(romanized).select("text", "romanized").iter_rows()
    assert sorted(zip(*columns, strict=True)) == sorted(rows)


def test_the_loader_gets_every_pair(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """`load_dataset(extension, data_files=…)` as in utils.py."""
    import datasets

    file = folders[1] / "data/ru/train-00000-of-00001.csv"
    cache = os.fspath(tmp_path)
    loaded: Any = datasets.load_dataset("csv", data_files={"train": str(file)}, cache_dir=cache)
    assert loaded["train"].column_names == ["text", "transliteration"]
    assert all(row["text"] and row["transliteration"] for row in loaded["train"])


def test_the_card_describes_what_datasets_loads(folders: tuple[Path, Path], tmp_path: Path) -> None:
    import datasets

    card = yaml.safe_load((folders[1] / "README.md").read_text().split("---\n")[1])
    for info in card["dataset_info"]:
        name = info["config_name"]
        loaded: Any = datasets.load_dataset(
            os.fspath(folders[1]), name, cache_dir=os.fspath(tmp_path / name)
        )
        assert {s["name"]: s["num_examples"] for s in info["splits"]} == loaded.num_rows
        sizes = {split: table.data.nbytes for split, table in loaded.items()}
        assert {s["name"]: s["num_bytes"] for s in info["splits"]} == pytest.approx(sizes, rel=0.01)


def test_a_folder_that_is_not_romanized_is_refused(tmp_path: Path) -> None:
    write_switched(tmp_path / "switched", [Sentence(1, "one of them.", ("de",))])
    with pytest.raises(InputError, match="is not romanized, and --format translico needs"):
        shard([tmp_path / "switched"], tmp_path / "out", ShardOptions(format="translico"), ALONE)


def test_pairs_with_an_empty_side_are_dropped_by_reason() -> None:
    rows = pa.table({"id": [1, 2, 3], "text": ["a", "b", "\u200d"], "romanized": ["a", "b", ""]})
    part = PartToRead("part", "part", 0)
    kept = kept_rows(rows, part, DroppedSentences.of(part), "translico")
    assert kept.rows.tolist() == [True, True, False]
    assert kept.dropped == {EMPTY_SIDE: 1}
