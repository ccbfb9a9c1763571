"""The schemas of the stages are as documented."""

import pyarrow as pa
import pytest

from cstool.storage.schemas import BY_STAGE, sentence_id

SENTENCES = {
    "id": "int64",
    "page_id": "uint32",
    "revision_id": "int64",
    "title": "string",
    "position": "uint32",
    "text": "string",
    "mentions": "list<element: struct<start: uint32, end: uint32, target: string>>",
}
SWITCHED = {
    "id": "int64",
    "language": "string",
    "source_language": "string",
    "source_text": "string",
    "text": "string",
    "entities": (
        "list<element: struct<qid: uint32, source_start: uint32, source_end: uint32, "
        "start: uint32, end: uint32, name_language: string, origin: string>>"
    ),
    "page_id": "uint32",
    "title": "string",
    "wiki": "string",
}
CONTRACTS = {
    "extract": SENTENCES,
    "link": SENTENCES
    | {
        "mentions": "list<element: struct<start: uint32, end: uint32, target: string, qid: uint32>>"
    },
    "entities": {
        "qid": "uint32",
        "labels": "list<element: struct<language: string, value: string>>",
        "aliases": "list<element: struct<language: string, value: string>>",
        "sitelinks": "list<element: struct<site: string, title: string>>",
        "types": "list<element: uint32>",
    },
    "titles": {"title": "string", "qid": "uint32", "redirect": "bool"},
    "switch": SWITCHED,
    "pair": {
        "qid": "uint32",
        "languages": "list<element: string>",
        "segments": (
            "list<element: struct<language: string, wiki: string, page_id: uint32, title: string, "
            "start: uint32, end: uint32>>"
        ),
        "text": "string",
    },
    "shard": SWITCHED,
    "mask": {
        "ids": "list<element: int64>",
        "language": "string",
        "input_ids": "list<element: int32>",
        "labels": "list<element: int32>",
        "attention_mask": "list<element: int8>",
        "entity_ids": "list<element: int32>",
        "qids": "list<element: uint32>",
        "wikis": "list<element: string>",
    },
}


@pytest.mark.parametrize("stage", sorted(CONTRACTS))
def test_a_stage_s_columns_are_as_documented(stage: str) -> None:
    schema: pa.Schema = BY_STAGE[stage]
    assert {field.name: str(field.type) for field in schema} == CONTRACTS[stage]
    assert schema.names == list(CONTRACTS[stage])


def test_a_linked_mention_may_have_no_qid() -> None:
    assert BY_STAGE["link"].field("mentions").type.value_type.field("qid").nullable


def test_a_sentence_id_is_unique_in_its_wiki() -> None:
    assert sentence_id(5, 3) == 5 * 2**20 + 3
    assert sentence_id(5, 2**20 - 1) + 1 == sentence_id(6, 0)
    assert sentence_id(2**32 - 1, 2**20 - 1) < 2**63
