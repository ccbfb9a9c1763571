"""Which name an entity has in a language: the rules of Wikibase, and what else sense demands.

A label is looked for in the language itself, then along its chain of fallbacks, then in `mul`
(names for all languages, since 2024). It is taken only where it is written as the language is:

- A name has a letter in the language's main scripts, or in one more that it is written in; beside
  these it may have Latin and Greek letters ("Tシャツ", "α-Linolensäure"). A name without a letter
  ("1984") fits any language. What `mul` has must be in a main script.
- A language's own label in a foreign script is still its name if its own Wikipedia's page has it
  for a title (`YouTube` in Japanese), or if it is an abbreviation (`IBM`).
- A label in a script that is not the language's main one and repeats the English label is a copy.

Everything is done for a batch of entities at once: names are numbers, languages are columns.
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
from cstool.languages.codes import current, language_wiki, languages
from cstool.languages.disambiguators import with_small_letter, without_disambiguator
from cstool.languages.fallbacks import chain, same_language
from cstool.languages.scripts import LanguageScripts, mask, scripts_of, written
from cstool.storage.counts import Counts

NameKind = Literal["label", "sitelink"]
# Whose labels stand in: the whole chain's, those of the same language's varieties, nobody's.
Fallback = Literal["all", "variants", "none"]

OWN, FALLBACK, MUL = "own", "of a fallback language", "mul"
SCRIPT = "in another script"
REPEAT = "repeats the English one in another script"

# The longest word in capitals that is still taken for an abbreviation.
_ABBREVIATION = 5


class FallbackStep(NamedTuple):
    """Where to look next: the column of a code, and whose names these are."""

    column: int
    origin: str


@dataclass(frozen=True)
class LabelRules:
    """How names are chosen for target languages; `codes` are those that must be read.

    `strict`: whether scripts are looked at. `titles`: names are titles, not labels.
    """

    targets: tuple[str, ...]
    codes: tuple[str, ...]
    steps: tuple[tuple[FallbackStep, ...], ...]
    written: tuple[LanguageScripts, ...]
    strict: bool
    titles: bool

    @property
    def need_titles(self) -> bool:
        """Whether titles are chosen, or bear witness for labels."""
        return self.titles or self.strict

    @staticmethod
    def of(
        targets: Sequence[str], fallback: Fallback = "all", kind: NameKind = "label"
    ) -> "LabelRules":
        """Return the rules for these languages.

        Without any fallback, as published: the label of just that code, whatever it looks like.
        """
        looked = [tuple(_looked_at(target, fallback, kind)) for target in targets]
        # English and mul are read in any case: they tell what is a copy.
        codes = tuple(sorted({"en", "mul", *targets, *(c for steps in looked for c, _ in steps)}))
        column = {code: i for i, code in enumerate(codes)}
        steps = tuple(
            tuple(FallbackStep(column[c], origin) for c, origin in steps) for steps in looked
        )
        forms = tuple(map(written, targets))
        strict = fallback != "none"
        return LabelRules(tuple(targets), codes, steps, forms, strict, kind == "sitelink")

    def wikis(self) -> list[str]:
        """Return the Wikipedia's database of each code, "" for an old or unknown code."""
        return [(code == current(code) and language_wiki(code)) or "" for code in self.codes]


def _looked_at(target: str, fallback: Fallback, kind: NameKind) -> Iterable[tuple[str, str]]:
    """Yield the codes to look at for a language, and whose names these are."""
    yield target, OWN
    if fallback == "none":
        return
    for code in _old(target, kind):
        yield code, OWN
    for other in chain(target):
        if fallback == "variants" and not same_language(target, other):
            continue
        yield other, FALLBACK
        for code in _old(other, kind):
            yield code, FALLBACK
    if kind == "label":
        yield "mul", MUL


def _old(code: str, kind: NameKind) -> tuple[str, ...]:
    """Return the codes under which old dumps have the language's labels."""
    return languages()[code].old if kind == "label" and code in languages() else ()


class LabelTable(NamedTuple):
    """Names of entities, side by side: whose (its row), in which code (its column), the text."""

    entity: Array
    column: Array
    text: pa.Array

    @staticmethod
    def of(offsets: Array, tags: pa.Array, texts: pa.Array, columns: pa.Array) -> "LabelTable":
        """Return the names in a list column whose tags are in `columns`, the empty ones left out.

        `offsets`: where each entity's begin. Tags are codes, or databases of wikis.
        """
        column = pc.index_in(tags, columns)
        kept = pc.and_(column.is_valid(), pc.and_(pc.not_equal(texts, ""), pc.not_equal(tags, "")))
        entity = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        mask_ = kept.to_numpy(zero_copy_only=False)
        return LabelTable(
            entity[mask_], column.filter(kept).to_numpy().astype(np.int64), texts.filter(kept)
        )

    @staticmethod
    def none() -> "LabelTable":
        """Return no names."""
        return LabelTable(np.zeros(0, np.int64), np.zeros(0, np.int64), pa.array([], pa.string()))


class ChosenLabels(NamedTuple):
    """For each entity (row) and target (column) the place of a name in `texts`, -1 for none."""

    places: Array
    texts: pa.Array


def choose(
    rules: LabelRules, number: int, labels: LabelTable, titles: LabelTable, counts: Counts
) -> ChosenLabels:
    """Choose the names of `number` entities; add to `counts` what was chosen and what refused.

    Titles are of the Wikipedias of `rules.wikis()`; with labels they only bear witness.
    """
    batch = _Batch.of(rules, number, labels, titles)
    places = np.full((number, len(rules.targets)), -1, np.int64)
    tally = counts.tally("labels")
    for target, code in enumerate(rules.targets):
        chosen = places[:, target]
        for step in rules.steps[target]:
            rows = np.flatnonzero((batch.names[:, step.column] >= 0) & (chosen < 0))
            if not len(rows):
                continue
            found = batch.names[rows, step.column]
            reasons = batch.refuse(rows, found, target, step.origin) if rules.strict else {}
            kept = np.ones(len(rows), bool)
            for reason, refused in reasons.items():
                told = f"{step.origin}: {reason}"
                tally.drop(told, int(refused.sum()))
                if step.origin == OWN and refused.any():
                    counts.add("labels refused", {code: int(refused.sum())})
                kept &= ~refused
            chosen[rows[kept]] = found[kept]
            tally.keep(int(kept.sum()))
            if kept.any():
                counts.add("labels by origin", {step.origin: int(kept.sum())})
    there = (places >= 0).sum(axis=0).tolist()
    counts.add("labels", Counter(dict(zip(rules.targets, there, strict=True))))
    return ChosenLabels(places, batch.texts)


@dataclass(frozen=True)
class _Batch:
    """A batch's names as tables of numbers: a row for each entity, a column for each code.

    `names`: what is chosen from; `own_titles`: the titles of Wikipedia's pages, less what tells
    pages apart; `english`: each entity's English label. Equal texts have equal numbers.
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
        short = without_disambiguator(whole)
        parts = [labels.text.cast(pa.string()), whole, short, with_small_letter(short)]
        coded = pa.concat_arrays(parts).dictionary_encode()
        ids = coded.indices.to_numpy().astype(np.int64)
        ends = np.cumsum([len(part) for part in parts])
        shape = (number, len(rules.codes))
        named = _table(shape, labels, ids[: ends[0]])
        entire, own_titles, small = (
            _table(shape, titles, ids[first:last]) for first, last in pairwise(ends.tolist())
        )
        # Brackets, and a small letter, that the label has, too, belong to the name.
        for other in (small, entire):
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

    def refuse(self, rows: Array, names: Array, target: int, origin: str) -> dict[str, Array]:
        """Return for each reason which of the names, found for these rows, it refuses."""
        form = self.rules.written[target]
        scripts = self.scripts[names]
        letters = scripts != 0
        allowed = form.main if origin == MUL else form.all
        foreign = letters & ~_fits(scripts, allowed)
        repeats = np.zeros(len(rows), bool)
        if origin == OWN:
            beside = letters & (scripts & form.main == 0) & (form.main != 0)
            repeats = beside & (names == self.english[rows])
            doubtful = np.flatnonzero(foreign | repeats)
            fine = self._vouched(rows[doubtful], names[doubtful], target)
            foreign[doubtful[fine]] = repeats[doubtful[fine]] = False
        return {REPEAT: repeats, SCRIPT: foreign & ~repeats}

    def _vouched(self, rows: Array, names: Array, target: int) -> Array:
        """Return whether a language's own labels are names in it in spite of their script."""
        if self.rules.titles:
            return np.ones(len(rows), bool)
        own = self.rules.steps[target][0].column
        vouched: Array = self.own_titles[rows, own] == names
        others = np.flatnonzero(~vouched & (self.scripts[names] == mask("Latn")))
        vouched[others] = self._abbreviations(names[others])
        return vouched

    def _abbreviations(self, names: Array) -> Array:
        """Return which names have no small letter and no long word: `IBM`, `B-52`."""
        texts = self.texts.take(pa.array(names))
        other = pc.match_substring_regex(texts, rf"\p{{Ll}}|\p{{Lu}}{{{_ABBREVIATION + 1}}}")
        found: Array = ~other.to_numpy(zero_copy_only=False)
        return found


def _fits(scripts: Array, allowed: np.uint64) -> Array:
    """Return which names have a letter of these scripts, and beside them only Latin and Greek."""
    guests = allowed | mask("Latn", "Grek")
    fits: Array = (scripts & allowed != 0) & (scripts & ~guests == 0)
    return fits


def _table(shape: tuple[int, int], names: LabelTable, ids: Array) -> Array:
    """Return the names' numbers as a table, -1 where there is none."""
    table = np.full(shape, -1, np.int64)
    table[names.entity, names.column] = ids
    return table
