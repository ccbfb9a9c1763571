"""The table in the documentation is what masking does."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def picture() -> Iterator[ModuleType]:
    """scripts/show_masking.py."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import show_masking

        yield show_masking
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def test_the_table_in_the_documentation_is_true(picture: ModuleType) -> None:
    document = picture.DOCS.read_text("utf-8")
    assert document == picture.with_table(document)
    assert "`wep+mlm` | ⟨" in document


def test_brackets_and_marks_are_where_they_belong(picture: ModuleType) -> None:
    tokenizer = picture.own_tokenizer()
    drawn = {picture.line(tokenizer, picture.OURS, "wep", "paper", seed) for seed in range(40)}
    first = ("Рид? ##ли? Скотт?", "▒▒▒ ▒▒▒ ▒▒▒")
    second = ("Бег? ##ущий? по? лез? ##вию?", "▒▒▒ ▒▒▒ ▒▒▒ ▒▒▒ ▒▒▒")
    rest = "turned the book into the film"
    assert drawn == {f"⟨{a}⟩ {rest} ⟨{b}⟩ in 1982 ." for a in first for b in second}
