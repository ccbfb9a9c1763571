"""The names of entities in the languages of a lexicon: labels, page titles and aliases."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import numbers
from cstool.arrays.codepoints import bytes_of
from cstool.languages.fitting import tidy
from cstool.languages.labels import (
    FALLBACK,
    SCRIPT,
    ChosenLabels,
    Fallback,
    LabelRules,
    LabelTable,
    choose,
    fits,
)
from cstool.languages.scripts import scripts_of, written
from cstool.stages.lexicon.options import ALIAS_RANK, RANKS, SITELINK_RANK, NameSet
from cstool.storage.counts import Counts


class EntityNames(NamedTuple):
    """Names of entities, each once for an entity and a language; flat int64 arrays.

    Sorted by `entity` (row index), then `language` (index of the code), then `rank` (index of the
    origin in `RANKS`); names of equal rank are in the order of the dump. `text`: index in `texts`,
    in which no two strings are equal.
    """

    entity: Array
    language: Array
    rank: Array
    text: Array
    texts: pa.StringArray


@dataclass(frozen=True)
class NameRules:
    """Which names to take: `labels` and `titles` select one name for each language; None: none.

    `languages`: codes; `aliases`: whether aliases are taken; `strict`: whether their scripts are
    checked.
    """

    languages: tuple[str, ...]
    labels: LabelRules | None
    titles: LabelRules | None
    aliases: bool
    strict: bool

    @staticmethod
    def of(
        languages: tuple[str, ...], names: tuple[NameSet, ...], fallback: Fallback
    ) -> "NameRules":
        """Return the rules for these languages and kinds of names."""
        return NameRules(
            languages,
            LabelRules.of(languages, fallback) if "label" in names else None,
            LabelRules.of(languages, fallback, "sitelink") if "sitelink" in names else None,
            "alias" in names,
            fallback != "none",
        )

    @property
    def columns(self) -> list[str]:
        """The columns of the entities that are needed."""
        rules = [rule for rule in (self.labels, self.titles) if rule]
        return [
            "labels",
            *(["sitelinks"] if any(rule.need_titles for rule in rules) else []),
            *(["aliases"] if self.aliases else []),
        ]

    @property
    def width(self) -> int:
        """The number of columns of the widest table of names of an entity."""
        return max([len(r.codes) for r in (self.labels, self.titles) if r], default=1)


class _Names(NamedTuple):
    """Names of one kind: see `EntityNames`; `text`: the names themselves."""

    entity: Array
    language: Array
    rank: Array
    text: pa.StringArray


def names_of(table: pa.Table, rules: NameRules, counts: Counts) -> EntityNames:
    """Return the names of a table of entities; count those that were selected and rejected."""
    kinds = []
    if rules.labels:
        kinds.append(_selected(table, rules.labels, "labels", counts))
    if rules.titles:
        kinds.append(_selected(table, rules.titles, "titles", counts))
    if rules.aliases:
        kinds.append(_aliases(table, rules, counts))
    entity, language, rank = (
        np.concatenate([getattr(kind, name) for kind in kinds])
        for name in ("entity", "language", "rank")
    )
    text, texts = _tidied(pa.concat_arrays([kind.text for kind in kinds]))
    cell = entity * len(rules.languages) + language
    order = np.argsort(cell * len(RANKS) + rank, kind="stable")
    _, first = np.unique((cell * max(1, len(texts)) + text)[order], return_index=True)
    kept = order[np.sort(first)]
    kept = kept[np.diff(bytes_of(texts)[0])[text[kept]] > 0]
    return EntityNames(entity[kept], language[kept], rank[kept], text[kept], texts)


def _tidied(names: pa.StringArray) -> tuple[Array, pa.StringArray]:
    """Return the distinct names without invisible characters, and the index of each name there."""
    coded = names.dictionary_encode()
    again = tidy(coded.dictionary).names.dictionary_encode()
    index = again.indices.to_numpy().astype(np.int64)[coded.indices.to_numpy()]
    return index, again.dictionary


def _selected(table: pa.Table, rules: LabelRules, unit: str, counts: Counts) -> _Names:
    """Return the name of each entity in each language that `choose` selects."""
    labels = LabelTable.of_column(table.column("labels"), rules.codes)
    titles = LabelTable.none()
    if rules.need_titles:
        titles = LabelTable.of_column(table.column("sitelinks"), rules.wikis())
    own = Counts()
    chosen = choose(rules, table.num_rows, labels, titles, own)
    counts.tally(unit).add(own.tally("labels"))
    return _cells(chosen, rules)


def _cells(chosen: ChosenLabels, rules: LabelRules) -> _Names:
    ranks = np.zeros((len(rules.targets), 256), np.int64)
    for target, steps in enumerate(rules.steps):
        ranks[target, : len(steps)] = [RANKS.index(step.origin) for step in steps]
    entity, language = np.nonzero(chosen.places >= 0)
    rank = ranks[language, chosen.steps[entity, language]]
    if rules.titles:
        rank = np.where(rank == RANKS.index(FALLBACK), rank, SITELINK_RANK)
    texts = chosen.texts.take(numbers(chosen.places[entity, language]))
    return _Names(entity, language, rank, texts)


def _aliases(table: pa.Table, rules: NameRules, counts: Counts) -> _Names:
    """Return the aliases in each language, without those in another script."""
    found = LabelTable.of_column(table.column("aliases"), rules.languages)
    texts = found.text.cast(pa.string())
    tally = counts.tally("aliases")
    kept = np.ones(len(texts), bool)
    if rules.strict:
        forms = [written(code) for code in rules.languages]
        scripts = scripts_of(texts)
        needed, allowed = (
            np.array(masks, np.uint64)[found.column]
            for masks in ([f.main or f.all for f in forms], [f.all for f in forms])
        )
        kept = (scripts == 0) | fits(scripts, needed, allowed)
        tally.drop(SCRIPT, int((~kept).sum()))
    tally.keep(int(kept.sum()))
    return _Names(
        found.entity[kept],
        found.column[kept],
        np.full(int(kept.sum()), ALIAS_RANK),
        texts.filter(pa.array(kept)),
    )
