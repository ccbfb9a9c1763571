"""The YAML of a dataset card, which the Hugging Face Hub and `datasets` read."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import yaml

from cstool.formats.corpus_formats import CorpusFormat
from cstool.languages.codes import bcp47
from cstool.storage.manifest import Source
from cstool.storage.row_kinds import RowKind
from cstool.storage.schemas import TALLIES

# The name of the configuration with all languages.
EVERY = "all"


@dataclass
class SplitSize:
    """The size of a split of a language.

    `rows`: of the corpus. `files`: number of data files; `bytes`: their size. `examples`: rows of
    the files, which are sequences in formats with tokens; `in_memory`: their bytes as Arrow tables.
    """

    rows: int = 0
    files: int = 0
    examples: int = 0
    bytes: int = 0
    in_memory: int = 0


# The one in C writes the same text, in a quarter of the time; wheels of PyYAML include it.
DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
# One line per value, whatever its length; the largest number that libyaml takes.
WIDTH = 2**31 - 1

Splits = dict[str, dict[str, SplitSize]]
_PLAIN = RowKind()


def metadata(
    splits: Splits, form: CorpusFormat, sources: Sequence[Source], kind: RowKind = _PLAIN
) -> str:
    """Return the YAML of the card (https://github.com/huggingface/hub-docs, datasetcard.md).

    `splits`: the size of each split, by language; `sources`: of the source sentences; `kind`: of
    the rows.
    """
    rows = sum(split.rows for by_name in splits.values() for split in by_name.values())
    wikis = ", ".join(source.wiki for source in sources)
    translation = form.name == "mt"
    tasks = {"task_categories": ["fill-mask"], "task_ids": ["masked-language-modeling"]}
    if kind.unit != "sentence" or kind.annotated or form.tokens:
        tasks = {"task_categories": ["text-generation"], "task_ids": ["language-modeling"]}
    fields = {
        "license": "cc-by-sa-4.0",
        **language_fields([*splits, *(source.language for source in sources)]),
        "pretty_name": f"Code-switched {TALLIES[kind.unit]} from {wikis}",
        "annotations_creators": ["machine-generated"],
        "language_creators": ["crowdsourced", "machine-generated"],
        "multilinguality": ["translation" if translation else "multilingual"],
        "source_datasets": ["extended|wikipedia"],
        **({"task_categories": ["translation"]} if translation else tasks),
        "tags": [tag for tag in TAGS if kind.names or tag not in _OF_ENTITIES],
        "size_categories": [size_category(rows)],
        **(loaded(splits, form) if form.loads else {}),
    }
    return as_yaml(fields)


def as_yaml(fields: Mapping[str, Any]) -> str:
    """Return the fields of a card as YAML."""
    # PyYAML quotes `no`, a boolean in YAML 1.1.
    text: str = yaml.dump(fields, Dumper=DUMPER, sort_keys=False, allow_unicode=True, width=WIDTH)
    return text


# Tags of text in which names of entities were switched.
_OF_ENTITIES = ("entities", "entity-linking", "wikidata")
TAGS = ("code-switching", "entities", "entity-linking", "wikipedia", "wikidata", "cross-lingual")


def loaded(splits: Splits, form: CorpusFormat) -> dict[str, Any]:
    """Return the files and the sizes of each configuration, with which `datasets` loads it."""
    infos = [config_info(language, by_name, form) for language, by_name in with_all(splits).items()]
    return {"configs": [*_configs(splits, form)], "dataset_info": infos}


def with_all(splits: Splits) -> Splits:
    """Return the splits by configuration: `all` first, unless another one has that name."""
    every: dict[str, SplitSize] = {}
    for by_name in splits.values():
        for name, split in by_name.items():
            total = every.setdefault(name, SplitSize())
            total.rows += split.rows
            total.examples += split.examples
            total.bytes += split.bytes
            total.in_memory += split.in_memory
    return {EVERY: dict(sorted(every.items())), **splits}


def _configs(splits: Splits, form: CorpusFormat) -> Iterator[dict[str, Any]]:
    """Yield the files of each configuration."""
    for config, by_name in with_all(splits).items():
        folder = config if config in splits else "*"
        yield {
            "config_name": config,
            **({} if config in splits else {"default": True}),
            "data_files": [
                {"split": name, "path": f"{form.folder}/{folder}/{name}-*.{form.suffix}"}
                for name in by_name
            ],
        }


def language_fields(codes: Iterable[str]) -> dict[str, list[str]]:
    """Return the languages: the Hub allows codes of two or three letters, and tags beside them."""
    tags = [*dict.fromkeys(map(bcp47, codes))]
    languages = dict.fromkeys(tag.split("-")[0] for tag in tags)
    known = [code for code in languages if re.fullmatch("[a-z]{2,3}", code)]
    longer = [tag for tag in tags if "-" in tag]
    return {"language": known, **({"language_bcp47": longer} if longer else {})}


def config_info(config: str, splits: dict[str, SplitSize], form: CorpusFormat) -> dict[str, Any]:
    """Return the sizes of a configuration, and the types of its columns if the files lack them."""
    return {
        "config_name": config,
        **({} if form.suffix == "parquet" else {"features": _features(form.schema)}),
        "splits": [
            {"name": name, "num_bytes": split.in_memory, "num_examples": split.examples}
            for name, split in splits.items()
        ],
        "download_size": sum(split.bytes for split in splits.values()),
        "dataset_size": sum(split.in_memory for split in splits.values()),
    }


def _features(fields: Iterable[pa.Field]) -> list[dict[str, Any]]:
    """Return the types of columns as in `datasets`: scalars, and lists of scalars or structs."""
    return [{"name": field.name, **_feature(field.type)} for field in fields]


def _feature(type_: pa.DataType) -> dict[str, Any]:
    if pa.types.is_struct(type_):
        return {"struct": _features(type_)}
    if not pa.types.is_list(type_):
        return {"dtype": str(type_)}
    inner = type_.value_type
    return {"list": _features(inner) if pa.types.is_struct(inner) else str(inner)}


def size_category(rows: int) -> str:
    """Return the Hub's size category for a number of rows."""
    bounds = (1, "K"), (10, "K"), (100, "K"), (1, "M"), (10, "M"), (100, "M"), (1, "B"), (10, "B")
    names = [f"{number}{unit}" for number, unit in bounds]
    index = next((i for i, power in enumerate(range(3, 11)) if rows < 10**power), len(bounds))
    if index == 0:
        return "n<1K"
    return f"n>{names[-1]}" if index == len(bounds) else f"{names[index - 1]}<n<{names[index]}"
