"""The tokenizer of a mixture."""

from dataclasses import replace
from pathlib import Path

import pytest

from cstool.errors import WrongCallError
from cstool.formats.corpus_formats import FORMATS, CorpusFormat
from cstool.formats.format_options import NO_OPTIONS, FormatOptions
from cstool.stages.mix.recipe import MixRecipe
from cstool.stages.mix.tokenizer_choice import with_tokenizer

PLAIN = FORMATS["cstool"]
TOKENS = replace(PLAIN, tokens=True)
WORDS = MixRecipe(Path("mix.toml"), ())
OF_RECIPE = replace(WORDS, tokenizer=Path("own.json"), document_end="<end>")
GIVEN = FormatOptions(Path("given.json"))


@pytest.mark.parametrize(
    ("recipe", "form"), [(replace(OF_RECIPE, count="tokens"), PLAIN), (OF_RECIPE, TOKENS)]
)
def test_the_options_take_the_place_of_the_recipe(recipe: MixRecipe, form: CorpusFormat) -> None:
    own = FormatOptions(Path("own.json"), "<end>")
    assert with_tokenizer(recipe, form, NO_OPTIONS) == own
    assert with_tokenizer(recipe, form, GIVEN) == GIVEN
    other_end = FormatOptions(document_end="<eos>")
    assert with_tokenizer(recipe, form, other_end) == replace(own, document_end="<eos>")


def test_a_tokenizer_that_is_not_needed_is_not_used() -> None:
    assert with_tokenizer(OF_RECIPE, PLAIN, NO_OPTIONS) == NO_OPTIONS
    with pytest.raises(WrongCallError, match=r'^--tokenizer: .*; or write count = "tokens"'):
        with_tokenizer(OF_RECIPE, PLAIN, GIVEN)


def test_without_a_tokenizer_the_message_names_both_ways_to_give_one() -> None:
    ways = "; give its tokenizer.json with --tokenizer, or as tokenizer in the recipe$"
    with pytest.raises(WrongCallError, match=f'^mix.toml: count: "tokens" needs a tokenizer{ways}'):
        with_tokenizer(replace(WORDS, count="tokens"), PLAIN, NO_OPTIONS)
    with pytest.raises(WrongCallError, match=f"^--format cstool: needs a tokenizer{ways}"):
        with_tokenizer(WORDS, TOKENS, NO_OPTIONS)
