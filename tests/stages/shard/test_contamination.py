"""The definition of text of a test set."""

import json
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.errors import InputError
from cstool.stages.shard.contamination import LONG, SHORT, HashedWords, TestTexts
from cstool.stages.shard.read_test_sets import texts_of
from tests.support import gzipped

ALPHABET = [f"w{i}" for i in range(30)]
TEST = " ".join(f"word{i}" for i in range(20))


def strings(texts: list[str]) -> pa.StringArray:
    return pa.array(texts, pa.string())


def found(tests: list[str], sentence: str) -> bool:
    return bool(TestTexts.of([strings(tests)]).found_in(strings([sentence]))[0])


def plainly(tests: list[str], sentence: str) -> bool:
    """The rule on lists of words."""

    def within(short: list[str], long: list[str]) -> bool:
        return any(short == long[i : i + len(short)] for i in range(len(long) - len(short) + 1))

    words = sentence.split()
    for test in (t.split() for t in tests):
        runs = [test[i : i + LONG] for i in range(len(test) - LONG + 1)]
        if SHORT <= len(test) < LONG:
            runs = [test]
        if any(within(run, words) for run in runs):
            return True
        if SHORT <= len(words) < LONG and within(words, test):
            return True
    return False


some_words = st.lists(st.sampled_from(ALPHABET), max_size=20)


@given(some_words, some_words, some_words, st.lists(some_words, max_size=2))
def test_contaminated_sentences_are_those_of_the_rule(
    before: list[str], shared: list[str], after: list[str], others: list[list[str]]
) -> None:
    tests = [" ".join(t) for t in [after[:2] + shared + before[:2], *others]]
    sentence = " ".join(before + shared + after)
    assert found(tests, sentence) == plainly(tests, sentence)


def test_case_and_punctuation_make_no_difference() -> None:
    assert found([TEST], "So: " + TEST.upper().replace(" ", ", ") + "!")


def test_thirteen_consecutive_words_are_enough_and_twelve_are_not() -> None:
    words = TEST.split()
    assert found([TEST], "he said " + " ".join(words[3:16]) + " and left")
    assert not found([TEST], "he said " + " ".join(words[3:15]) + " and left")


def test_a_test_of_few_words_is_found_whole_and_one_of_fewer_never() -> None:
    assert found(["one two three four five six seven eight"], f"x {' '.join(ALPHABET[:3])} one two "
                 "three four five six seven eight y")  # fmt: skip
    assert not found(["one two three"], "one two three")


def test_characters_are_the_words_of_scripts_without_spaces() -> None:
    assert found(
        ["東京都は日本の首都であり、人口は約千四百万人である。"],
        "そして東京都は日本の首都であり人口は約千",
    )
    assert not found(["東京都は日本の首都であり"], "東京都は京都の首都であり")


def test_marks_belong_to_their_letters() -> None:
    words = HashedWords.of(strings(["हिन्दी भाषा है", "", "a-b c"]))
    assert words.number.tolist() == [3, 0, 3]


@pytest.mark.parametrize("kind", ["txt", "txt.gz", "jsonl", "parquet"])
def test_test_sets_are_read_in_each_of_their_forms(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"test.{kind}"
    rows = [{"context": TEST, "answers": {"text": ["no"]}}, {"context": "é", "answers": {}}]
    if kind == "txt":
        path.write_text(f"{TEST}\né\n")
    elif kind == "txt.gz":
        path.write_bytes(gzipped(f"{TEST}\né\n".encode()))
    elif kind == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        pq.write_table(pa.table({"premise": [[{"text": TEST}], []], "label": [1, 2]}), path)
    texts = [text for some in texts_of(path) for text in some.to_pylist()]
    assert TEST in texts
    assert bool(TestTexts.of(texts_of(path)).found_in(strings([TEST]))[0])


def test_broken_lines_of_json_are_named(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_text('{"a": "b"}\n{"a": \n')
    with pytest.raises(InputError, match=r"test\.jsonl: line 2 is not valid JSON"):
        list(texts_of(path))


def test_saved_hashes_are_read_back(tmp_path: Path) -> None:
    tests = TestTexts.of([strings([TEST, "one two three four five six seven eight"])])
    tests.save(tmp_path / "tests.npz")
    again = TestTexts.open(tmp_path / "tests.npz")
    assert again.size == tests.size > 0
    assert again.found_in(strings([TEST, "x"])).tolist() == [True, False]


def test_a_test_in_decomposed_letters_is_found() -> None:
    text = "Thủ đô của nước này là một thành phố lớn bên bờ sông Hồng từ lâu đời."
    tests = TestTexts.of([pa.array([unicodedata.normalize("NFD", text)])])
    assert tests.found_in(pa.array([text])).tolist() == [True]
