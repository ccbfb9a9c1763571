"""Adaptation of names to their context: what changes before a name replaces an anchor.

Three steps, each for whole columns at once and without input or output:

- `tidy(names)`, once for each name of a store: rules that depend on the name alone.
- `around(texts, sentence, start, end)`, then `places(around, labels, source_language)`, once for
  each mention: its context in the sentence.
- `fit(names, mention, language, places, languages)`, for each name that replaces an anchor.

And for each mention: `anchor_kinds(anchors, labels, aliases, source_language)`, whether the anchor
is a name of its entity, inflected, or neither (`inflected`: only whether it is inflected); and
`in_compound(around, source_language)`. All rules and their reasons: docs/fitting.md.
"""

from cstool.languages.fitting.compounds import in_compound
from cstool.languages.fitting.context import MentionContexts, places
from cstool.languages.fitting.contextual import fit
from cstool.languages.fitting.inflection import (
    INFLECTED,
    NAME,
    NO_NAME,
    anchor_kinds,
    inflected,
)
from cstool.languages.fitting.normalize import tidy
from cstool.languages.fitting.reasons import REASONS, FittedNames
from cstool.languages.fitting.windows import ContextWindow, around

__all__ = [
    "INFLECTED",
    "NAME",
    "NO_NAME",
    "REASONS",
    "ContextWindow",
    "FittedNames",
    "MentionContexts",
    "anchor_kinds",
    "around",
    "fit",
    "in_compound",
    "inflected",
    "places",
    "tidy",
]
