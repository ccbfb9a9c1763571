"""Adaptation of names to their contexts in a sentence."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.codes import names
from cstool.languages.data_tables import rows
from cstool.languages.fitting import REASONS, around, fit, places, tidy
from cstool.languages.fitting.context import articles
from cstool.languages.fitting.reasons import FittedNames


def fitted(
    text: str, name: str, language: str, source: str = "en", label: str | None = None
) -> FittedNames:
    """Fit a name into the place that [ ] have in a text."""
    start, end = text.index("["), text.index("]") - 1
    plain = pa.array([text.replace("[", "").replace("]", "")])
    seen = around(plain, np.array([0]), np.array([start]), np.array([end]))
    place = places(seen, pa.array([label], pa.string()), source)
    return fit(pa.array([name]), np.array([0]), np.array([0]), place, [language])


@pytest.mark.parametrize(
    ("source", "text", "language", "name", "expected"),
    [
        ("en", "He heard the [Beatles] there.", "de", "The Beatles", "Beatles"),
        ("en", "The [Hague] is old.", "es", "La Haya", "Haya"),
        ("en", "The [Netherlands] are flat.", "it", "i Paesi Bassi", "Paesi Bassi"),
        ("en", "in the [Aquila] area", "it", "L’Aquila", "Aquila"),
        ("en", "the [United Nations] met", "da", "De Forenede Nationer", "Forenede Nationer"),
        ("en", "the [Big Dipper] shone", "nl", "De Grote Beer", "Grote Beer"),
        ("en", "by the [Havre] docks", "fr", "Le Havre", "Havre"),
        ("en", "the [Porto] wine", "pt", "O Porto", "Porto"),
        ("en", "the [Great War] ended", "hu", "A nagy háború", "nagy háború"),
        ("de", "die [Beatles] kamen", "fr", "The Beatles", "Beatles"),
        ("de", "vom [Spiegel] gedruckt", "en", "Der Spiegel", "Spiegel"),
        ("fr", "chez les [Beatles] de", "de", "The Beatles", "Beatles"),
        ("fr", "l'[Équipe] a écrit", "en", "L'Équipe", "Équipe"),
        ("it", "nell’[Aquila] antica", "fr", "L'Aquila", "Aquila"),
        ("es", "del [Mundo] dijo", "en", "El Mundo", "Mundo"),
        ("nl", "'t [Gooi] is", "en", "The Gooi", "Gooi"),
    ],
)
def test_an_article_is_not_doubled(
    source: str, text: str, language: str, name: str, expected: str
) -> None:
    done = fitted(text, name, language, source)
    assert done.names.to_pylist() == [expected]
    assert done.counts() == {"article doubled": 1}


@pytest.mark.parametrize(
    ("text", "language", "name", "label"),
    [
        ("He heard [the Beatles] there.", "de", "The Beatles", None),
        ("He heard [Beatles] songs.", "de", "The Beatles", None),
        ("near The Hague, [Leiden] is", "es", "La Haya", None),
        ("the [El Niño] years", "es", "El Niño", None),
        ("the [Dodgers] won", "es", "Los Angeles Dodgers", "Los Angeles Dodgers"),
        ("the [Galaxy] won", "es", "LA Galaxy", None),
        ("the [The The] record", "de", "The The", None),
        ("the [band] played", "de", "The", None),
        ("the [Las Vegas] Strip", "es", "Las Vegas", None),
        ("the [Louvre] is", "fr", "Lens", None),
        ("breathe [Beatles] songs", "de", "The Beatles", None),
    ],
)
def test_an_article_that_is_not_doubled_or_part_of_the_name_stays(
    text: str, language: str, name: str, label: str | None
) -> None:
    assert fitted(text, name, language, label=label).counts() == {}


def test_an_article_that_the_anchor_dropped_is_no_part_of_the_name() -> None:
    done = fitted("the [Ärzte] played", "Die Ärzte", "de", label="Die Ärzte")
    assert done.names.to_pylist() == ["Ärzte"]


@pytest.mark.parametrize(
    ("text", "language", "name", "expected"),
    [
        ("[Dogs] bark.", "fr", "chien", "Chien"),
        ("[Dogs] bark.", "ru", "собака", "Собака"),
        ("[Dogs] bark.", "el", "σκύλος", "Σκύλος"),
        ("[Dogs] bark.", "hy", "շուն", "Շուն"),
        ("“[Dogs] bark.”", "es", "perro", "Perro"),
        ("[The general] spoke.", "fr", "de Gaulle", "De Gaulle"),
        ("[Ice] melts.", "nl", "ijs", "IJs"),
        ("[Work] is done.", "tr", "iş", "İş"),
        ("[Heat] rises.", "tr", "ısı", "Isı"),
        ("[Zulu] is spoken.", "zu", "isiZulu", "IsiZulu"),
        ("[1990s] music", "fr", "années 1990", "Années 1990"),
        ("[Dogs] bark.", "it", "«cane»", "«Cane»"),
        ("[Jungle] animals", "hr", "ǆungla", "ǅungla"),
    ],
)
def test_a_sentence_begins_with_a_capital(
    text: str, language: str, name: str, expected: str
) -> None:
    done = fitted(text, name, language)
    assert done.names.to_pylist() == [expected]
    assert done.counts() == {"capital at the start": 1}


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("[Dogs] bark.", "de", "Hund"),
        ("[Dogs] bark.", "jbo", "gerku"),
        ("[Dogs] bark.", "ja", "犬"),
        ("[Dogs] bark.", "ar", "كلب"),
        ("[Dogs] bark.", "hi", "कुत्ता"),
        ("[Dogs] bark.", "ka", "ძაღლი"),
        ("[Dogs] bark.", "th", "หมา"),
        ("[Phones] ring.", "fr", "iPhone"),
        ("[Acid] burns.", "de", "pH-Wert"),
        ("[Acid] burns.", "de", "α-Linolensäure"),
        ("[Gas] burns.", "de", "n-Butan"),
        ("[Singer] sings.", "de", "k.d. lang"),
        ("['s-Hertogenbosch] is", "nl", "'s-Hertogenbosch"),
        ("[dogs] bark.", "fr", "chien"),
        ("All [dogs] bark.", "fr", "chien"),
        ("… [Dogs] bark.", "fr", "chien"),
        ("2. [Dogs]", "fr", "chien"),
        ("Cats and [Dogs]", "fr", "chien"),
    ],
)
def test_no_other_capital_is_forced(text: str, language: str, name: str) -> None:
    done = fitted(text, name, language)
    assert done.names.to_pylist() == [name]
    assert done.counts() == {}


@pytest.mark.parametrize(
    ("text", "name", "expected", "reason"),
    [
        ("made by [Apple].", "Apple Inc.", "Apple Inc", "full stop doubled"),
        ("He left [Yahoo]! today", "Yahoo!", "Yahoo", "full stop doubled"),
        ("near [Apple], he", "Apple Inc.", "Apple Inc.", None),
        ("by [Apple Inc.].", "Apple Inc.", "Apple Inc.", None),
        ("by [Wham].", "Wait...", "Wait...", None),
        ("[Paris] (Texas) is", "Paris (Texas)", "Paris", "disambiguation doubled"),
        ("[Paris], Texas is", "Paris, Texas", "Paris", "disambiguation doubled"),
        ("[Paris], Texas is", "Paris (Texas)", "Paris", "disambiguation doubled"),
        ("[Paris], Texaseum is", "Paris, Texas", "Paris, Texas", None),
        ("[Paris] (France) is", "Paris (Texas)", "Paris (Texas)", None),
        ("on Lake [Michigan] he", "Lake Michigan", "Michigan", "word doubled"),
        ("at [Harvard] University", "Harvard University", "Harvard", "word doubled"),
        ("[Harvard]’s University", "Harvard University", "Harvard University", None),
        ("the duo of [Mice] Elf", "of Mice", "of Mice", None),
        ("Duran [Duran Duran]", "Duran Duran", "Duran Duran", None),
        ('the song "[Yesterday]" is', "«Yesterday»", "Yesterday", "quotation marks doubled"),
        ("the song “[Yesterday] ” is", "„Yesterday“", "Yesterday", "quotation marks doubled"),
        ("曲「[Yesterday]」は", "「イエスタデイ」", "イエスタデイ", "quotation marks doubled"),
        ("the song [Yesterday] is", "«Yesterday»", "«Yesterday»", None),
        ('"[Yesterday] is"', '"A" und "B"', '"A" und "B"', None),
    ],
)
def test_what_the_sentence_has_beside_the_name_is_not_doubled(
    text: str, name: str, expected: str, reason: str | None
) -> None:
    done = fitted(text, name, "de")
    assert done.names.to_pylist() == [expected]
    assert done.counts() == ({reason: 1} if reason else {})


def test_several_rules_are_reported_side_by_side() -> None:
    done = fitted("the [Band].", "The Band Inc.", "de")
    assert done.names.to_pylist() == ["Band Inc"]
    assert done.counts() == {"article doubled": 1, "full stop doubled": 1}


def test_one_place_serves_the_names_of_many_languages() -> None:
    texts = pa.array(["Ää the cat.", "Dogs like the Beatles.", ""])
    sentence, start, end = np.array([[0, 3, 6], [1, 0, 4], [1, 14, 21]]).T
    seen = around(texts, sentence, start, end)
    assert seen.anchors.to_pylist() == ["the", "Dogs", "Beatles"]
    assert seen.pieces(np.array([1, 2])) == [
        ("", "Dogs", " like the "),
        (" like the ", "Beatles", "."),
    ]
    place = places(seen, None, "en")
    names = pa.array(["chien", "The Beatles", "собака", "The Beatles", "犬"], pa.large_string())
    mention, language = np.array([1, 2, 1, 2, 1]), np.array([0, 0, 1, 1, 2])
    done = fit(names, mention, language, place, ["fr", "ru", "ja"])
    assert done.names.type == pa.large_string()
    assert done.names.to_pylist() == ["Chien", "Beatles", "Собака", "Beatles", "犬"]


def test_no_mentions_are_no_places() -> None:
    none = np.zeros(0, np.int64)
    place = places(around(pa.array(["Dogs."]), none, none, none), None, "en")
    assert fit(pa.array([], pa.string()), none, none, place, ["de"]).names.to_pylist() == []


def test_a_language_s_variety_has_its_articles() -> None:
    assert articles("de-at") == articles("de")
    assert articles("ja").brought == ()


@pytest.mark.parametrize("table", ["articles.tsv", "capitals.tsv"])
def test_tables_name_each_language_once_by_its_code(table: str) -> None:
    codes = [row[0] for row in rows("cstool.languages", table)]
    assert codes == sorted(set(codes))
    assert set(codes) <= {*names()}


def test_articles_are_in_small_letters_with_a_straight_apostrophe() -> None:
    for _, *parts in rows("cstool.languages", "articles.tsv"):
        for word in " ".join(parts).split():
            assert word == word.lower() and "’" not in word


letters = st.sampled_from(
    [
        *"abDé .,'’-\"“”«»()!。ижИΣσ犬かكहइ",
        "the ",
        "The ",
        "le ",
        "Die ",
        "Lake ",
        " (a)",
        ", b",
        "ß",
        "ǆ",
    ]
)
text = st.lists(letters, max_size=6).map("".join)
name = text.map(lambda s: tidy(pa.array([s])).names[0].as_py()).filter(bool)


@st.composite
def placed(draw: st.DrawFn) -> tuple[str, str, str, str, str, str | None]:
    return (
        draw(text),
        draw(text.filter(bool)),
        draw(text),
        draw(name),
        draw(st.sampled_from(["de", "fr", "it", "tr", "nl", "ja", "ar", "zu"])),
        draw(st.none() | text),
    )


@given(placed(), st.sampled_from(["en", "de", "fr", "ja", "it"]))
def test_a_fitted_name_fits_and_is_part_of_the_name_but_for_its_capital(
    drawn: tuple[str, str, str, str, str, str | None], source: str
) -> None:
    before, anchor, after, name, language, label = drawn
    place = places(
        around(
            pa.array([before + anchor + after]),
            np.array([0]),
            np.array([len(before)]),
            np.array([len(before + anchor)]),
        ),
        pa.array([label], pa.string()),
        source,
    )

    def put(name: str) -> tuple[str, int]:
        zero = np.array([0])
        done = fit(pa.array([name], pa.string()), zero, zero, place, [language])
        return str(done.names[0]), int(done.reasons[0])

    done, reasons = put(name)
    assert put(done) == (done, 0)
    assert (done != name) == (reasons > 0)
    if not any(c.isalnum() for c in name):
        assert done == name
    assert any(c.isalnum() for c in done) == any(c.isalnum() for c in name)
    assert len(done) <= len(name) + 2
    if not reasons >> REASONS.index("capital at the start"):
        assert done in name


@given(st.text("犬猫かคعहई東אب한ა", min_size=1, max_size=8), st.sampled_from(["ja", "ar", "de"]))
def test_a_sentence_s_start_changes_no_name_in_a_script_without_case(
    name: str, language: str
) -> None:
    assert fitted("[Dogs] bark.", name, language).counts() == {}
