"""Sentences with templates, against MediaWiki's rendering of them by the dump's definitions.

The gold was made by `scripts/data/gold_of_templates.py`.
"""

from collections import Counter
from pathlib import Path

import pytest

from cstool.execution.options import RunOptions
from cstool.stages.extract.options import ExtractOptions
from cstool.stages.extract.stage import extract
from tests.support import rows_of
from tests.wikitext.gold import GOLD, Known, Scores, gold_sentences, known

TEMPLATES = GOLD / "templates"
LANGUAGES = sorted(path.stem for path in TEMPLATES.glob("*.xml"))
# The end of the titles of pages on which each sentence with a link contains something unknown.
UNKNOWN = "(unknown)"
# Pages on which we do not say what the gold says, and why.
KNOWN = {("en", "Alone on a line"): "a call alone on its line is a block, which is not read"}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scores]:
    folder = tmp_path_factory.mktemp("templates")
    return {language: score(language, folder / language) for language in LANGUAGES}


def score(language: str, out: Path) -> Scores:
    """Compare the sentences that `extract --templates dump` writes with MediaWiki's."""
    extract(
        [str(TEMPLATES / f"{language}.xml")],
        out,
        ExtractOptions(templates="dump"),
        RunOptions(jobs=1, quiet=True),
    )
    ours = (
        known(title, text, [(m["start"], m["end"], m["target"]) for m in mentions])
        for title, text, mentions in rows_of(out).select("title", "text", "mentions").rows()
    )
    return Scores(
        Counter(ours), Counter(gold_sentences(TEMPLATES / f"{language}.gold.jsonl", language))
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_rendered_sentences_are_those_of_the_page(scores: dict[str, Scores], language: str) -> None:
    told = scores[language]
    assert told.gold.total() > 30
    assert _unexpected(language, told.stray()) == []
    assert _unexpected(language, told.lost()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_of_rendered_sentences_are_those_of_the_page(
    scores: dict[str, Scores], language: str
) -> None:
    wrong = [*scores[language].wrong_links(), *scores[language].lost_links()]
    assert [(s, link) for s, link in wrong if (language, s.page) not in KNOWN] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_depends_on_the_date_or_the_site(
    scores: dict[str, Scores], language: str
) -> None:
    assert [s for s in scores[language].ours if s.page.endswith(UNKNOWN)] == []


def test_what_is_known_to_differ_does(scores: dict[str, Scores]) -> None:
    differ = {(language, page) for language in LANGUAGES for page in scores[language].pages()}
    assert sorted(KNOWN.keys() - differ) == [], "these agree now: take them out of KNOWN"


def _unexpected(language: str, sentences: list[Known]) -> list[Known]:
    return [
        s for s in sentences if (language, s.page) not in KNOWN and not s.page.endswith(UNKNOWN)
    ]
