"""Parser functions and magic words without arguments, by MediaWiki's id ("if", "pagename").

Each module of this package has tables of its functions, which are joined here. Names in the
language of a wiki: `expansion.magic_words`.
"""

from cstool.wikitext.expansion.frames import Function, Variable
from cstool.wikitext.expansion.functions import conditionals

FUNCTIONS: dict[str, Function] = {**conditionals.FUNCTIONS}
VARIABLES: dict[str, Variable] = {**conditionals.VARIABLES}
