"""Tokens that are kept, romanized or translated by their tags."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cstool.errors import InputError, WrongCallError
from cstool.execution.options import RunOptions
from cstool.stages.romanize.stage import RomanizeOptions, romanize
from cstool.stages.romanize.token_actions import read_actions
from cstool.stages.romanize.token_tags import TAGGED
from cstool.storage.counts import Counts
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import MANIFEST, Manifest, Part, Source
from cstool.storage.schemas import SENTENCES
from tests.stages.link.linking import row, write_sentences
from tests.support import files_of, rows_of

ALONE = RunOptions(jobs=1, quiet=True)
ACTIONS = "# etymology\nArabic\tromanize\nNon-Arabic\ttranslate\tit\nName\tkeep\n\nSymbol\tkeep\n"
# Tokens and tags in the form of MLRS/malti.
TEXT = "Il-Qorti ta' Għawdex, żgur"
TAGS = [
    ("Il-", "Arabic"), ("Qorti", "Non-Arabic"), ("ta'", "Arabic"), ("Għawdex", "Name"),
    (",", "Symbol"), ("żgur", "Non-Arabic"),
]  # fmt: skip
ID = 2**20


def tagged(folder: Path, lines: Sequence[tuple[str, str]] = TAGS, actions: str = ACTIONS) -> Path:
    """Write a folder of one sentence, the table, the tags and a dictionary; return their folder."""
    sentence = row(TEXT, ("Qorti", "Qorti"), ("Għawdex", "Għawdex"))
    write_sentences(folder / "sentences", [sentence], language="mt")
    (folder / "actions.tsv").write_text(actions, "utf-8")
    head = "id\ttoken\tcategory\ttag\n"
    body = "".join(f"{ID}\t{token}\tx\t{tag}\n" for token, tag in lines)
    (folder / "tags.tsv").write_text(head + body, "utf-8")
    (folder / "mt-it.txt").write_text("qorti\ttribunale\nqorti\tcorte\ndar\tcasa\n", "utf-8")
    return folder


def options(folder: Path, **others: object) -> RomanizeOptions:
    given = {
        "actions": folder / "actions.tsv",
        "tags": str(folder / "tags.tsv"),
        "words": (str(folder / "mt-it.txt"),),
    }
    return RomanizeOptions(**(given | others))  # type: ignore[arg-type]


def test_tokens_are_treated_by_their_tags_and_spans_carried_over(tmp_path: Path) -> None:
    folder = tagged(tmp_path)
    manifest = romanize(folder / "sentences", tmp_path / "out", options(folder), ALONE)
    (made,) = rows_of(tmp_path / "out").to_dicts()
    assert made["romanized"] == "Il-Tribunale ta' Għawdex, żgur"
    spans = [made["romanized"][s["start"] : s["end"]] for s in made["romanized_entities"]]
    assert spans == ["Tribunale", "Għawdex"]
    assert manifest.counts.details["tokens by action"] == {
        "keep": 2, "romanize": 2, "translate it": 2
    }  # fmt: skip
    assert manifest.counts.details["tokens kept"] == {"without a translation": 1}
    assert manifest.parameters["actions"]["Non-Arabic"] == "translate it"


def test_a_tag_that_is_romanized_has_latin_letters(tmp_path: Path) -> None:
    actions = "Arabic\tkeep\nNon-Arabic\tromanize\nName\tromanize\nSymbol\tkeep\n"
    folder = tagged(tmp_path, actions=actions)
    romanize(folder / "sentences", tmp_path / "out", options(folder, words=()), ALONE)
    (made,) = rows_of(tmp_path / "out").to_dicts()
    assert made["romanized"] == "Il-Qorti ta' Ghawdex, zgur"


def test_rows_without_tags_stay_and_workers_change_nothing(tmp_path: Path) -> None:
    folder = tagged(tmp_path)
    other = row("Ebda tag.", position=1)
    again = row(TEXT, ("Qorti", "Qorti"))
    write_sentences(tmp_path / "two", [other], [again], language="mt")
    for jobs in (1, 2):
        running = RunOptions(jobs=jobs, quiet=True)
        manifest = romanize(tmp_path / "two", tmp_path / f"out{jobs}", options(folder), running)
    assert files_of(tmp_path / "out1") == files_of(tmp_path / "out2")
    assert rows_of(tmp_path / "out1")["romanized"].to_list() == [
        "Ebda tag.", "Il-Tribunale ta' Għawdex, żgur"
    ]  # fmt: skip
    assert manifest.counts.details["rows by tags"] == {"tagged": 1, "without tags": 1}


def test_tags_in_a_column_are_read(tmp_path: Path) -> None:
    folder = tagged(tmp_path)
    spans = [{"start": 3, "end": 8, "tag": "Non-Arabic"}, {"start": 13, "end": 20, "tag": "Name"}]
    schema = pa.schema([*SENTENCES, pa.field("etymology", TAGGED)])
    table = pa.Table.from_pylist([row(TEXT, ("Qorti", "Q")) | {"etymology": spans}], schema)
    (tmp_path / "own").mkdir()
    file = tmp_path / "own/part-000000.parquet"
    pq.write_table(table, file)
    part = Part(file.name, 1, file.stat().st_size, sha256(file))
    manifest = Manifest("extract", "test", {}, [], [part], Counts(), Source("mtwiki", "mt"))
    (tmp_path / "own" / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    romanize(tmp_path / "own", tmp_path / "out", options(folder, tags="etymology"), ALONE)
    (made,) = rows_of(tmp_path / "out").to_dicts()
    assert made["romanized"] == "Il-Tribunale ta' Għawdex, żgur"
    assert made["etymology"] == spans
    (folder / "actions.tsv").write_text("Name\tkeep\n")
    with pytest.raises(InputError, match="no action for the tag 'Non-Arabic' in the column"):
        romanize(
            tmp_path / "own", tmp_path / "o2", options(folder, tags="etymology", words=()), ALONE
        )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([("Il-", "Odd")], r"tags\.tsv, line 2: tag 'Odd' has no action"),
        (
            [("Il-", "Arabic"), ("Dar", "Arabic")],
            r"tags\.tsv, line 3: token 'Dar' is not next in the text of row \d+, which goes on "
            'with "Qorti ta\' Għawdex, ż"',
        ),
        ([("Il-", "Arabic")], r"tags\.tsv, line 2: the tokens of the row end before its text"),
    ],
)
def test_tags_that_do_not_fit_are_errors_with_their_line(
    tmp_path: Path, lines: list[tuple[str, str]], message: str
) -> None:
    folder = tagged(tmp_path, lines)
    with pytest.raises(InputError, match=message):
        romanize(folder / "sentences", tmp_path / "out", options(folder), ALONE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A\tdelete\n", "line 1: 'A\\\\tdelete' is not a tag, a tab and an action"),
        ("A keep\n", "line 1: 'A keep' is not a tag, a tab and an action"),
        ("A\tkeep\nA\tkeep\n", "line 2: tag 'A' again"),
        ("A\ttranslate\n", "line 1: no language to translate into"),
        ("A\ttranslate\tqqq-no\n", "line 1: 'qqq-no' is not a language code"),
        ("# nothing\n", "no actions; write lines"),
    ],
)
def test_a_wrong_table_is_an_error_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "actions.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_actions(tmp_path / "actions.tsv")


def test_options_that_need_each_other(tmp_path: Path) -> None:
    folder = tagged(tmp_path)
    sentences = folder / "sentences"
    for given, message in (
        (RomanizeOptions(tags="x"), "--tags: needs --actions"),
        (RomanizeOptions(actions=folder / "actions.tsv"), "--actions: needs the tags of tokens"),
        (options(folder, words=()), r"actions\.tsv: translates tokens, which needs a dictionary"),
        (options(folder, tags="nowhere"), "--tags: nowhere is neither a column of the rows nor"),
    ):
        with pytest.raises(WrongCallError, match=message):
            romanize(sentences, tmp_path / "out", given, ALONE)
    with pytest.raises(InputError, match=r"line 1: no column 'nothing' among id, token, category"):
        romanize(sentences, tmp_path / "out", options(folder, tag_column="nothing"), ALONE)
