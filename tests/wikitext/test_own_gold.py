"""The figures of extraction on our own hard pages, against MediaWiki's rendering of them.

The gold was made by `scripts/data/gold_of_sample.py`. Real pages: tests/real/test_fidelity.py.
"""

from collections import Counter

import pytest

from tests.wikitext.gold import GOLD, Known, Link, Scores, score

LANGUAGES = sorted(path.stem for path in GOLD.glob("*.xml"))
# Pages on which we do not say what the gold says, and why. All else agrees.
KNOWN = {
    ("en", "Broken links"): "MediaWiki shows brackets and braces: such sentences are dropped",
    ("en", "Templates"): "a parameter outside of a template is a hole",
    ("en", "Numbered addresses"): "an address without text is a hole: its number hangs on the page",
    ("en", "Anchor over lines"): "the gold breaks its blocks at <br>, within an anchor, too",
    ("en", "One mark a line"): "a line that begins with a category begins a sentence",
    ("en", "Lists and tables"): "rows of a table that none has begun may be a template's",
}


@pytest.fixture(scope="module")
def scores() -> dict[str, Scores]:
    return {language: score(language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_are_those_of_the_rendered_page(scores: dict[str, Scores], language: str) -> None:
    told = scores[language]
    assert told.gold.total() > 5
    assert _unknown(language, told.stray()) == []
    assert _unknown(language, told.lost()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_are_those_of_the_rendered_page(scores: dict[str, Scores], language: str) -> None:
    wrong = [*scores[language].wrong_links(), *scores[language].lost_links()]
    assert [(s, link) for s, link in wrong if (language, s.page) not in KNOWN] == []


def test_what_is_known_to_differ_does(scores: dict[str, Scores]) -> None:
    differ = {(language, page) for language in LANGUAGES for page in scores[language].pages()}
    assert sorted(KNOWN.keys() - differ) == [], "these agree now: take them out of KNOWN"


def _unknown(language: str, sentences: list[Known]) -> list[Known]:
    return [s for s in sentences if (language, s.page) not in KNOWN]


def test_a_difference_is_reported_by_its_kind() -> None:
    links: tuple[Link, ...] = ((0, 1, "A"),)
    ours = [Known("p", "a b", links), Known("p", "stray", links)]
    gold = [Known("p", "a b", ((2, 3, "B"),)), Known("q", "lost", links)]
    told = Scores(Counter(ours), Counter(gold))
    assert [s.text for s in told.stray()] == ["stray"]
    assert [s.text for s in told.lost()] == ["lost"]
    assert [link for _, link in told.wrong_links()] == [(0, 1, "A")]
    assert [link for _, link in told.lost_links()] == [(2, 3, "B")]
    assert told.pages() == {"p", "q"}
