"""Names that fit the sentence: what a name needs before it stands where an anchor stood.

Three steps, each for whole columns at once, none with any input or output:

- `tidy(names)`, once for each name of a store: what depends on the name alone.
- `around(texts, sentence, start, end)`, then `places(around, labels, source_language)`, once for
  each mention: what the sentence says about the place.
- `fit(names, mention, language, places, languages)`, for each name that is put in a place.

And `inflected(anchors, labels, aliases, source_language)`, for each mention: whether its anchor
carries grammar. What is done to a name, and why, in docs/fitting.md.
"""

from cstool.languages.fitting.context import ContextWindow, MentionContexts, around, places
from cstool.languages.fitting.contextual import fit
from cstool.languages.fitting.inflection import inflected
from cstool.languages.fitting.normalize import tidy
from cstool.languages.fitting.reasons import REASONS, FittedNames

__all__ = [
    "REASONS",
    "ContextWindow",
    "FittedNames",
    "MentionContexts",
    "around",
    "fit",
    "inflected",
    "places",
    "tidy",
]
