"""Which tokenizer a mixture uses: that of the options, or that of its recipe."""

from dataclasses import replace

from cstool.errors import WrongCallError
from cstool.formats.corpus_formats import CorpusFormat, check_options
from cstool.formats.format_options import FormatOptions
from cstool.stages.mix.recipe import MixRecipe


def with_tokenizer(recipe: MixRecipe, form: CorpusFormat, options: FormatOptions) -> FormatOptions:
    """Return the options of a mixture's files, with the tokenizer to use, None if none is needed.

    One tokenizer counts the tokens of a recipe and writes those of a format. That of the options
    takes the place of the recipe's, and so does the token for the end of a document; a new
    tokenizer without one has that of a usual name. Raises WrongCallError if there is none but one
    is needed, and for options that the format does not take.
    """
    counting = recipe.count == "tokens"
    if not counting and not form.tokens:
        _refuse_options(form, options)
        return options
    if options.tokenizer is None:
        end = options.document_end or recipe.document_end
        options = replace(options, tokenizer=recipe.tokenizer, document_end=end)
    if options.tokenizer is None:
        what = (
            f'{recipe.file}: count: "tokens" needs a tokenizer'
            if counting
            else f"--format {form.name}: needs a tokenizer"
        )
        raise WrongCallError(
            f"{what}; give its tokenizer.json with --tokenizer, or as tokenizer in the recipe"
        )
    check_options(form, options, counting=counting)
    return options


def _refuse_options(form: CorpusFormat, options: FormatOptions) -> None:
    """Raise WrongCallError for options for tokens, of which there are none."""
    try:
        check_options(form, options)
    except WrongCallError as fault:
        if options.tokenizer is None:
            raise
        raise WrongCallError(f'{fault}; or write count = "tokens" in the recipe') from fault
