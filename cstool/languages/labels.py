"""Select the label of an entity in a language: Wikibase's fallbacks, and checks of the script.

A label is searched in the language itself, then along its chain of fallbacks, then in `mul` (labels
for all languages, since 2024). It is accepted only if it is written in the language's scripts:

- A name needs a letter in the language's main scripts; it may also have letters of other scripts
  that the language is written in, and Latin and Greek letters ("Tシャツ", "α-Linolensäure"). A name
  without a letter ("1984") fits any language.
- A language's own label in a foreign script is accepted if the page in its own Wikipedia has it as
  title (`YouTube` in Japanese), or if it is an abbreviation (`IBM`). If the language is written in
  that script, too, it must also equal the English label: `Beč` in Serbian is the other orthography.
- A label in a script that is not a main script and that equals the English label is a copy.
- A name in Chinese is either simplified or traditional, as its language is.

So all names in a language are in one script and orthography.

Entities are processed in batches: names are indices into an array of texts, languages are columns.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cstool.arrays import Array
from cstool.arrays.arrow import flat, numbers, one_chunk
from cstool.languages.codes import current, language_wiki, languages
from cstool.languages.disambiguators import (
    with_small_letter,
    without_brackets,
    without_disambiguator,
)
from cstool.languages.fallbacks import chain, same_language
from cstool.languages.scripts import LanguageScripts, mask, scripts_of, written
from cstool.storage.counts import Counts

# Labels; titles of pages without disambiguators; titles as LEIA puts them into text.
NameKind = Literal["label", "sitelink", "title"]
# Which fallbacks are used: the whole chain, only varieties of the same language, or none.
Fallback = Literal["all", "variants", "none"]
# Where a name comes from: the anchor itself; the label in the language (or in a former code of it),
# in a variety of the same language, in another language, or in `mul`; the title of a page; another
# name of the entity (only in a lexicon); a dictionary.
Origin = Literal[
    "anchor",
    "label",
    "variant",
    "fallback",
    "mul",
    "sitelink",
    "alias",
    "dictionary",
]

OWN: Origin = "label"
VARIANT: Origin = "variant"
FALLBACK: Origin = "fallback"
MUL: Origin = "mul"
SITELINK: Origin = "sitelink"
ALIAS: Origin = "alias"
DICTIONARY: Origin = "dictionary"
# The beginning of a stored reason to reject a name, by the step that found it.
_REJECTED = {OWN: "own", VARIANT: "of a variant", FALLBACK: "of a fallback language", MUL: "mul"}
SCRIPT = "in another script"
OTHER_HAN = "in the other Chinese characters"
REPEAT = "repeats the English one in another script"

# Letters of the longest word in capitals that counts as an abbreviation.
_ABBREVIATION = 5
# The bits that only simplified or only traditional characters have.
_HAN = mask("Hans", "Hant")


class FallbackStep(NamedTuple):
    """A step of the search: the column of a code, and the origin of a label found there."""

    column: int
    origin: Origin


@dataclass(frozen=True)
class LabelRules:
    """Rules of label selection for target languages; `codes` are the codes that must be read.

    `strict`: whether scripts are checked. `titles`: names are page titles instead of labels;
    `bare`: without any brackets (`disambiguators.without_brackets`).
    """

    targets: tuple[str, ...]
    codes: tuple[str, ...]
    steps: tuple[tuple[FallbackStep, ...], ...]
    written: tuple[LanguageScripts, ...]
    strict: bool
    titles: bool
    bare: bool = False

    @property
    def need_titles(self) -> bool:
        """Whether page titles are needed, as names or to check labels."""
        return self.titles or self.strict

    @staticmethod
    def of(
        targets: Sequence[str], fallback: Fallback = "variants", kind: NameKind = "label"
    ) -> "LabelRules":
        """Return the rules for these languages.

        With `fallback` "none", as published: the label of exactly that code, in any script.
        """
        searched = [tuple(_search_order(target, fallback, kind)) for target in targets]
        # English and mul are always read, to recognise copies.
        codes = tuple(sorted({"en", "mul", *targets, *(c for steps in searched for c, _ in steps)}))
        column = {code: i for i, code in enumerate(codes)}
        steps = tuple(
            tuple(FallbackStep(column[c], origin) for c, origin in steps) for steps in searched
        )
        forms = tuple(map(written, targets))
        strict = fallback != "none"
        bare = kind == "title"
        return LabelRules(
            tuple(targets), codes, steps, forms, strict, titles=kind != "label", bare=bare
        )

    def origins(self) -> list[list[tuple[str, Origin]]]:
        """Return, for each target and each step of its search, the code and the origin of a name.

        Page titles are all of origin `sitelink`; their codes distinguish titles of other languages.
        """
        return [
            [(self.codes[s.column], SITELINK if self.titles else s.origin) for s in steps]
            for steps in self.steps
        ]

    def wikis(self) -> list[str]:
        """Return the Wikipedia database name of each code, "" for a former or unknown code."""
        return [(code == current(code) and language_wiki(code)) or "" for code in self.codes]


def _search_order(target: str, fallback: Fallback, kind: NameKind) -> Iterable[tuple[str, Origin]]:
    """Yield the codes to search for a language, each with the origin of its labels."""
    yield target, OWN
    if fallback == "none":
        return
    for code in _old(target, kind):
        yield code, OWN
    for other in chain(target):
        origin = VARIANT if same_language(target, other) else FALLBACK
        if fallback == "variants" and origin != VARIANT:
            continue
        yield other, origin
        for code in _old(other, kind):
            yield code, origin
    if kind == "label":
        yield "mul", MUL


def _old(code: str, kind: NameKind) -> tuple[str, ...]:
    """Return the former codes, which old dumps use for labels of the language."""
    return languages()[code].old if kind == "label" and code in languages() else ()


class LabelTable(NamedTuple):
    """Names of entities, as parallel arrays: row of the entity, column of the code, text."""

    entity: Array
    column: Array
    text: pa.Array

    @staticmethod
    def of(offsets: Array, tags: pa.Array, texts: pa.Array, columns: pa.Array) -> "LabelTable":
        """Return the names in a list column whose tags are in `columns`, without the empty ones.

        `offsets`: int64[n + 1], where the names of each entity begin. Tags are codes, or database
        names.
        """
        column = pc.index_in(tags, columns)
        kept = pc.and_(column.is_valid(), pc.and_(pc.not_equal(texts, ""), pc.not_equal(tags, "")))
        entity = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        mask_ = kept.to_numpy(zero_copy_only=False)
        return LabelTable(
            entity[mask_], column.filter(kept).to_numpy().astype(np.int64), texts.filter(kept)
        )

    @staticmethod
    def of_column(column: pa.ChunkedArray, tags: Sequence[str]) -> "LabelTable":
        """Return the names in a column of labels, aliases or sitelinks with one of these tags."""
        offsets, terms = flat(one_chunk(column))
        tag, text = terms.flatten()
        return LabelTable.of(offsets, tag, text, pa.array(tags, pa.string()))

    @staticmethod
    def none() -> "LabelTable":
        """Return an empty table."""
        return LabelTable(np.zeros(0, np.int64), np.zeros(0, np.int64), pa.array([], pa.string()))


class ChosenLabels(NamedTuple):
    """The names that were selected, as tables with a row per entity and a column per target.

    `places`: int64, the index of the name in `texts`, -1 if there is none. `steps`: uint8, the
    index of the step of the search that found it (`LabelRules.origins`), 0 if there is none.
    """

    places: Array
    texts: pa.Array
    steps: Array


def choose(
    rules: LabelRules, number: int, labels: LabelTable, titles: LabelTable, counts: Counts
) -> ChosenLabels:
    """Select names for `number` entities; add selected and rejected labels to `counts`.

    `titles` are of the Wikipedias of `rules.wikis()`; if names are labels they only confirm them.
    """
    if rules.bare:
        titles = _without_brackets(titles)
    batch = _Batch.of(rules, number, labels, titles)
    places = np.full((number, len(rules.targets)), -1, np.int64)
    steps = np.zeros(places.shape, np.uint8)
    tally = counts.tally("labels")
    for target, code in enumerate(rules.targets):
        chosen = places[:, target]
        for index, step in enumerate(rules.steps[target]):
            rows = np.flatnonzero((batch.names[:, step.column] >= 0) & (chosen < 0))
            if not len(rows):
                continue
            names = batch.names[rows, step.column]
            reasons = batch.reject(rows, names, target, step.origin) if rules.strict else {}
            kept = np.ones(len(rows), bool)
            for reason, rejected in reasons.items():
                tally.drop(f"{_REJECTED[step.origin]}: {reason}", int(rejected.sum()))
                if step.origin == OWN and rejected.any():
                    counts.add("labels refused", {code: int(rejected.sum())})
                kept &= ~rejected
            chosen[rows[kept]] = names[kept]
            steps[rows[kept], target] = index
            tally.keep(int(kept.sum()))
            if kept.any():
                counts.add("labels by origin", {step.origin: int(kept.sum())})
    selected = (places >= 0).sum(axis=0).tolist()
    counts.add("labels", Counter(dict(zip(rules.targets, selected, strict=True))))
    return ChosenLabels(places, batch.texts, steps)


@dataclass(frozen=True)
class _Batch:
    """Names of a batch as tables of text indices: a row for each entity, a column for each code.

    `names`: the candidates; `own_titles`: titles of Wikipedia pages without disambiguators;
    `english`: each entity's English label. Equal texts have equal indices.
    """

    rules: LabelRules
    texts: pa.Array
    scripts: Array
    names: Array
    own_titles: Array
    english: Array

    @staticmethod
    def of(rules: LabelRules, number: int, labels: LabelTable, titles: LabelTable) -> "_Batch":
        whole = titles.text.cast(pa.string())
        short = whole if rules.bare else without_disambiguator(whole)
        parts = [labels.text.cast(pa.string()), whole, short, with_small_letter(short)]
        coded = pa.concat_arrays(parts).dictionary_encode()
        ids = coded.indices.to_numpy().astype(np.int64)
        ends = np.cumsum([len(part) for part in parts])
        shape = (number, len(rules.codes))
        named = _table(shape, labels, ids[: ends[0]])
        entire, own_titles, small = (
            _table(shape, titles, ids[first:last]) for first, last in pairwise(ends.tolist())
        )
        # Brackets, or a lower-case first letter, that the label also has, are part of the name.
        for other in () if rules.bare else (small, entire):
            np.copyto(own_titles, other, where=other == named)
        english, mul = (named[:, rules.codes.index(code)] for code in ("en", "mul"))
        return _Batch(
            rules,
            coded.dictionary,
            scripts_of(coded.dictionary) if rules.strict else np.zeros(0, np.uint64),
            own_titles if rules.titles else named,
            own_titles,
            np.where(english >= 0, english, mul),
        )

    def reject(self, rows: Array, names: Array, target: int, origin: str) -> dict[str, Array]:
        """Return, for each reason, which of the names found for these rows are rejected."""
        form = self.rules.written[target]
        scripts = self.scripts[names]
        letters = scripts != 0
        needed = form.main if form.main or origin == MUL else form.all
        foreign = letters & ~fits(scripts, needed, form.all)
        variant = (scripts & _HAN & ~form.all != 0) & (form.all & mask("Hani") != 0)
        repeats = np.zeros(len(rows), bool)
        if origin == OWN:
            beside = letters & (scripts & form.main == 0) & (form.main != 0)
            repeats = beside & (names == self.english[rows])
            orthography = beside & ~repeats & (scripts & form.all != 0)
            candidates = np.flatnonzero((foreign | repeats) & ~orthography & ~variant)
            confirmed = self._confirmed(rows[candidates], names[candidates], target)
            foreign[candidates[confirmed]] = repeats[candidates[confirmed]] = False
        return {
            REPEAT: repeats,
            OTHER_HAN: variant & ~repeats,
            SCRIPT: foreign & ~repeats & ~variant,
        }

    def _confirmed(self, rows: Array, names: Array, target: int) -> Array:
        """Return whether a language's own labels are its names in spite of their script."""
        if self.rules.titles:
            return np.ones(len(rows), bool)
        own = self.rules.steps[target][0].column
        result: Array = self.own_titles[rows, own] == names
        others = np.flatnonzero(~result & (self.scripts[names] == mask("Latn")))
        result[others] = self._abbreviations(names[others])
        return result

    def _abbreviations(self, names: Array) -> Array:
        """Return which names have no lower-case letter and no long word: `IBM`, `B-52`."""
        texts = self.texts.take(numbers(names))
        ordinary = pc.match_substring_regex(texts, rf"\p{{Ll}}|\p{{Lu}}{{{_ABBREVIATION + 1}}}")
        abbreviations: Array = ~ordinary.to_numpy(zero_copy_only=False)
        return abbreviations


def _without_brackets(titles: LabelTable) -> LabelTable:
    """Return the titles without brackets, and without those of which nothing is left."""
    texts = without_brackets(titles.text.cast(pa.string()))
    there = pc.not_equal(texts, "")
    kept = there.to_numpy(zero_copy_only=False)
    return LabelTable(titles.entity[kept], titles.column[kept], texts.filter(there))


def fits(scripts: Array, needed: Array | np.uint64, allowed: Array | np.uint64) -> Array:
    """Return which names have a letter that is `needed`, and only `allowed`, Latin, Greek ones.

    All are masks of scripts (`scripts_of`).
    """
    permitted = allowed | mask("Latn", "Grek")
    result: Array = (scripts & needed != 0) & (scripts & ~permitted == 0)
    return result


def _table(shape: tuple[int, int], names: LabelTable, ids: Array) -> Array:
    """Return the indices of the names as a table, -1 where there is none."""
    table = np.full(shape, -1, np.int64)
    table[names.entity, names.column] = ids
    return table
