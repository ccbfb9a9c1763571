"""Reading files of pairs: forms, reasons for dropping, and the dictionary of a run."""

import gzip
import lzma
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.dictionaries import pair_buckets, raw_pairs, read_dictionary
from cstool.dictionaries.dictionary_files import find_dictionaries
from cstool.dictionaries.dictionary_store import DictionaryStore, is_dictionary, write_dictionary
from cstool.dictionaries.make_dictionary import make_dictionary
from cstool.dictionaries.read_dictionary import read_pairs
from cstool.dumps import streams
from cstool.errors import InputError
from cstool.execution.options import RunOptions
from cstool.storage.counts import Counts
from cstool.storage.parts import Batches, PartSpec
from cstool.storage.run import open_run
from cstool.storage.schemas import LEXICON
from cstool.storage.tasks import Task

Pairs = list[tuple[str, str, str]]


def read(values: list[str], languages: list[str]) -> tuple[Pairs, dict[str, int]]:
    """Return the pairs of dictionaries from English, and what was dropped."""
    counts = Counts()
    tables = read_pairs(find_dictionaries(values, "en", languages), counts)
    pairs = [tuple(row.values()) for table in tables for row in table.to_pylist()]
    tally = counts.tally(read_dictionary.UNIT)
    assert tally.written == len(pairs)
    assert tally.read == tally.written + sum(tally.dropped.values())
    return pairs, tally.dropped


def test_pairs_are_separated_by_a_space_as_in_muse_or_by_a_tab(tmp_path: Path) -> None:
    spaced, tabbed = tmp_path / "en-de.0-5000.txt", tmp_path / "en-de.tsv"
    spaced.write_text("Dog Hund\nhouse  Haus \nhouse\tHeim\n\nthe big dog\n")
    tabbed.write_text("New  York\tNew York City\r\nDog\tder Hund\r\n")
    pairs, dropped = read([str(spaced), str(tabbed)], ["de"])
    assert pairs == [
        ("dog", "de", "Hund"),
        ("house", "de", "Haus"),
        ("house", "de", "Heim"),
        ("new york", "de", "New York City"),
        ("dog", "de", "der Hund"),
    ]
    assert dropped == {"more than two words without a tab": 1}


@pytest.mark.parametrize(
    "lines",
    [
        ["eng-000\tdog\tdeu-000\tHund", "eng-000\tcat\tfra-000\tchat",
         "deu-000\tTag\teng-000\tday"],
        ["dog\tHund\teng\tdeu", "cat\tchat\teng\tfra", "Tag\tday\tdeu\teng"],
        ["en\tde\tdog\tHund", "en\tfr\tcat\tchat", "de\ten\tTag\tday"],
        ["txt\tuid\ttrans_txt\ttrans_uid", "dog\teng-000\tHund\tdeu-000",
         "cat\teng-000\tchat\tfra-000", "Tag\tdeu-000\tday\teng-000"],
    ],
)  # fmt: skip
def test_a_table_with_language_codes_says_the_language_of_each_pair(
    tmp_path: Path, lines: list[str]
) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("\n".join(lines))
    pairs, dropped = read([str(path)], ["de", "fr"])
    assert pairs == [("dog", "de", "Hund"), ("cat", "fr", "chat")]
    assert dropped == {"another language": 1}
    assert read([str(path)], ["fr"])[0] == [("cat", "fr", "chat")]


def test_a_table_without_the_language_of_its_sources_is_from_the_language_of_the_text(
    tmp_path: Path,
) -> None:
    path = tmp_path / "words.tsv"
    path.write_text("dog\tHund\tdeu-000\ndog\tchien\tfra-000\ndog\tchien\tfra-006\n")
    assert read([str(path)], ["de"])[0] == [("dog", "de", "Hund")]
    assert read([str(path)], ["fr"])[1] == {"another language": 2}


@pytest.mark.parametrize(
    ("ending", "packed"),
    [("gz", gzip.compress), ("xz", lzma.compress), ("zst", zstandard.ZstdCompressor().compress)],
)
def test_a_file_may_be_compressed(
    tmp_path: Path, ending: str, packed: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / f"en-de.txt.{ending}"
    path.write_bytes(packed(b"dog Hund\n"))
    assert read([str(path)], ["de"])[0] == [("dog", "de", "Hund")]


def test_unusable_pairs_are_dropped_with_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "en-de.tsv"
    lines = ["dog\tHund"] * 20 + ["x", "\tHund", "dog\t ", "Berlin\tberlin", "a\x01b\tc"]
    lines += [f"{'x' * 101}\ty", f"y\t{'x' * 101}", "one two three four five six\tx", "e\tf\tg"]
    path.write_text("\n".join(lines))
    pairs, dropped = read([str(path)], ["de"])
    assert pairs[20:] == [("e", "de", "f")]
    assert dropped == {
        "too few columns": 1,
        "empty source or target": 2,
        "translation equal to its source": 1,
        "control character": 1,
        "more than 100 characters": 2,
        "more than 5 words": 1,
    }


CELLS = st.text("aA ßé\u0301犬", max_size=6)


@settings(deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1))
def test_a_file_that_is_read_in_blocks_has_the_same_pairs(pairs: list[tuple[str, str]]) -> None:
    lines = ["first\tzuerst"] * (len(pairs) + 1) + ["\t".join(pair) for pair in pairs]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "en-de.tsv"
        path.write_text("\n".join(lines), encoding="utf-8")
        try:
            whole = read([str(path)], ["de"])
        except InputError:
            return
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(raw_pairs, "_BLOCK", 8)
            patch.setattr(streams, "_CHUNK", 8)
            assert read([str(path)], ["de"]) == whole
        kept = [(" ".join(s.split()), " ".join(t.split())) for s, t in pairs]
        kept = [(s, t) for s, t in kept if s and t and s.lower() != t.lower()]
        assert [t for _, _, t in whole[0][len(pairs) + 1 :]] == [t for _, t in kept]


def test_most_lines_of_the_same_fault_are_an_error_with_the_first_line(tmp_path: Path) -> None:
    path = tmp_path / "en-de.txt"
    path.write_text("dog Hund\ncat\nhouse\nbird\n")
    with pytest.raises(InputError, match=r"line 2: too few columns \(so in 3 of the first 4 lines"):
        read([str(path)], ["de"])


def test_mixed_encodings_are_an_error_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "en-de.txt"
    path.write_bytes("dog Hund\nlion Löwe\n".encode() + "bear Bär\n".encode("latin-1"))
    with pytest.raises(InputError, match="line 3, byte 7: 0xe4 is not UTF-8"):
        read([str(path)], ["de"])
    path.write_text("dog Hund\n", encoding="utf-16")
    with pytest.raises(InputError, match="is UTF-16 text"):
        read([str(path)], ["de"])


@pytest.mark.parametrize(
    ("language", "lines", "message"),
    [
        ("ru", "собака dog\nдом house\nIT IT-отдел\n", "the columns are swapped; exchange them"),
        ("ru", "犬 dog\n家 house\n", "2 of 2 sources have no letter in a script of en; give"),
    ],
)
def test_sources_in_a_script_of_another_language_are_an_error(
    tmp_path: Path, language: str, lines: str, message: str
) -> None:
    path = tmp_path / f"en-{language}.txt"
    path.write_text(lines, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read([str(path)], [language])


def test_words_of_another_script_among_the_targets_are_no_error(tmp_path: Path) -> None:
    path = tmp_path / "en-ru.txt"
    path.write_text("dog собака\nsoftware software2\nweb web-\n", encoding="utf-8")
    assert len(read([str(path)], ["ru"])[0]) == 3


def test_many_pairs_are_sorted_on_disk_into_the_same_bytes(tmp_path: Path) -> None:
    rows = [(f"w {i % 37}", ("de", "fr")[i % 2], f"t{i % 101}") for i in range(2000)]
    columns = [pa.array([row[i] for row in rows]) for i in range(3)]
    table = pa.table(columns, ["source", "language", "target"])
    pieces = [table.slice(start, 90) for start in range(0, 2000, 90)]
    number = write_dictionary(tmp_path / "one", table, ["de", "fr"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair_buckets, "_HELD", 200)
        assert number == write_dictionary(tmp_path / "two", pieces, ["de", "fr"], tmp_path / "tmp")
    assert sum(number.values()) == len(set(rows))
    assert [*(tmp_path / "tmp").iterdir()] == []
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert is_dictionary(tmp_path / "one")
    for name in names:
        data = (tmp_path / "two" / name).read_bytes()
        (tmp_path / "two" / name).write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        assert not is_dictionary(tmp_path / "two")
        (tmp_path / "two" / name).write_bytes(data)


def test_the_dictionary_of_a_run_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "en-de.txt"
    path.write_text("dog Hund\ndog Köter\ndog Hund\nx x\n", encoding="utf-8")
    found = find_dictionaries([str(path)], "en", ["de"])
    options = RunOptions(jobs=1, quiet=True)
    with open_run(
        tmp_path / "out", stage="x", parameters={}, inputs=[*found.inputs], options=options
    ) as run:
        folder, counts = make_dictionary(run, found)
        before = {file: file.stat().st_ino for file in folder.iterdir()}
        assert make_dictionary(run, found) == (folder, counts)
        assert {file: file.stat().st_ino for file in folder.iterdir()} == before
        store = DictionaryStore(folder, found.languages)
        ranges = store.translations(store.find(pa.array(["dog"])), np.array([0]))
        assert store.texts(ranges.first + np.arange(2)).to_pylist() == ["Hund", "Köter"]
    tally = counts.tallies[read_dictionary.UNIT]
    assert (tally.read, tally.written) == (4, 2)
    assert tally.dropped == {"duplicate pair": 1, "translation equal to its source": 1}
    assert Counter(counts.details["translations by language"]) == {"de": 2}


def lexicon_rows(file: str, _: None) -> Batches:
    """Yield rows of a lexicon in both directions."""
    rows = [("en", "Berlin", "de", "Berlin"), ("en", "Big Apple", "de", "Großer Apfel"),
            ("de", "Hund", "en", "dog"), ("en", "Big Apple", "fr", "Grosse Pomme")]  # fmt: skip
    names = ["source_language", "source", "target_language", "target"]
    table = pa.table([pa.array([row[i] for row in rows]) for i in range(4)], names)
    for field in LEXICON:
        if field.name not in names:
            table = table.append_column(field, pa.nulls(len(rows), field.type))
    yield table.select(LEXICON.names)
    return Counts()


def test_a_folder_of_lexicon_is_a_dictionary(tmp_path: Path) -> None:
    out = tmp_path / "lexicon"
    options = RunOptions(jobs=1, quiet=True)
    with open_run(out, stage="lexicon", parameters={}, inputs=[], options=options) as run:
        tasks = [Task("part-000000.parquet", "", "x")]
        run.finish(run.map(lexicon_rows, None, tasks, PartSpec(LEXICON)), Counts())
    assert read([str(out)], ["de", "fr"]) == (
        [("big apple", "de", "Großer Apfel"), ("big apple", "fr", "Grosse Pomme")],
        {"another language": 1, "translation equal to its source": 1},
    )
    found = find_dictionaries([str(out)], "en", ["de"])
    assert found.folders == (out,)
    assert found.inputs[0].name == "lexicon"


def test_a_refused_dictionary_leaves_nothing_in_the_work_folder(tmp_path: Path) -> None:
    path = tmp_path / "en-de.txt"
    path.write_text("dog Hund\n" + "cat\n" * 9)
    found = find_dictionaries([str(path)], "en", ["de"])
    options = RunOptions(jobs=1, quiet=True)
    with (
        open_run(
            tmp_path / "out", stage="x", parameters={}, inputs=[*found.inputs], options=options
        ) as run,
        pytest.raises(InputError, match="too few columns"),
    ):
        make_dictionary(run, found)
    assert not (tmp_path / "out" / "_work").exists()
