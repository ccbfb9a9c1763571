"""Rows that are sentences, and rows that are not."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.data_tables import rows
from cstool.languages.prose import NOT_PROSE, not_prose


def reason(text: str, language: str = "en") -> str:
    index = int(not_prose(pa.array([text]), language)[0])
    return NOT_PROSE[index - 1] if index else ""


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Berlin lies on the Spree."),
        ("en", "“Why did he go to Rome?”"),
        ("en", "He went to Rome (and came back)."),
        ("en", "(He went to Rome.)"),
        ("en", 'He called it "the city of Rome."'),
        ("en", "1990 was a year of change!"),
        ("en", "$5 million went to Rome…"),
        ("en", "iPhone sales grew in Rome."),
        ("en", "mRNA is made in the nucleus."),
        ("en", "α-Linolenic acid is found in seeds."),
        ("en", "In absolute terms |x| < 1 holds."),
        ("en", "– He went to Rome."),
        ("en", "(New) York is a city."),
        ("es", "¿Dónde está Roma?"),
        ("fr", "« Rome est une ville. »"),
        ("nl", "’s Avonds regent het in Rome."),
        ("de", "„Ich war in Rom“, sagte er."),
        ("de", "»Ich war in Rom.«"),
        ("ja", "ローマは都市である。"),
        ("ja", "「ローマは都市である。」"),
        ("zh", "罗马是一座城市！"),
        ("hi", "रोम एक नगर है।"),
        ("hi", "रोम एक नगर है|"),
        ("ur", "روم ایک شہر ہے۔"),
        ("ar", "هل روما مدينة؟"),
        ("hy", "Հռոմը քաղաք է։"),
        ("hy", "Հռոմը քաղաք է:"),
        ("el", "Είναι πόλη η Ρώμη;"),
        ("am", "ሮም ከተማ ናት።"),
        ("am", "ሮም ከተማ ናት፡፡"),
        ("km", "រ៉ូមជាទីក្រុង។"),
        ("my", "ရောမသည် မြို့ဖြစ်သည်။"),
        ("bo", "རོམ་ནི་གྲོང་ཁྱེར་ཞིག་ཡིན།"),
        ("th", "โรมเป็นเมือง"),
        ("th", "โรมเป็นเมืองใหญ่ที่สุด"),
        ("lo", "ໂຣມເປັນເມືອງ"),
        ("ka", "რომი ქალაქია."),
        ("he", "רומא היא עיר."),
        ("jbo", "la roma cu tcadu."),
    ],
)
def test_a_sentence_is_prose(language: str, text: str) -> None:
    assert reason(text, language) == ""


CELL, BRACKETS, BEGINNING, END = NOT_PROSE


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", '| colspan="2" | x (across the sea)', CELL),
        ("en", "| Rome is a city.", CELL),
        ("en", "! Rome is a city.", CELL),
        ("en", "Rome || Milan.", CELL),
        ("en", "Rome is a city. |}", CELL),
        ("en", 'style="text-align:left" Rome is a city.', CELL),
        ("en", "Rome | Milan | Turin.", CELL),
        ("en", "(also written Roma or Rome.", BRACKETS),
        ("en", "Rome is a city) in Italy.", BRACKETS),
        ("en", "Rome) is a city (in Italy.", BRACKETS),
        ("en", "Rome [is a city.", BRACKETS),
        ("ja", "ローマ（イタリアの都市。", BRACKETS),
        ("ja", "「ローマは都市である。", BRACKETS),
        ("en", "and then to the city of Rome.", BEGINNING),
        ("en", ", a city in Italy.", BEGINNING),
        ("en", "; Rome is a city.", BEGINNING),
        ("en", "• Rome is a city.", BEGINNING),
        ("en", "* Rome is a city.", BEGINNING),
        ("en", "(born 1950) is an Italian writer.", BEGINNING),
        ("en", "… and went to Rome.", BEGINNING),
        ("ru", "город в Италии.", BEGINNING),
        ("hy", "քաղաք է Իտալիայում։", BEGINNING),
        ("en", "Moscow, Russia (1991)", END),
        ("en", "He visited the following cities:", END),
        ("en", "Rome, a city in Italy;", END),
        ("en", "Rome, a city in Italy,", END),
        ("el", "Η Ρώμη, πόλη της Ιταλίας", END),
        ("ja", "ローマ（イタリア、1991年）", END),
        ("hi", "रोम एक नगर", END),
        ("th", "โรมเป็นเมือง:", END),
        ("en", "โรมเป็นเมือง", END),
    ],
)
def test_another_row_is_dropped_for_a_reason(language: str, text: str, expected: str) -> None:
    assert reason(text, language) == expected


def test_a_row_without_text_is_not_prose() -> None:
    for text in ("", "«»", "(((", "   "):
        assert reason(text) in {BEGINNING, BRACKETS}


pieces = st.text(st.sampled_from("aB 1.。|(（)）=\"'—é日ก"), max_size=7)


@given(st.lists(pieces, max_size=8), st.sampled_from(["en", "ja", "th", "jbo", "xx"]))
def test_rows_side_by_side_are_as_each_alone(texts: list[str], language: str) -> None:
    column = pa.array(texts, pa.string())
    found = not_prose(column, language)
    assert found.tolist() == [int(not_prose(pa.array([t]), language)[0]) for t in texts]
    assert not_prose(column.slice(1), language).tolist() == found.tolist()[1:]


def test_every_script_of_the_table_is_named_once() -> None:
    table = rows("cstool.languages", "sentence_ends.tsv")
    scripts = [script for script, _, _ in table]
    assert scripts[0] == "any"
    assert scripts[1:] == sorted(set(scripts[1:]))
    assert all(unmarked in {"yes", "no"} for _, _, unmarked in table)
    assert all(len(set(marks)) == len(marks) for _, marks, _ in table)
