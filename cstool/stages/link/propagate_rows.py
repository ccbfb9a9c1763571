"""Applies `propagation` to a table of linked sentences, paragraphs or pages.

Paragraphs and pages are cut into their sentences, which get the mentions that they would get as
rows of their own: none in headings, and none across the end of a sentence.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import msgspec
import numpy as np
import pyarrow as pa

from cstool.arrays import Array
from cstool.arrays.arrow import flat, list_of_structs, one_chunk
from cstool.dumps.xml import Site
from cstool.languages.codes import wiki_language
from cstool.stages.link.propagation import (
    NameTable,
    PageMention,
    PageMentions,
    RepeatedMention,
    further_mentions,
    names_of,
    without_others,
)
from cstool.stages.link.word_boundaries import is_words
from cstool.storage.counts import Counts
from cstool.storage.manifest import Source
from cstool.storage.schemas import LINKED, LINKED_MENTION
from cstool.wikitext.titles import namespaces_of
from cstool.wikitext.wikis import in_language, settings_of

_OF_ROW = 32  # bits of an offset in a row's text
Titled = Callable[[pa.Array], Array]


def propagate(table: pa.Table, titled: Titled, source: Source | None, counts: Counts) -> pa.Table:
    """Return linked rows with mentions added where pages repeat the name of a linked entity.

    `table` contains whole pages, in order. `titled` returns the QID of the page with each title.
    """
    table = table.combine_chunks()
    sentences = _sentences(table)
    pages = list(_pages(table, sentences))
    names = [names_of(page) for page in pages]
    others = _titles(names, titled, source)
    whole = is_words(source.language if source else "")
    added: list[RepeatedMention] = []
    rows, starts = sentences.rows.tolist(), sentences.starts.tolist()
    first = first_mention = 0
    for page, called in zip(pages, names, strict=True):
        found = further_mentions(page, without_others(called, page, others), whole)
        for sentence, start, end, like in found:
            row, at = rows[first + sentence], starts[first + sentence]
            added.append(RepeatedMention(row, start + at, end + at, like + first_mention))
        first += len(page.texts)
        first_mention += len(page.mentions)
    counts.add("propagated", {"mentions": len(added)})
    return _with(table, added) if added else table


class _Sentences(NamedTuple):
    """The sentences of a table.

    `texts`; the index of each one's row in the table (`rows`), and where it begins in the row's
    text (`starts`, in characters). `of_mentions`: the index of the sentence of each mention.
    """

    texts: list[str]
    rows: Array
    starts: Array
    of_mentions: Array


def _sentences(table: pa.Table) -> _Sentences:
    texts = table.column("text").to_pylist()
    mentions, values = flat(one_chunk(table.column("mentions")))
    rows_of_mentions = np.repeat(np.arange(len(texts)), np.diff(mentions))
    if "sentences" not in table.column_names:
        rows = np.arange(len(texts))
        return _Sentences(texts, rows, np.zeros(len(texts), np.int64), rows_of_mentions)
    offsets, first_characters = flat(one_chunk(table.column("sentences")))
    rows = np.repeat(np.arange(len(texts)), np.diff(offsets))
    starts = np.from_dlpack(first_characters).astype(np.int64)
    cut = [
        # No sentence has a line break; a heading, or the next paragraph, follows one.
        text[start:end].partition("\n")[0].rstrip()
        for text, low, high in zip(texts, offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)
        for start, end in pairwise([*starts[low:high].tolist(), len(text)])
    ]
    places = np.from_dlpack(values.field("start")).astype(np.int64)
    of_mentions = np.searchsorted(
        rows << _OF_ROW | starts, rows_of_mentions << _OF_ROW | places, side="right"
    )
    return _Sentences(cut, rows, starts, of_mentions - 1)


def _pages(table: pa.Table, sentences: _Sentences) -> Iterator[PageMentions]:
    """Yield the pages of the table; indexes of sentences start at 0 on each page."""
    ids = table.column("page_id").to_numpy()[sentences.rows]
    cuts = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
    mentions = flat(one_chunk(table.column("mentions")))[1]
    of_mentions, texts = sentences.of_mentions, sentences.texts
    first_rows = pa.array(sentences.rows[cuts[:-1]] if len(ids) else [], pa.int64())
    titles = table.column("title").take(first_rows).to_pylist()
    moved = sentences.starts[of_mentions]
    starts, ends = (mentions.field(name).to_numpy() - moved for name in ("start", "end"))
    targets = mentions.field("target").to_pylist()
    qids = mentions.field("qid").fill_null(0).to_numpy()
    bounds = np.searchsorted(of_mentions, cuts).tolist()
    pages = zip(titles, pairwise(cuts), pairwise(bounds), strict=False)
    for title, (first, last), (low, high) in pages:
        columns = (
            (of_mentions[low:high] - first).tolist(),
            starts[low:high].tolist(),
            ends[low:high].tolist(),
            targets[low:high],
            qids[low:high].tolist(),
        )
        yield PageMentions(title, texts[first:last], list(map(PageMention, *columns)))


def _titles(names: list[NameTable], titled: Titled, source: Source | None) -> dict[str, int]:
    """Return for each name the QID of the page with that title, in a single lookup."""
    if source is None:
        return {}
    unique = sorted({name for called in names for name in called})
    normalised = namespaces_of(_site(source)).normalised
    qids = titled(pa.array([normalised(name) for name in unique], pa.string()))
    return dict(zip(unique, qids.tolist(), strict=True))


def _site(source: Source) -> Site:
    """Return the wiki of the sentences, without the namespaces that its <siteinfo> names."""
    head = Site(source.wiki, wiki_language(source.wiki) or source.language, "", ())
    site = in_language(head, source.language)
    return msgspec.structs.replace(site, case=settings_of(site.wiki).case)


def _with(table: pa.Table, added: list[RepeatedMention]) -> pa.Table:
    """Return the table with the added mentions merged into its own, in order."""
    offsets, mentions = flat(one_chunk(table.column("mentions")))
    old_rows = np.repeat(np.arange(table.num_rows), np.diff(offsets))
    rows, starts, ends, like = (np.array(column, np.int64) for column in zip(*added, strict=True))
    all_rows = np.concatenate([old_rows, rows])
    all_starts = np.concatenate([mentions.field("start").to_numpy(), starts]).astype(np.uint32)
    all_ends = np.concatenate([mentions.field("end").to_numpy(), ends]).astype(np.uint32)
    from_ = np.concatenate([np.arange(len(mentions)), like])
    order = np.lexsort((all_starts, all_rows))
    taken = pa.array(from_[order])
    columns = [
        all_starts[order],
        all_ends[order],
        mentions.field("target").take(taken),
        mentions.field("qid").take(taken),
    ]
    lengths = np.bincount(all_rows, minlength=table.num_rows)
    merged = list_of_structs(lengths, columns, LINKED_MENTION)
    column = table.schema.get_field_index("mentions")
    return table.set_column(column, LINKED.field("mentions"), merged)
