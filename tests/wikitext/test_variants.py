"""Text that depends on the reader's language variant."""

import pytest

from tests.wikitext.reading import links_of, text_of


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("-{zh-hans:联邦州; zh-hant:邦}-", "联邦州"),
        ("-{zh-tw:電腦; zh-cn:计算机;}-", "计算机"),
        ("-{zh-hk:a;zh-tw:b}-", "b"),
        ("-{zh:无; zh-cn:x}-", "无"),
        ("a-{b}-c", "abc"),
        ("-{a:b}-", "a:b"),
        ("-{R|b}-", "b"),
        ("a-{H|zh-cn:x;zh-tw:y}-", "a"),
        ("a-{T|zh-cn:x;zh-tw:y}-", "a"),
        ("-{A|zh-cn:x;zh-tw:y}-", "x"),
        ("a-{D|zh-cn:x;zh-tw:y}-", "a▢"),
        ("a-{b=>zh-cn:c}-", "a▢"),
        ("-{zh-cn:a&amp;b; zh-tw:c}-", "a&b"),
        ("a-{}-b", "ab"),
    ],
)
def test_a_reader_without_a_choice_sees_the_first_variant(source: str, shown: str) -> None:
    assert text_of(source, "zh") == shown


def test_an_anchor_may_have_variants() -> None:
    assert links_of("[[州|-{zh-hans:联邦州; zh-hant:邦}-]]", "zh") == [("联邦州", "州")]


def test_each_language_has_its_own_variants() -> None:
    assert text_of("-{sr-el:a;sr-ec:b}-", "sr") == "b"
    assert text_of("-{a}- -{zh-hans:x}-", "ja") == "-{a}- -{zh-hans:x}-"
