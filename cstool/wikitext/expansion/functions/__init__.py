"""Parser functions and magic words without arguments, by MediaWiki's id ("if", "pagename").

Each module of this package has tables of its functions, which are joined here. Names in the
language of a wiki: `expansion.magic_words`.
"""

from cstool.wikitext.expansion.frames import Function, Variable
from cstool.wikitext.expansion.functions import (
    conditionals,
    date_styles,
    letter_case,
    page_names,
    site_words,
    text_functions,
    time_functions,
    word_forms,
)
from cstool.wikitext.expansion.functions.outcomes import error

__all__ = ["FUNCTIONS", "VARIABLES", "error"]

FUNCTIONS: dict[str, Function] = {
    **site_words.FUNCTIONS,
    **conditionals.FUNCTIONS,
    **date_styles.FUNCTIONS,
    **letter_case.FUNCTIONS,
    **page_names.FUNCTIONS,
    **text_functions.FUNCTIONS,
    **time_functions.FUNCTIONS,
    **word_forms.FUNCTIONS,
}
VARIABLES: dict[str, Variable] = {**site_words.VARIABLES, **page_names.VARIABLES}
