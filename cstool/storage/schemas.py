"""Arrow schemas of the stages' output, a stable interface for other programs.

`start` and `end` are character offsets, half-open. A QID is stored without the letter Q.
"""

from collections.abc import Collection
from typing import Any, Literal, TypeVar

import numpy as np
import pyarrow as pa

QID = pa.uint32()

# What a row of text contains.
Unit = Literal["sentence", "paragraph", "page"]
# The names of their tallies.
TALLIES: dict[Unit, str] = {"sentence": "sentences", "paragraph": "paragraphs", "page": "pages"}

# Between two paragraphs, or two pages, of a row.
BLANK_LINE = "\n\n"


def _list(*fields: tuple[str, pa.DataType]) -> pa.DataType:
    return pa.list_(pa.field("element", pa.struct([pa.field(n, t) for n, t in fields])))


MENTION = _list(("start", pa.uint32()), ("end", pa.uint32()), ("target", pa.string()))
LINKED_MENTION = _list(
    ("start", pa.uint32()), ("end", pa.uint32()), ("target", pa.string()), ("qid", QID)
)
TERMS = _list(("language", pa.string()), ("value", pa.string()))
SITELINKS = _list(("site", pa.string()), ("title", pa.string()))
# `name_language`: the code that the name was taken from; `origin`: see `languages.labels.Origin`.
# In a source row, they are the source language and `anchor`. `qid` is null for a word that was
# switched with a dictionary.
SPANS = _list(
    ("qid", QID),
    ("source_start", pa.uint32()),
    ("source_end", pa.uint32()),
    ("start", pa.uint32()),
    ("end", pa.uint32()),
    ("name_language", pa.string()),
    ("origin", pa.string()),
)


def _sentences(mention: pa.DataType) -> pa.Schema:
    return pa.schema(
        [
            ("id", pa.int64()),
            ("page_id", pa.uint32()),
            ("revision_id", pa.int64()),
            ("title", pa.string()),
            ("position", pa.uint32()),
            ("text", pa.string()),
            ("mentions", mention),
        ]
    )


SENTENCES = _sentences(MENTION)
LINKED = _sentences(LINKED_MENTION)
ENTITIES = pa.schema(
    [
        ("qid", QID),
        ("labels", TERMS),
        ("aliases", TERMS),
        ("sitelinks", SITELINKS),
        ("types", pa.list_(pa.field("element", QID))),
    ]
)
TITLES = pa.schema([("title", pa.string()), ("qid", QID), ("redirect", pa.bool_())])
SWITCHED = pa.schema(
    [
        ("id", pa.int64()),
        ("language", pa.string()),
        ("source_language", pa.string()),
        ("source_text", pa.string()),
        ("text", pa.string()),
        ("entities", SPANS),
        ("page_id", pa.uint32()),
        ("title", pa.string()),
        ("wiki", pa.string()),
    ]
)
# The index, in its page, of the paragraph or list item that contains the sentence.
PARAGRAPHS = pa.schema([("id", pa.int64()), ("paragraph", pa.uint32())])
# The same in a corpus, which may contain sentences of several wikis.
CORPUS_PARAGRAPHS = pa.schema(
    [
        ("id", pa.int64()),
        ("source_language", pa.string()),
        ("paragraph", pa.uint32()),
        ("wiki", pa.string()),
    ]
)
# The page and revision of a sentence.
ATTRIBUTION = pa.schema(
    [("page_id", pa.uint32()), ("revision_id", pa.int64()), ("title", pa.string())]
)

# Pairs of names of an entity. `origin`: see `languages.labels.Origin`; `links`: number of mentions
# of the entity.
LEXICON = pa.schema(
    [
        ("qid", QID),
        ("source_language", pa.string()),
        ("source", pa.string()),
        ("target_language", pa.string()),
        ("target", pa.string()),
        ("origin", pa.string()),
        ("links", pa.uint32()),
    ]
)

# Pages about the same entity in several wikis. `languages`: of the row's pages, in their order.
# `segments`: pieces of the pages; `start`, `end`: in the row's `text`.
SEGMENTS = _list(
    ("language", pa.string()),
    ("wiki", pa.string()),
    ("page_id", pa.uint32()),
    ("title", pa.string()),
    ("start", pa.uint32()),
    ("end", pa.uint32()),
)
PAIRED = pa.schema(
    [
        ("qid", QID),
        ("languages", pa.list_(pa.field("element", pa.string()))),
        ("segments", SEGMENTS),
        ("text", pa.string()),
    ]
)
# The pages and revisions of several wikis.
PAIRED_ATTRIBUTION = pa.schema([("wiki", pa.string()), *ATTRIBUTION])


# Further columns of paragraphs and pages. `sentences`: character offsets in `text` at which the
# sentences start; `gaps`: the number of sentences that are missing because they had a hole.
UNIT_FIELDS = (
    pa.field("sentences", pa.list_(pa.field("element", pa.uint32()))),
    pa.field("gaps", pa.uint16()),
)
# The number of the draw, from 0, in a folder of several draws.
PASS_FIELD = pa.field("pass", pa.uint8())

# Further columns of a mixture: the name of the corpus in the recipe, and the number of the stage,
# from 1.
MIX_FIELDS = (pa.field("corpus", pa.string()), pa.field("stage", pa.uint8()))


# Further columns of `romanize`: the text in Latin letters, and the offsets there of the spans in
# `entities` or `mentions`, in their order.
ROMANIZED_FIELDS = (
    pa.field("romanized", pa.string()),
    pa.field("romanized_entities", _list(("start", pa.uint32()), ("end", pa.uint32()))),
)


def for_unit(schema: pa.Schema, unit: Unit) -> pa.Schema:
    """Return the schema of rows of a unit: with `UNIT_FIELDS`, unless rows are sentences."""
    return schema if unit == "sentence" else pa.schema([*schema, *UNIT_FIELDS])


def with_dictionaries(schema: pa.Schema, names: Collection[str]) -> pa.Schema:
    """Return the schema with dictionaries of strings for these columns and fields of structs."""
    coded = pa.dictionary(pa.int64(), pa.string())
    fields = []
    for field in schema:
        type_ = coded if field.name in names else field.type
        if pa.types.is_list(type_) and pa.types.is_struct(type_.value_type):
            inner = with_dictionaries(pa.schema([*type_.value_type]), names)
            type_ = pa.list_(pa.field("element", pa.struct([*inner])))
        fields.append(pa.field(field.name, type_))
    return pa.schema(fields)


def _values(type_: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", type_))


# Training examples. `ids`, `wikis`: of the sentences in the row. `labels`: -100 for tokens that are
# not predicted. `entity_ids`: 0, or i for a token of the entity `qids[i - 1]`.
EXAMPLES = pa.schema(
    [
        ("ids", _values(pa.int64())),
        ("language", pa.string()),
        ("input_ids", _values(pa.int32())),
        ("labels", _values(pa.int32())),
        ("attention_mask", _values(pa.int8())),
        ("entity_ids", _values(pa.int32())),
        ("qids", _values(QID)),
        ("wikis", _values(pa.string())),
    ]
)
# Pairs of sentences. `label`: 1 if both are from the same paragraph or page, else 0; `kind`: their
# relation.
PAIRS = pa.schema(
    [
        ("ids", _values(pa.int64())),
        ("language", pa.string()),
        ("input_ids", _values(pa.int32())),
        ("token_type_ids", _values(pa.int8())),
        ("attention_mask", _values(pa.int8())),
        ("label", pa.int8()),
        ("kind", pa.string()),
        ("wikis", _values(pa.string())),
    ]
)

# The schema of a stage's parts, by the stage's name in its manifest.
BY_STAGE = {
    "extract": SENTENCES,
    "link": LINKED,
    "entities": ENTITIES,
    "titles": TITLES,
    "switch": SWITCHED,
    "pair": PAIRED,
    "shard": SWITCHED,
    "mix": pa.schema([*SWITCHED, *MIX_FIELDS]),
    "mask": EXAMPLES,
    "lexicon": LEXICON,
    "romanize": pa.schema([*SWITCHED, *ROMANIZED_FIELDS]),
}

POSITIONS_A_PAGE = 2**20


Number = TypeVar("Number", int, np.ndarray[Any, np.dtype[np.int64]])


def sentence_id(page_id: Number, position: Number) -> Number:
    """Return the id of a sentence, unique within a wiki; `position`: its index in the page."""
    return page_id * POSITIONS_A_PAGE + position
