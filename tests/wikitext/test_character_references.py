"""Character references, as MediaWiki's Sanitizer decodes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cstool.wikitext.character_references import decode_entities


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("&eacute;&#233;&#xE9;&#XE9;", "éééé"),
        ("&amp;lt;", "&lt;"),
        ("&nbsp;", "\u00a0"),
        ("&#128512;", "😀"),
        ("&#10;", " "),
        ("&rlm;&רלמ;", "\u200f\u200f"),
    ],
)
def test_references_are_decoded_once(source: str, text: str) -> None:
    assert decode_entities(source) == text


@pytest.mark.parametrize(
    "source", ["&foo;", "&eacute", "& amp;", "&#1;", "&#0;", "&#xD800;", "&#x110000;", "&;", "&#;"]
)
def test_what_is_no_reference_stays(source: str) -> None:
    assert decode_entities(source) == source


@given(st.text(st.sampled_from("&#x;1aF l t amp"), max_size=12))
def test_any_text_can_be_decoded(text: str) -> None:
    assert len(decode_entities(text)) <= len(text)
