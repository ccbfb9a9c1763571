"""Laws that hold for the expansion of any wikitext, and recorded outputs of MediaWiki."""

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cstool.wikitext.expansion.budget import Budget
from cstool.wikitext.expansion.evaluate import CALL_OUTPUT, Expander
from cstool.wikitext.expansion.inclusion import REMOVED, preprocessed
from cstool.wikitext.scan import calls
from scripts.fuzz.template_cases import CASES, MODULE, MODULE_TITLE, Case, case_of
from scripts.fuzz.templates import SITE, Pages, agree, ours

_RECORDED = Path(__file__).with_name("as_mediawiki.jsonl")

# The first expander raises Python's limit on recursion, which Hypothesis notices within a test.
Expander(SITE, Pages({}))

_cases = st.builds(
    lambda kind, seed: case_of(kind, Random(seed)), st.sampled_from(sorted(CASES)), st.integers()
)


def _expanded(case: Case, expander: Expander | None = None) -> str:
    expander = expander or Expander(SITE, Pages(case.pages))
    source = preprocessed(case.text).replace(REMOVED, "")
    return expander.expand(source, case.title, starts_line=True)


@given(_cases)
@settings(max_examples=200)
def test_no_call_is_left(case: Case) -> None:
    assert not calls(_expanded(case))


@given(_cases)
@settings(max_examples=100)
def test_output_does_not_depend_on_what_was_expanded_before(case: Case) -> None:
    expander = Expander(SITE, Pages(case.pages))
    first = _expanded(case, expander)
    for page in case.pages.values():
        _expanded(Case(page, case.pages, "Another page"), expander)
    assert _expanded(case, expander) == first == _expanded(case)


@given(_cases, st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=100)
def test_budget_is_reduced_by_the_same_amount_each_time(
    case: Case, steps: int, output: int
) -> None:
    expander = Expander(SITE, Pages(case.pages))
    source = preprocessed(case.text).replace(REMOVED, "")
    found = []
    for _ in range(2):
        budget = Budget(steps, output)
        text = expander.expand(source, case.title, starts_line=True, budget=budget)
        found.append((text, budget.steps, budget.output))
        expander.expand(source, case.title, starts_line=True)
    assert found[0] == found[1]
    assert 0 <= found[0][1] <= steps
    assert 0 <= found[0][2] <= output
    assert output <= CALL_OUTPUT


@pytest.mark.parametrize("kind", sorted(CASES))
def test_recorded_outputs_of_mediawiki(kind: str) -> None:
    lines = _RECORDED.read_text(encoding="utf-8").splitlines()
    recorded = [line for line in map(json.loads, lines) if line["kind"] == kind]
    assert recorded
    for line in recorded:
        case = Case(line["text"], {**line["pages"], MODULE_TITLE: MODULE})
        mine = ours(case)
        assert agree(mine, line["expanded"]), f"{case}\nours: {mine!r}\n{line['expanded']!r}"
