"""Offsets at which ICU segments a text."""

from hypothesis import given
from hypothesis import strategies as st
from icu4py.breakers import LineBreaker, WordBreaker

from cstool.languages.segmentation import segments

TEXTS = st.text(st.sampled_from("ab 東京ไทยक्षि😀👨\u200d👩𠮷é\n.-"), max_size=20)


@given(TEXTS, st.sampled_from([WordBreaker, LineBreaker]))
def test_pieces_are_the_text(text: str, breaker: type[WordBreaker] | type[LineBreaker]) -> None:
    found = [*segments(breaker, text)]
    assert "".join(text[start:end] for start, end in found) == text
    assert all(start < end for start, end in found)


def test_what_follows_an_emoji_is_cut_where_it_would_be_without() -> None:
    for breaker, text in ((WordBreaker, "東京 大学"), (LineBreaker, "ab cd-ef 東京")):
        plain = [text[a:b] for a, b in segments(breaker, text)]
        behind = "😀😀 " + text
        assert [behind[a:b] for a, b in segments(breaker, behind)][-len(plain) :] == plain
