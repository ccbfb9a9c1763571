"""Inflected anchors."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.codes import languages
from cstool.languages.data_tables import rows
from cstool.languages.fitting import inflected
from cstool.languages.fitting.inflection import endings


def carries(language: str, anchor: str, label: str | None, *aliases: str) -> bool:
    told = inflected(
        pa.array([anchor]),
        pa.array([label], pa.string()),
        pa.array([list(aliases)], pa.list_(pa.string())),
        language,
    )
    assert told.dtype == bool
    return bool(told[0])


@pytest.mark.parametrize(
    ("language", "anchor", "label"),
    [
        ("en", "dogs", "dog"),
        ("en", "wolves", "wolf"),
        ("en", "cities", "City"),
        ("en", "Einstein's", "Albert Einstein"),
        ("en", "Black holes", "black hole"),
        ("en", "German", "Germany"),
        ("en", "Bavarian", "Bavaria"),
        ("en", "French", "France"),
        ("en", "Dutch", "Netherlands"),
        ("en", "Romans", "Roman Empire"),
        ("en", "Irish cuisine", "Ireland"),
        ("en", "psychologists", "psychology"),
        ("en", "fermented", "fermentation"),
        ("en", "the planets", "Mercury (planet)"),
        ("de", "Hundes", "Hund"),
        ("de", "Städte", "Stadt"),
        ("de", "Zweiten Weltkriegs", "Zweiter Weltkrieg"),
        ("de", "deutschen", "Deutschland"),
        ("de", "Berliner", "Berlin"),
        ("de-at", "Gymnasien", "Gymnasium"),
        ("fr", "chiens", "chien"),
        ("fr", "français", "France"),
        ("fr", "allemandes", "Allemagne"),
        ("fr", "chevaux", "cheval"),
        ("es", "perros", "perro"),
        ("es", "italiana", "Italia"),
        ("it", "cani", "cane"),
        ("it", "piste ciclabili", "pista ciclabile"),
        ("pt", "estações do ano", "estação do ano"),
        ("nl", "Belgische", "België"),
        ("ru", "Москве", "Москва"),
        ("ru", "Пушкина", "Александр Сергеевич Пушкин"),
        ("ru", "А. С. Пушкина", "Александр Сергеевич Пушкин"),
        ("ru", "Второй мировой войны", "Вторая мировая война"),
        ("ru", "прусских", "Пруссия"),
        ("ru", "земель", "земли"),
        ("cs", "Prahy", "Praha"),
        ("pl", "Warszawie", "Warszawa"),
        ("fi", "Helsingissä", "Helsinki"),
        ("tr", "Ankara’da", "Ankara"),
        ("ar", "وباريس", "باريس"),
        ("ar", "الألمانية", "ألمانيا"),
        ("he", "בירושלים", "ירושלים"),
        ("sw", "Wafaransa", "Ufaransa"),
        ("el", "Αθήνας", "Αθήνα"),
    ],
)
def test_a_form_of_the_label_is_inflected(language: str, anchor: str, label: str) -> None:
    assert carries(language, anchor, label)


@pytest.mark.parametrize(
    ("language", "anchor", "label", "aliases"),
    [
        ("en", "dog", "Dog", ()),
        ("en", "dogs", "dog", ("dogs",)),
        ("en", "Big Apple", "New York City", ("Big Apple",)),
        ("en", "the city", "New York City", ()),
        ("en", "Obama", "Barack Obama", ()),
        ("en", "Barron's", "Barron’s", ()),
        ("en", "U.S.", "US", ()),
        ("en", "Cafe Müller", "Café Muller", ()),
        ("en", "Paris", "Paris (Texas)", ()),
        ("en", "the Beatles", "The Beatles", ()),
        ("en", "Christopher", "Chris", ()),
        ("en", "Muhammed", "Muhammad", ()),
        ("en", "Austria", "Australia", ()),
        ("en", "dogs", None, ()),
        ("en", "World War II", "Second World War", ()),
        ("de", "Bundestag", "Deutscher Bundestag", ()),
        ("fr", "Tyrol", "Tyrol (Land)", ()),
        ("ru", "Берли́н", "Берлин", ()),
        ("ru", "США", "Соединённые Штаты Америки", ()),
        ("ja", "ベルリンの壁", "ベルリン", ()),
        ("ja", "dogs", "dog", ()),
        ("zh", "德国人", "德国", ()),
        ("vi", "thành phố", "thành", ()),
    ],
)
def test_a_name_of_its_own_is_not_inflected(
    language: str, anchor: str, label: str | None, aliases: tuple[str, ...]
) -> None:
    assert not carries(language, anchor, label, *aliases)


def test_an_alias_is_a_name_to_take_forms_of() -> None:
    assert carries("en", "pooches", "dog", "pooch")


def test_mentions_are_reported_one_by_one() -> None:
    told = inflected(
        pa.array(["dogs", "dog", "Berlin", "x", "pooches"], pa.large_string()),
        pa.array(["dog", "dog", None, None, "dog"], pa.large_string()),
        pa.array([[], None, ["Berlin"], None, ["hound", "pooch"]], pa.list_(pa.string())),
        "en",
    )
    assert told.tolist() == [True, False, False, False, True]
    none = pa.array([], pa.string())
    assert inflected(none, none, pa.array([], pa.list_(pa.string())), "en").tolist() == []


def test_the_table_is_valid() -> None:
    known = {*languages(), "und"}
    for code, stem, name, anchor, _ in rows("cstool.languages", "endings.tsv"):
        assert code in known, code
        assert bool(name) == bool(anchor) == bool(stem)
        assert (name == "*") == (anchor == "*")
        # Endings are compared with words in small letters and without accents.
        assert f"{name}{anchor}" == f"{name}{anchor}".lower()
    assert endings("en").any_stem == 0
    assert endings("xx") == endings("und")


words = st.text("abcdeéñ дожиь犬", max_size=9)


@given(
    words.filter(str.strip),
    st.lists(words, max_size=3),
    st.sampled_from(["en", "de", "ru", "und", "ar"]),
)
def test_a_name_itself_in_any_case_is_not_inflected(
    name: str, others: list[str], language: str
) -> None:
    for anchor in (name, name.upper(), f" {name}"):
        assert not carries(language, anchor, name, *others)
        assert not carries(language, anchor, None, *others, name)


@given(st.lists(st.tuples(words, st.none() | words), max_size=6))
def test_mentions_side_by_side_are_as_each_alone(mentions: list[tuple[str, str | None]]) -> None:
    anchors, labels = [a for a, _ in mentions], [b for _, b in mentions]
    none = pa.array([None] * len(mentions), pa.list_(pa.string()))
    told = inflected(pa.array(anchors, pa.string()), pa.array(labels, pa.string()), none, "en")
    assert np.array_equal(told, [carries("en", a, b) for a, b in mentions])
