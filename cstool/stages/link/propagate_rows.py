"""Applies `propagation` to a table of linked sentences."""

from collections.abc import Callable, Iterator

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

Titled = Callable[[pa.Array], Array]


def propagate(table: pa.Table, titled: Titled, source: Source | None, counts: Counts) -> pa.Table:
    """Return linked sentences with mentions added where pages repeat the name of a linked entity.

    `table` contains whole pages, in order. `titled` returns the QID of the page with each title.
    """
    table = table.combine_chunks()
    pages = list(_pages(table))
    names = [names_of(page) for page in pages]
    others = _titles(names, titled, source)
    whole = is_words(source.language if source else "")
    added: list[RepeatedMention] = []
    first_row = first_mention = 0
    for page, called in zip(pages, names, strict=True):
        for row, start, end, like in further_mentions(
            page, without_others(called, page, others), whole
        ):
            added.append(RepeatedMention(row + first_row, start, end, like + first_mention))
        first_row += len(page.texts)
        first_mention += len(page.mentions)
    counts.add("propagated", {"mentions": len(added)})
    return _with(table, added) if added else table


def _pages(table: pa.Table) -> Iterator[PageMentions]:
    """Yield the pages of the table; row indexes of mentions start at 0 on each page."""
    ids = table.column("page_id").to_numpy()
    cuts = [0, *(np.flatnonzero(ids[1:] != ids[:-1]) + 1).tolist(), len(ids)]
    offsets, mentions = flat(one_chunk(table.column("mentions")))
    rows = np.repeat(np.arange(len(ids)), np.diff(offsets))
    texts = table.column("text").to_pylist()
    titles = table.column("title").take(pa.array(cuts[:-1])).to_pylist() if len(ids) else []
    starts, ends = (mentions.field(name).to_numpy() for name in ("start", "end"))
    targets = mentions.field("target").to_pylist()
    qids = mentions.field("qid").fill_null(0).to_numpy()
    for title, first, last in zip(titles, cuts[:-1], cuts[1:], strict=True):
        low, high = int(offsets[first]), int(offsets[last])
        columns = (
            (rows[low:high] - first).tolist(),
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
