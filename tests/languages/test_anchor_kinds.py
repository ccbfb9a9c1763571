"""Anchors that are names of their entity, and those that are part of a compound."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.languages.codes import languages
from cstool.languages.data_tables import rows
from cstool.languages.fitting import (
    INFLECTED,
    NAME,
    NO_NAME,
    anchor_kinds,
    around,
    in_compound,
    inflected,
    inflection,
)


def kind(language: str, anchor: str, label: str | None, *aliases: str, person: bool = False) -> int:
    kinds = anchor_kinds(
        pa.array([anchor]),
        pa.array([label], pa.string()),
        pa.array([list(aliases)], pa.list_(pa.string())),
        language,
        np.array([person]),
    )
    return int(kinds[0])


@pytest.mark.parametrize(
    ("language", "anchor", "names", "expected"),
    [
        ("en", "Mexico", ["Mexico"], NAME),
        ("en", "south of the border", ["Mexico", "United Mexican States"], NO_NAME),
        ("en", "Roman", ["Roman Empire", "Imperium Romanum"], NO_NAME),
        ("en", "U.S.", ["United States", "US", "USA"], NAME),
        ("en", "the Netherlands", ["Netherlands"], NAME),
        ("en", "Washington Post", ["The Washington Post"], NAME),
        ("en", "El Niño", ["el nino"], NAME),
        ("en", "Springfield", ["Springfield (Ohio)"], NAME),
        ("en", "Ohio", ["Springfield (Ohio)"], NO_NAME),
        ("en", "dogs", ["dog"], INFLECTED),
        ("en", "Tegel Airport", ["Berlin Tegel Airport"], NO_NAME),
        ("de", "britischen", ["Vereinigtes Königreich", "Großbritannien"], NO_NAME),
        ("de", "russlanddeutsche", ["Russlanddeutsche"], NO_NAME),
        ("de", "de facto", ["de facto"], NAME),
        ("de", "Hund", ["Hund"], NAME),
        ("fr", "l’Allemagne", ["Allemagne"], NAME),
        ("zh", "德国人", ["德国"], NO_NAME),
        ("zh", "德国", ["德国"], NAME),
        ("ja", "ドイツ（国）", ["ドイツ"], NO_NAME),
        ("vi", "Mỹ", ["Hoa Kỳ"], NO_NAME),
        ("en", "Mexico", [None], NAME),  # nothing to compare it with
        ("en", "Mexico", [None, "Mexico"], NAME),
    ],
)
def test_an_anchor_is_a_name_a_form_of_one_or_neither(
    language: str, anchor: str, names: list[str], expected: int
) -> None:
    assert kind(language, anchor, names[0], *names[1:]) == expected


@pytest.mark.parametrize(
    ("anchor", "label", "expected"),
    [
        ("Beethoven", "Ludwig van Beethoven", NAME),
        ("van Beethoven", "Ludwig van Beethoven", NAME),
        ("G. W. F. Hegel", "Georg Wilhelm Friedrich Hegel", NAME),
        ("Charles I", "Charles I of England", NAME),
        ("Charles I of England", "Charles I", NO_NAME),
        ("Clinton Bill", "Bill Clinton", NO_NAME),
        ("II", "Elizabeth II", NO_NAME),
        ("L. v. B.", "Ludwig van Beethoven", NO_NAME),
        ("the composer", "Ludwig van Beethoven", NO_NAME),
        ("cook", "Thomas Cook", NO_NAME),
        ("Freud's", "Sigmund Freud", INFLECTED),
    ],
)
def test_a_part_of_a_persons_label_is_a_name(anchor: str, label: str, expected: int) -> None:
    assert kind("en", anchor, label, "The composer of the ninth", person=True) == expected
    assert kind("en", anchor, label) != NAME


@given(st.lists(st.tuples(st.text(max_size=6), st.text(max_size=6) | st.none()), max_size=6))
def test_kinds_side_by_side_are_as_each_alone(mentions: list[tuple[str, str | None]]) -> None:
    anchors, labels = ([m[i] for m in mentions] for i in (0, 1))
    for language in ("en", "de", "zh"):
        columns = (
            pa.array(anchors, pa.string()),
            pa.array(labels, pa.string()),
            pa.array([[]] * len(mentions), pa.list_(pa.string())),
        )
        kinds = anchor_kinds(*columns, language)
        assert kinds.tolist() == [kind(language, *mention) for mention in mentions]
        assert (inflected(*columns, language) <= (kinds == INFLECTED)).all()


def compound(language: str, marked: str) -> bool:
    """Whether the mention that is marked as "[name]" is part of a compound."""
    start = marked.index("[")
    end = marked.index("]") - 1
    text = marked.replace("[", "").replace("]", "")
    # A second mention and sentence, to see that they are not mixed up.
    texts = pa.array(["Berlin-", text, "-ish"])
    spans = np.array([0, 1, 2]), np.array([0, start, 0]), np.array([6, end, 0])
    return bool(in_compound(around(texts, *spans), language)[1])


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "a [French]-derived name"),
        ("en", "a [City of London]-based bank"),
        ("en", "New [York City]–based firms"),
        ("en", "pre-[unification] Germany"),
        ("en", "the Aryan-[Vedic] theme"),
        ("en", "Swedish‑[origin] goods"),
        ("de", "die [UNESCO]-Liste"),
        ("de", "[Bus]- und Bahnverkehr"),
        ("de", "der [Mühlendamm-], Rathaus- und Marktbrücke"),
        ("de", "die Alt[stadt]"),
        ("el", "μικρο[αμπέρ]"),
        ("hu", "[Budapest]-központú"),
        ("hu", "[NATO]-Tanács"),
        ("ja", "彼は[フランス]人だ"),
        ("zh", "[法国]人"),
        ("ko", "[프랑스]어를"),
    ],
)
def test_a_name_within_a_longer_word_is_part_of_a_compound(language: str, marked: str) -> None:
    assert compound(language, marked)


@pytest.mark.parametrize(
    ("language", "marked"),
    [
        ("en", "in [Berlin]"),
        ("en", "[Berlin]'s walls"),
        ("en", "- [Berlin] -"),
        ("en", "Paris–[Berlin]–Moscow"),
        ("en", "Paris – [Berlin] – and more"),
        ("en", "(1914-[1918])"),
        ("en", "[1914]-1918"),
        ("el", "[1946]- Παντελής"),
        ("de", "[Berlin], Köln"),
        ("de", "„[Berlin]“"),
        ("hu", "a [NATO]-ban"),
        ("hy", "[ԱՄՆ]-ի և"),
        ("hy", "[ԱՄՆ]–ի և"),
        ("he", "ב-[נאטו]"),
        ("he", "ב[ירושלים]"),
        ("ja", "[フランス]の首都"),
        ("zh", "[法国]的首都"),
        ("ko", "[프랑스]에서"),
        ("th", "ใน[กรุงเทพ]และ"),
        ("en", "[Berlin]"),
    ],
)
def test_a_name_alone_is_not_part_of_a_compound(language: str, marked: str) -> None:
    assert not compound(language, marked)


text = st.text(st.sampled_from("aB-– 1日人é"), max_size=5)


@given(st.lists(st.tuples(text, text, text), min_size=1, max_size=4))
def test_compounds_in_a_batch_are_as_each_alone(pieces: list[tuple[str, str, str]]) -> None:
    for language in ("en", "hu", "he", "ja"):

        def found(some: list[tuple[str, str, str]], language: str = language) -> list[bool]:
            start = np.array([len(a) for a, _, _ in some])
            end = start + np.array([len(b) for _, b, _ in some])
            window = around(pa.array(["".join(p) for p in some]), np.arange(len(some)), start, end)
            result: list[bool] = in_compound(window, language).tolist()
            return result

        assert found(pieces) == [found([piece])[0] for piece in pieces]


def test_the_table_of_compounds_is_valid() -> None:
    table = rows("cstool.languages", "compounds.tsv")
    codes = [row[0] for row in table]
    assert codes == sorted(set(codes))
    assert set(codes) <= set(languages())
    assert all(suffixes or int(after) or int(before) for _, suffixes, after, before in table)


_NAMES = st.text("abBés İıKßſΣς'’-.(", max_size=4)


@given(
    st.lists(
        st.tuples(_NAMES.filter(bool), st.none() | _NAMES, st.lists(_NAMES, max_size=2)), max_size=8
    )
)
def test_equal_anchors_are_what_they_are_when_compared_one_by_one(
    rows: list[tuple[str, str | None, list[str]]],
) -> None:
    anchors, labels, aliases = zip(*rows, strict=True) if rows else ((), (), ())
    kinds = anchor_kinds(
        pa.array(anchors, pa.string()),
        pa.array(labels, pa.string()),
        pa.array(aliases, pa.list_(pa.string())),
        "en",
    )
    one_by_one = [inflection._kind(a, (label, *others), "en", False) for a, label, others in rows]
    assert kinds.tolist() == one_by_one
