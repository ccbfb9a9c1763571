"""Where sentences begin, in languages and around stops on which the segmenter alone is wrong."""

from itertools import accumulate

import pytest
import sentencex
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.boundaries import _corrected, _segmenter, boundaries
from cstool.wikitext.boundary_rules import _FOLDER, boundary_rules, rules_digest
from cstool.wikitext.doubtful_stops import (
    VOWELS,
    are_joined,
    are_joined_in_python,
    doubtful_stops,
    doubtful_stops_in_python,
    doubtful_unspaced,
    doubtful_unspaced_in_python,
    is_unbroken,
    is_unbroken_in_python,
    masked,
    masked_in_python,
)

LANGUAGES = sorted(file.name.removesuffix(".toml") for file in _FOLDER.iterdir())
PLAIN_TEXTS = st.text(".. !?…aEeкIVx5 19(。のはA,1.", max_size=50)
TEXTS = st.text('.. !?…aEeкIVx5 19"(«»)։。「」』のはA,:-’ 1.', max_size=50)


def marked(text: str, language: str) -> str:
    """Return a text with a bar at each boundary."""
    return "|".join(boundaries(text, language))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Er lebte im 19. Jahrhundert. |Im 2. Weltkrieg starb er dort. |1950 zog sie fort."),
        ("de", "Der 1. FC spielt in der 2. Liga. |Er wurde auf Platz 5. |Danach ging er."),
        ("de", "Sie kaufte Brot, Milch usw. |Danach ging sie (z. B. ins Kino). |Ende."),
        (
            "da",
            "I det 19. århundrede var byen stor. |Krigen sluttede d. 5. maj kl. 8. |Folk sang.",
        ),
        ("nb", "Det 2. Regiment var der. |Han ble nummer 5. |Laget vant."),
        (
            "sv",
            "Han bodde bl.a. i Lund. |1950 flyttade han dit med hund, katt m.m. |Sen dog han.",
        ),
        ("fi", "Nopeus on 30 km/h. |Jälkimmäinen on suurempi. |2. Luku alkaa tästä."),
        ("hu", "1848. március 15-én történt. |A VIII. Kerület nagy. |Az I. Világháború után volt."),
        ("tr", "19. yüzyılda kuruldu. |II. Mehmed aldı. |2. Lig başladı. |Bu son maçtı."),
        (
            "pl",
            "W 1990 r. Polska wygrała, m.in. z Francją. |Zmarł w Krakowie w 1872 r. |Był tu.",
        ),
        ("cs", "Narodil se 5. května. |Ve 2. Lize hrál do r. 1990. |Potom odešel."),
        ("sk", "Bol to 3. Ročník. |Na začiatku mal 34 m n. m. |Dnes je väčší."),
        ("hr", "Godine 1990. Hrvatska je glasala. |Bio je to 3. Festival."),
        ("lv", "Dzimis 2004. gadā. |Viņš studēja Rīgā. |3. Saeima sanāca."),
        (
            "ru",
            "Он жил на ул. Мира и т. д. |Потом уехал. |В 44 г. до н. э. Цезарь умер.",
        ),
        ("uk", "Народився у 1990 р. |Він жив на вул. Миру. |2001 року він помер."),
        ("el", "Γεννήθηκε το 300 π.Χ. στην Αθήνα. |Ήταν κ.λπ. |Πέθανε στη Ρόδο (βλ. Σελ. 5)."),
        ("fr", "M. Dupont vit J.-P. Martin. |Il naquit en 44 av. J.-C. à Rome. |L'art. 12 suit."),
        ("fr", "Le mot « Liberté ! » était peint. |On l'effaça."),
        (
            "es",
            "El Sr. Pérez vio ¡Tan lejos, tan cerca! de nuevo. |Mide 38 km. |La calle va.",
        ),
        (
            "en",
            "What's Up, Doc? (1972) is a film. |He came late. |(The train was slow.) |Yes.",
        ),
        ("en", "There are (a) One and (b) Two. |He left. |It ended. |iPhones were sold."),
        ("en", "Yahoo! Japan is big. |He paused… |The phone rang."),
        ("vi", "Đó là Việt Nam, ở Đông Nam Á. |Nước này nhỏ. |Họ đã chết. |Lúa nhiều."),
        ("hy", "Ծնվել է 1872 թ․ Լոնդոնում։ |Նա գրել է․ «Այսպես է»։ |2003 թվականին մահացել է։"),
        ("th", "เขาเกิดใน พ.ศ. 2500 ที่ กทม. แล้วไปในค.ศ. 1990"),
        ("hi", "डॉ. राम यहाँ थे। |1989 में वे गए।"),
        ("ja", "『まんが!!』の連載が始まった。|1869年に終わった。|「行く。」と言った。"),
        ("ja", "彼は来た。|（遅れたが。）|K.I.T.T.は車である。|モー。の歌を聞いた。"),
        ("zh", "他说：“来吧。”|1990年他走了。|《什么？》是书。|他姓W.布什。"),
    ],
)
def test_sentences_begin_where_the_language_begins_them(language: str, text: str) -> None:
    assert marked(text.replace("|", ""), language) == text


def test_a_language_of_another_follows_its_rules() -> None:
    for code in ("de-at", "als", "lb"):
        assert boundary_rules(code) == boundary_rules("de")
    assert boundary_rules("xx").starters == frozenset()


@pytest.mark.parametrize("language", LANGUAGES)
def test_data_files_have_words_as_they_are_compared(language: str) -> None:
    rules = boundary_rules(language)
    for words in (rules.never, rules.seldom, rules.dates, rules.before_number, rules.starters):
        assert [word for word in words if word != word.lower() or word.endswith(".")] == []
    assert rules.never.isdisjoint(rules.seldom | rules.ends | rules.dates)


def test_the_rules_are_identified_by_their_contents() -> None:
    assert len(rules_digest()) == 8


@given(TEXTS, st.sampled_from(["de", "en", "fr", "hu", "hr", "hy", "ja", "pl", "th", "vi", "zh"]))
def test_nothing_of_a_text_is_lost(text: str, language: str) -> None:
    assert "".join(boundaries(text, language)) == text


@given(TEXTS, st.sampled_from(["de", "en", "fi", "hr", "hu", "ka", "pl", "ru", "th", "vi"]))
def test_compiled_and_python_find_the_same_stops(text: str, language: str) -> None:
    words = boundary_rules(language).words
    pieces = sentencex.segment(language, text)
    if "".join(pieces) == text:
        expected = doubtful_stops_in_python(words, text, pieces)
        assert doubtful_stops(words, text, pieces) == expected
        expected = doubtful_unspaced_in_python("のは", text, pieces)
        assert doubtful_unspaced("のは", text, pieces) == expected


WORDS = (
    "A. ", "M. ", "5 ", "(", "He ", "Bo ", "said. ", 'go. "', "Do. “", "he ", "St. ", "d. ", "” ",
    "1970s. ", "(190th. ",
)  # fmt: skip


@given(
    PLAIN_TEXTS | st.lists(st.sampled_from(WORDS)).map("".join),
    st.sampled_from(["de", "en", "hu", "hr", "ja", "pl", "vi", "zh"]),
)
def test_stops_that_are_not_doubtful_need_no_rule(text: str, language: str) -> None:
    own = _segmenter(language)
    pieces = sentencex.segment(language, text)
    if "".join(pieces) == text:
        begins = [*accumulate(map(len, pieces))][:-1]
        doubtful = own.doubtful(text, pieces)
        if doubtful is not None:
            judged = _corrected(text, begins, doubtful, own)
            assert judged == _corrected(text, begins, None, own)


@given(
    st.text("abAéΑЖ中の  12,;:'\"/&%=-([]–’“”«»°\ufffc.!?)。։", max_size=30),
    st.sampled_from(["am", "el", "en", "fa", "hi", "hy", "ja", "km", "ru", "th", "zh"]),
)
def test_a_text_of_plain_characters_is_one_sentence(text: str, language: str) -> None:
    own = _segmenter(language)
    unbroken = is_unbroken(text, own.plain, own.others)
    assert unbroken == is_unbroken_in_python(text, own.plain, own.others)
    if unbroken and text:
        assert sentencex.segment(language, text) == [text]
        assert _corrected(text, [], None, own) == []


def test_marks_at_which_a_language_ends_sentences_are_not_plain() -> None:
    assert _segmenter("en").plain[ord(";")]
    assert not _segmenter("el").plain[ord(";")]
    assert not _segmenter("hy").plain[ord(":")]


@given(st.text("(()).. 1290aivXVcq٣é語\u2009\n", max_size=30))
def test_both_mask_the_same_labels_and_spaces(text: str) -> None:
    assert masked(text) == masked_in_python(text)
    assert len(masked(text)) == len(text)


@given(st.lists(st.text("aé語𝒳", max_size=3), max_size=4), st.text("aé語𝒳", max_size=6))
def test_both_compare_a_text_with_its_pieces(pieces: list[str], other: str) -> None:
    for text in ("".join(pieces), other, "".join(pieces) + other, "".join(pieces)[:-1]):
        assert are_joined(pieces, text) == are_joined_in_python(pieces, text)


def test_labels_of_lists_are_masked() -> None:
    assert masked("(a) b 12) c iv.) d") == "(ж) b жж) c жж.) d"
    assert masked("in 1990) or as Ab) one") == "in 1990) or as Ab) one"


def test_vowels_have_no_accent_left() -> None:
    assert "ế" in VOWELS
    assert "ž" not in VOWELS


@pytest.mark.parametrize("language", ["en", "fr", "ja", "th"])
@pytest.mark.parametrize("space", ["\xa0", "\u2009", "\u202f", "\u3000"])
def test_a_letter_and_a_wide_space_before_a_stop_do_not_end_the_segmenter(
    language: str, space: str
) -> None:
    for text in (
        f"Group B{space}. -->",
        f"iv{space}.",
        f"The (b) group B{space}. It is. 1{space}. A",
    ):
        plain = boundaries(text.replace(space, " "), language)
        assert boundaries(text, language) == [
            text[end - len(piece) : end]
            for piece, end in zip(plain, accumulate(map(len, plain)), strict=True)
        ]


def test_a_text_on_which_the_segmenter_panics_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    panic = type("PanicException", (BaseException,), {})

    def fails(language: str, text: str) -> list[str]:
        raise panic("byte index 3 is not a char boundary")

    monkeypatch.setattr(sentencex, "segment", fails)
    assert boundaries("It is. It was (a) one. B", "en") == ["It is. It was (a) one. B"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Go there. |’Twas so. |He said. |‘Yes.’ |It is."),
        ("en", "Go there. |’90s music is. |It ended."),
        ("de", "Er kam. |‚Ja, gut‘ war alles. |›Nein, nie‹ auch."),
        ("nl", "Hij woont daar. |’s Ochtends gaat hij. |Hij is er."),
    ],
)
def test_a_quotation_mark_belongs_to_the_sentence_that_it_begins(language: str, text: str) -> None:
    assert marked(text.replace("|", ""), language) == text
