"""The files of the dictionaries that a user gives, and their languages."""

from pathlib import Path

import pyarrow as pa
import pytest

from cstool.dictionaries.dictionary_files import find_dictionaries, listed
from cstool.dictionaries.entry_words import number_of_words
from cstool.dictionaries.pair_columns import language_in, languages_of_name
from cstool.dictionaries.text_words import words_in_texts
from cstool.errors import InputError, WrongCallError
from cstool.languages.iso639 import language_code


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("en-de.txt", ("en", "de")),
        ("en-de.0-5000.txt", ("en", "de")),
        ("EN_DE.tsv.gz", ("en", "de")),
        ("en-zh-hant.txt", ("en", "zh-hant")),
        ("zh-hant-en.txt", ("zh-hant", "en")),
        ("eng-deu.txt", ("en", "de")),
        ("en-no.txt", ("en", "nb")),
        ("words.txt", None),
        ("my-words.txt", None),
        ("en.txt", None),
    ],
)
def test_the_name_of_a_file_has_its_languages(name: str, languages: tuple[str, str] | None) -> None:
    assert languages_of_name(name) == languages


def test_languages_have_codes_of_several_kinds() -> None:
    assert [*map(language_in, ["eng-000", "als-000", "cmn-000", "hbs-000"])] == [
        "en", "sq", "zh", "sh",
    ]  # fmt: skip
    assert [*map(language_in, ["eng-001", "xyz-000", "", "dog"])] == [None] * 4
    # Wikimedia's use of a code comes first: als.wikipedia.org is in Alemannic.
    assert [*map(language_code, ["als", "sr_Cyrl", "zh-Hant-TW", "deu"])] == [
        "gsw", "sr-ec", "zh-tw", "de",
    ]  # fmt: skip


def test_of_a_folder_only_the_files_of_the_run_are_read(tmp_path: Path) -> None:
    names = ["en-de.txt", "en-de.0-5000.txt", "de-en.txt", "en-fr.0-5000.txt", "en-es.txt"]
    for name in [*names, "README.md"]:
        (tmp_path / name).write_text(f"{name[:2]} {name}\n")
    found = find_dictionaries([str(tmp_path)], "en", ["fr", "de"])
    assert [(file.path.name, file.language) for file in found.files] == [
        ("en-de.txt", "de"),
        ("en-fr.0-5000.txt", "fr"),
    ]
    assert [given.name for given in found.inputs] == ["en-de.txt", "en-fr.0-5000.txt"]


def test_the_text_of_simple_english_has_dictionaries_from_english(tmp_path: Path) -> None:
    (tmp_path / "en-nb.txt").write_text("dog hund\n")
    assert find_dictionaries([str(tmp_path / "en-nb.txt")], "en", ["nb"]).source == "en"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nothing.txt", "nothing.txt: no such file; give"),
        (
            "words.txt",
            "words.txt: the languages of its two columns are unknown; give --words LANG=",
        ),
        ("de-en.txt", "de-en.txt: translates from de by its name, but the text is in en; give"),
        ("en-fr.txt", "en-fr.txt: translates into fr, which is not in --languages; add"),
        ("fr=words.txt", "words.txt: translates into fr, which is not in --languages; add"),
        ("de=table.tsv", "table.tsv: each line has its language; give --words table.tsv, without"),
        ("de=muse", "muse: is a folder; give --words muse, without LANG="),
        ("muse", "muse: has no dictionary from en into de (it has de-en, fr-en); give"),
        ("nothing", "nothing: contains no dictionary; give a folder of cstool lexicon, or"),
        ("en-de.blank.txt", "en-de.blank.txt: contains no pairs; give another dictionary"),
        ("en-de.json", "en-de.json: is JSON; give lines of a source and a target"),
        ("en-de.empty", "en-de.empty: empty file; "),
    ],
)
def test_a_file_that_cannot_be_used_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("muse", "nothing"):
        Path(folder).mkdir()
    for name in ("words.txt", "de-en.txt", "en-fr.txt", "muse/de-en.txt", "muse/fr-en.txt"):
        Path(name).write_text("dog Hund\n")
    Path("table.tsv").write_text("dog\tHund\teng-000\tdeu-000\n")
    Path("en-de.blank.txt").write_text(" \n\n")
    Path("en-de.json").write_text('{"words": "dog $ Hund"}\n')
    Path("en-de.empty").touch()
    with pytest.raises(InputError) as caught:
        find_dictionaries([value], "en", ["de"])
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("value", ["xx=words.txt", "de="])
def test_a_value_without_a_language_or_a_path_is_a_usage_error(value: str) -> None:
    with pytest.raises(WrongCallError, match="--words: "):
        find_dictionaries([value], "en", ["de"])


def test_a_path_may_contain_an_equals_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a=b").mkdir()
    Path("a=b/en-de.txt").write_text("dog Hund\n")
    assert find_dictionaries(["a=b/en-de.txt"], "en", ["de"]).files[0].language == "de"


def test_a_language_without_a_dictionary_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "en-de.txt"
    path.write_text("dog Hund\n")
    with pytest.raises(InputError, match=r"--words: no entry in fr \(the dictionaries have de\)"):
        find_dictionaries([str(path)], "en", ["de", "fr"])


def test_at_most_nine_codes_are_named() -> None:
    assert listed([*"abcdefghi"]) == "a, b, c, d, e, f, g, h, i"
    assert listed([*"abcdefghijk"]) == "a, b, c, d, e, f, g, h, i and 2 more"


def test_an_entry_has_no_fewer_words_than_are_found_in_text() -> None:
    entries = [
        "dog",
        "New York",
        "e-mail",
        "don't",
        "北京大学",
        "पढ़ना",
        "",
        "東京tower",
        "3D",
        "नमस्ते जी",
    ]
    counted = number_of_words(pa.array(entries))
    assert counted.tolist()[:4] == [1, 2, 2, 2]
    found = words_in_texts(pa.array(entries)).firsts
    assert (counted >= found[1:] - found[:-1]).all()
