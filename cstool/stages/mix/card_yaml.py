"""The YAML of a mixture's card: a configuration for each training stage, and one for all."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cstool.cards.card_metadata import (
    EVERY,
    TAGS,
    SplitSize,
    as_yaml,
    config_info,
    language_fields,
    size_category,
    with_all,
)
from cstool.formats.corpus_formats import CorpusFormat
from cstool.languages.codes import codes_in_any
from cstool.storage.manifest import Source
from cstool.storage.mixture import Mixture
from cstool.storage.mixture_sums import by_language, whole_of


def mixture_metadata(
    mixture: Mixture,
    form: CorpusFormat,
    sources: Sequence[Source],
    sizes: Mapping[str, SplitSize],
) -> str:
    """Return the YAML; `sources`: the wikis; `sizes`: of the files, by the folder of the stage."""
    stages = {folder: {"train": size} for folder, size in sizes.items()}
    codes = codes_in_any(by_language(mixture))
    fields: dict[str, Any] = {
        "license": "cc-by-sa-4.0",
        **language_fields([*codes, *(source.language for source in sources)]),
        "pretty_name": f"Training mixture from {', '.join(source.wiki for source in sources)}",
        "annotations_creators": ["machine-generated"],
        "language_creators": ["crowdsourced", "machine-generated"],
        "multilinguality": ["multilingual"],
        "source_datasets": ["extended|wikipedia"],
        "task_categories": ["text-generation"],
        "task_ids": ["language-modeling"],
        "tags": [*TAGS, "curriculum"],
        "size_categories": [size_category(whole_of(mixture).rows)],
    }
    if form.loads:
        fields["configs"] = [*_configs([*stages], form)]
        fields["dataset_info"] = [
            config_info(name, its, form) for name, its in with_all(stages).items()
        ]
    else:
        fields["viewer"] = False
    return as_yaml(fields)


def _configs(stages: Sequence[str], form: CorpusFormat) -> Iterator[dict[str, Any]]:
    """Yield the files of each configuration; those of all stages in the order of training."""
    paths = [f"{form.folder}/{stage}/train-*.{form.suffix}" for stage in stages]
    for name, some in ((EVERY, paths), *((s, [p]) for s, p in zip(stages, paths, strict=True))):
        yield {
            "config_name": name,
            **({"default": True} if name == EVERY else {}),
            "data_files": [{"split": "train", "path": some if len(some) > 1 else some[0]}],
        }
