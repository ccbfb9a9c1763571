"""Phrases for the reasons in counts, for text that people read.

Manifests and statistics store reasons under fixed names, because other programs read them. Command
output, reports and dataset cards show a noun phrase instead where the stored name is not one.
"""

from collections.abc import Iterable, Mapping

_PHRASES = {
    # entities
    "no such item": "item that does not exist",
    "not asked for": "not selected",
    # titles
    "has an item of its own": "redirect with its own item",
    "loop, or a chain of more than ten": "loop or chain of more than 10 redirects",
    "page has two items": "page with two items",
    "page has two targets": "page with two targets",
    "page is no redirect": "page that is not a redirect",
    "page is not in the page table": "page missing from the page table",
    "page's title is dropped": "page with a dropped title",
    "target has no item": "target without an item",
    "target is missing": "missing target",
    "title is not UTF-8": "title that is not UTF-8",
    "title twice": "duplicate title",
    # extract
    "in a dropped sentence": "mention in a dropped sentence",
    "more than 2^20 in a page": "sentence after the first 2^20 of a page",
    "page twice": "repeated page",
    "not wikitext": "content that is not wikitext",
    "text deleted": "deleted text",
    "text empty": "empty text",
    "text too long": "text above the size limit",
    "took too long": "page above the time limit",
    # link
    "no page of that title": "no page with that title",
    # switch
    "a date": "date",
    "all entities and words are left": "all entities and words excluded",
    "all entities are left": "all entities excluded",
    "an anchor carries grammar": "inflected anchor",
    "fewer mentions than asked for": "too few mentions",
    "hardly more than one mention": "mention too long",
    "its anchor carries grammar": "inflected anchor",
    "its anchor is not a name": "anchor that is not a name",
    "a mark in the text": "mark in the text",
    "left by --row-rate": "not sampled by --row-rate",
    "left by --sentence-rate": "not sampled by --sentence-rate",
    "left by --switch-rate": "not sampled by --switch-rate",
    "left by --word-rate": "not sampled by --word-rate",
    "more mentions than asked for": "too many mentions",
    "no language changes as much as asked": "too few anchors would change",
    "no language has all labels": "no language with all required labels",
    "not of the types asked for": "type not selected",
    "of an excluded type": "excluded type",
    "too many words": "sentence too long",
    "too short": "sentence too short",
    "mul: in another script": "mul label in another script",
    "mul: in the other Chinese characters": "mul label in the other Chinese characters",
    "of a fallback language: in another script": "fallback label in another script",
    "of a variant: in another script": "variant label in another script",
    "of a variant: in the other Chinese characters": (
        "variant label in the other Chinese characters"
    ),
    "of a fallback language: in the other Chinese characters": (
        "fallback label in the other Chinese characters"
    ),
    "own: in another script": "own label in another script",
    "own: in the other Chinese characters": "own label in the other Chinese characters",
    "own: repeats the English one in another script": "own label copied from English",
    # shard
    "source page holds a test set's text": "overlap with a test set",
    "source page is nearly there already": "near-duplicate source page",
    "source page is there already": "duplicate source page",
    "source paragraph holds a test set's text": "overlap with a test set",
    "source paragraph is nearly there already": "near-duplicate source paragraph",
    "source paragraph is there already": "duplicate source paragraph",
    "source sentence holds a test set's text": "overlap with a test set",
    "source sentence is nearly there already": "near-duplicate source sentence",
    "source sentence is there already": "duplicate source sentence",
    "source sentence: nothing to translate": "row of the source language",
    # mask
    "cut at --max-length": "truncated by --max-length",
    "its paragraph is not told": "unknown paragraph",
}


def phrase_of(reason: str) -> str:
    """Return the phrase for a stored reason; a reason without one is returned unchanged."""
    return _PHRASES.get(reason, reason)


def reasons_text(numbers: Mapping[str, int]) -> str:
    """Return reasons with their counts: `hole (11), missing target (2)`; "" for none."""
    return counts_text((phrase_of(reason), number) for reason, number in numbers.items())


def counts_text(numbers: Iterable[tuple[str, int]]) -> str:
    """Return names with their counts: `ipa (6), chem2 (1)`; "" for none."""
    return ", ".join(f"{name} ({number:,})" for name, number in numbers)
