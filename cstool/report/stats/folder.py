"""Counts rows, words and entities of a folder by language, and measures code-mixing."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from cstool.errors import InputError
from cstool.languages.code_mixing import MixingMeasures, MixingSums
from cstool.languages.words import words_of
from cstool.report.show.query import form_of
from cstool.report.stats.documents import PairStats, document_stats, pair_stats
from cstool.report.stats.folder_figures import (
    FolderStats,
    LanguageStats,
    TextStats,
    sum_of_words,
)
from cstool.report.stats.lexicon_numbers import LexiconStats, lexicon_stats
from cstool.report.stats.read_batches import at_once, batches, more_columns
from cstool.report.stats.romanized_numbers import romanized_stats
from cstool.report.stats.switched_sample import (
    FolderSample,
    read_sample,
    shares_switched,
    words_switched,
)
from cstool.storage.checksums import checked_parts
from cstool.storage.document_numbers import document_numbers
from cstool.storage.histograms import histogram
from cstool.storage.manifest import Manifest, need_stage
from cstool.storage.mixture import Mixture, read_mixture
from cstool.storage.mixture_sums import by_language
from cstool.storage.row_kinds import kind_of
from cstool.storage.schemas import BY_STAGE
from cstool.storage.statistics import (
    DocumentNumbers,
    LanguageNumbers,
    SampleStats,
    read_statistics,
)

if TYPE_CHECKING:
    import polars as pl


def folder_stats(folder: Path) -> FolderStats:
    """Return the counts of a stage's folder. Raises InputError for another folder."""
    manifest = need_stage(folder, *BY_STAGE, "romanize")
    counted = _COUNT[manifest.stage](folder, manifest)
    languages = sorted(counted.languages, key=lambda s: s.language)
    source, switched = counted.sides or _sides(manifest, languages)
    return FolderStats(
        manifest.stage,
        sum(s.rows for s in languages)
        if manifest.stage in ("shard", "mix")
        else sum(part.rows for part in manifest.tables),
        _sum([s.words for s in languages]),
        _sum([s.entities for s in languages]),
        _sum([s.linked for s in languages]),
        languages,
        counted.mixing,
        source,
        switched,
        msgspec.UNSET if manifest.row_unit == "sentence" else manifest.row_unit,
        counted.pairs,
        msgspec.UNSET if (passes := kind_of(manifest).passes) == 1 else passes,
        counted.mixture,
        counted.lexicon,
        romanized_stats(folder, manifest) if manifest.stage == "romanize" else msgspec.UNSET,
    )


def _sides(manifest: Manifest, languages: list[LanguageStats]) -> "_Sides":
    """Return the counts of source and switched sentences, if the language distinguishes them."""
    if manifest.stage not in ("extract", "link", "shard"):
        return None, None
    led = [one.source.language for one in manifest.lineage if one.source]
    sources = {*led, *([manifest.source.language] if manifest.source else [])}
    if len(sources) != 1 or manifest.parameters.get("format") == "mt":
        return None, None
    source = _side([one for one in languages if one.language in sources])
    switched = [one for one in languages if one.language not in sources]
    return source, _side(switched) if manifest.stage == "shard" else None


def _side(languages: list[LanguageStats]) -> TextStats:
    sentences = sum(one.rows for one in languages)
    words = _sum([one.words for one in languages])
    mean = words / sentences if words is not None and sentences else None
    return TextStats(sentences, _sum([one.entities for one in languages]), mean)


def _sum(numbers: list[int | None]) -> int | None:
    known = [n for n in numbers if n is not None]
    return sum(known) if known else None


def _scan(folder: Path, manifest: Manifest) -> "pl.LazyFrame":
    import polars as pl  # here, because the statistics of a corpus are read without it

    try:
        return pl.scan_parquet(checked_parts(folder, manifest), glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(
            f"{folder}: cannot be read ({error}); make the folder again with --overwrite"
        ) from error


_Sides = tuple[TextStats | None, TextStats | None]


class _Counted(NamedTuple):
    """The counts; `sides`: the source sentences and the switched ones, if known exactly."""

    languages: list[LanguageStats]
    mixing: MixingMeasures | None = None
    sides: _Sides | None = None
    pairs: PairStats | msgspec.UnsetType = msgspec.UNSET
    mixture: Mixture | msgspec.UnsetType = msgspec.UNSET
    lexicon: LexiconStats | msgspec.UnsetType = msgspec.UNSET


def _sentences(folder: Path, manifest: Manifest) -> _Counted:
    rows = words = mentions = linked = 0
    whole = DocumentNumbers()
    unit = manifest.row_unit
    linked_rows = form_of(manifest) == "link"
    columns = ["text", "mentions", *more_columns(unit)]
    for batch in batches(folder, manifest.tables, columns, at_once(unit)):
        rows += batch.num_rows
        of_row = words_of(batch.column("text"))
        words += int(of_row.sum())
        flat = batch.column("mentions").flatten()
        mentions += len(flat)
        if linked_rows:
            linked += len(flat) - flat.field("qid").null_count
        if unit != "sentence":
            whole += document_numbers(batch, "mentions", np.zeros(len(of_row), bool))
            whole += DocumentNumbers(words=histogram(of_row).tolist())
    language = manifest.source.language if manifest.source else ""
    known = linked if linked_rows else None
    documents = msgspec.UNSET if unit == "sentence" else document_stats(whole)
    stats = LanguageStats(language, rows, words, mentions, known, documents=documents)
    return _Counted([stats])


def _paired(folder: Path, manifest: Manifest) -> _Counted:
    pairs = pair_stats(folder, manifest)
    languages = [LanguageStats(one.language, one.rows, one.words) for one in pairs.languages]
    return _Counted(languages, pairs=pairs)


def _switched(folder: Path, manifest: Manifest) -> _Counted:
    import polars as pl

    counted = (
        _scan(folder, manifest)
        .group_by("language", plain=pl.col("language") == pl.col("source_language"))
        .agg(pl.len().alias("rows"), pl.col("entities").list.len().cast(pl.Int64).sum())
        .collect(engine="streaming")
    )
    of_words = kind_of(manifest).words
    if of_words:
        counted = _without_words(counted, words_switched(_scan(folder, manifest)))
    both = counted.group_by("language").agg(pl.col("^rows|entities|dictionary_words$").sum())
    numbers = {code: (rows, n) for code, rows, n, *_ in both.iter_rows()}
    switched = dict(both.select("language", "dictionary_words").iter_rows()) if of_words else {}
    sample = read_sample(folder, manifest, {code: rows for code, (rows, _) in numbers.items()})
    sampled, sums = sample.rows, sample.sums
    every = _scan(folder, manifest)
    shares = shares_switched(every, of_words=of_words) if sample.documents else {}
    languages = []
    for code, (rows, entities) in numbers.items():
        mixed, plain = sums.get((code, False), MixingSums()), sums.get((code, True), MixingSums())
        mixing = mixed.measures() if mixed.sentences else None
        read = sampled.get(code, 0)
        words = (mixed.words + plain.words) * rows // max(1, read)
        partial = read if read < rows else None
        its = sample.documents.get(code)
        documents = document_stats(its, shares.get(code)) if its else msgspec.UNSET
        figures = code, rows, words, entities, entities, mixing, partial, documents
        languages.append(LanguageStats(*figures, switched.get(code, msgspec.UNSET)))
    everything = sum((its for (_, plain), its in sorted(sums.items()) if not plain), MixingSums())
    return _Counted(
        languages,
        everything.measures() if everything.sentences else None,
        (_exact_side(counted, sample, plain=True), _exact_side(counted, sample, plain=False)),
    )


def _without_words(counted: "pl.DataFrame", words: "pl.DataFrame") -> "pl.DataFrame":
    """Return the counts with words as a column of their own: they are among the entities."""
    import polars as pl

    both = counted.join(words, on=["language", "plain"], how="left")
    both = both.with_columns(pl.col("dictionary_words").fill_null(0).cast(pl.Int64))
    return both.with_columns(pl.col("entities") - pl.col("dictionary_words"))


def _exact_side(counted: "pl.DataFrame", sample: FolderSample, *, plain: bool) -> TextStats | None:
    """Return the counts of source or switched rows; words are estimated from a sample."""
    its = counted.filter(plain=plain)
    # Languages are weighted by their number of rows, not by the size of their sample.
    words = sum(
        rows * sample.sums[code, plain].words / number
        for code, rows in its.select("language", "rows").iter_rows()
        if (number := sample.with_words(code, plain=plain))
    )
    rows = int(its["rows"].sum())
    if not rows:
        return None
    there = "dictionary_words" in its.columns and not plain
    of_words = int(its["dictionary_words"].sum()) if there else msgspec.UNSET
    return TextStats(rows, int(its["entities"].sum()), words / rows, of_words)


def _corpus(folder: Path, manifest: Manifest) -> _Counted:
    """Return the counts that `shard` stored, which the dataset card and the report also show."""
    del manifest
    known = read_statistics(folder).languages
    sums = {code: MixingSums.stored(n.looked_at.mixing if n.looked_at else {})
            for code, n in known.items()}  # fmt: skip
    everything = sum((its for _, its in sorted(sums.items())), MixingSums())
    return _Counted(
        [_of_language(code, its, sums[code]) for code, its in known.items()],
        everything.measures() if everything.sentences else None,
        _sides_of(known, sums) if all(map(_has_words, known.values())) else None,
    )


def _has_words(its: LanguageNumbers) -> bool:
    """Return whether words were counted by script; not in a corpus of cstool 0.1."""
    return its.looked_at is not None and its.looked_at.words is not None


def _of_language(code: str, its: LanguageNumbers, sums: MixingSums) -> LanguageStats:
    rows = sum(its.rows.values())
    looked = its.looked_at.rows if its.looked_at else 0
    # cstool 0.1 stored words separated by spaces; its sums are of all rows of the sample.
    words = its.words if _has_words(its) else sums.words * rows // looked if looked else None
    mixing = sums.measures() if sums.sentences else None
    partial = looked if 0 < looked < rows else None
    documents = document_stats(its.documents) if its.documents else msgspec.UNSET
    figures = code, rows, words, its.entities, its.entities, mixing, partial, documents
    return LanguageStats(*figures, its.dictionary_words)


def _sides_of(known: dict[str, LanguageNumbers], sums: dict[str, MixingSums]) -> _Sides:
    """Return the counts of source sentences and of switched ones."""
    source, switched = [], []
    for code, its in known.items():
        looked = its.looked_at or SampleStats()
        source.append(
            (its.source_rows, its.source_entities, looked.source_rows, looked.source_words)
        )
        switched.append(
            (
                sum(its.rows.values()) - its.source_rows,
                its.entities - its.source_entities,
                looked.rows - looked.source_rows,
                sums[code].words,
            )
        )
    of_words = sum_of_words(its.dictionary_words for its in known.values())
    there = _stored_side(switched)
    return _stored_side(source), there and msgspec.structs.replace(there, dictionary_words=of_words)


def _stored_side(languages: list[tuple[int, int, int, int]]) -> TextStats | None:
    """Return the counts of rows, entities, and of the rows and words of a sample, by language."""
    rows = sum(one[0] for one in languages)
    words = sum(number * counted / max(1, looked) for number, _, looked, counted in languages)
    return TextStats(rows, sum(one[1] for one in languages), words / rows) if rows else None


def _mixed(folder: Path, manifest: Manifest) -> _Counted:
    """Return the counts that `mix` stored."""
    del manifest
    mixture = read_mixture(folder)
    words = mixture.unit == "words"
    languages = [
        LanguageStats(code, its.rows, its.size if words else None)
        for code, its in by_language(mixture).items()
        if its.rows
    ]
    return _Counted(languages, mixture=mixture)


def _lexicon(folder: Path, manifest: Manifest) -> _Counted:
    lexicon = lexicon_stats(folder, manifest)
    pairs = Counter[str]()
    for one in lexicon.languages:
        pairs[one.target_language] += one.pairs
    languages = [LanguageStats(code, number) for code, number in pairs.items()]
    return _Counted(languages, lexicon=lexicon)


def _romanized(folder: Path, manifest: Manifest) -> _Counted:
    """Return the counts of the rows that were romanized."""
    form = form_of(manifest)
    return _COUNT[form](folder, manifest)


def _entities(folder: Path, manifest: Manifest) -> _Counted:
    del folder
    labels = manifest.counts.details.get("languages", {})
    return _Counted([LanguageStats(language, number) for language, number in labels.items()])


def _titles(folder: Path, manifest: Manifest) -> _Counted:
    import polars as pl

    rows = _scan(folder, manifest).select(pl.len()).collect().item()
    language = manifest.source.language if manifest.source else ""
    return _Counted([LanguageStats(language, rows)])


def _examples(folder: Path, manifest: Manifest) -> _Counted:
    del folder
    rows = manifest.counts.details.get("rows", {})
    return _Counted([LanguageStats(language, number) for language, number in rows.items()])


_COUNT: dict[str, Callable[[Path, Manifest], _Counted]] = {
    "extract": _sentences,
    "link": _sentences,
    "switch": _switched,
    "shard": _corpus,
    "mix": _mixed,
    "entities": _entities,
    "titles": _titles,
    "pair": _paired,
    "mask": _examples,
    "lexicon": _lexicon,
    "romanize": _romanized,
}
