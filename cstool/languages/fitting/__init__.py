"""Adaptation of names to their context: what changes before a name replaces an anchor.

Three steps, each for whole columns at once and without input or output:

- `tidy(names)`, once for each name of a store: rules that depend on the name alone.
- `around(texts, sentence, start, end)`, then `places(around, labels, source_language)`, once for
  each mention: its context in the sentence.
- `fit(names, mention, language, places, languages)`, for each name that replaces an anchor.

And `inflected(anchors, labels, aliases, source_language)`, for each mention: whether the anchor is
inflected. All rules and their reasons: docs/fitting.md.
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
