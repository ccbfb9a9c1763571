"""The YAML of a mixture's card: a configuration for each stage of training, and one for all."""

from collections.abc import Iterator, Sequence
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
from cstool.languages.codes import codes_in
from cstool.storage.manifest import Part, Source
from cstool.storage.mixture import Mixture, MixtureStage
from cstool.storage.mixture_sums import by_language, by_stage


def mixture_metadata(
    mixture: Mixture,
    form: CorpusFormat,
    sources: Sequence[Source],
    files: Sequence[Part],
) -> str:
    """Return the YAML; `sources`: the wikis; `files`: those with rows or sequences."""
    rows = by_stage(mixture)
    stages = {stage.folder: {"train": _size(stage, files, form)} for stage in mixture.stages}
    codes = [code for language in by_language(mixture) for code in codes_in(language)]
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
        "size_categories": [size_category(sum(its.rows for its in rows.values()))],
    }
    if form.loads:
        fields["configs"] = [*_configs([*stages], form)]
        fields["dataset_info"] = [
            config_info(name, its, form) for name, its in with_all(stages).items()
        ]
    else:
        fields["viewer"] = False
    return as_yaml(fields)


def _size(stage: MixtureStage, files: Sequence[Part], form: CorpusFormat) -> SplitSize:
    """Return the size of a stage's data files."""
    its = [
        part
        for part in files
        if form.is_data(part.file) and part.file.split("/")[1] == stage.folder
    ]
    rows, size = sum(part.rows for part in its), sum(part.bytes for part in its)
    return SplitSize(stage.rows, len(its), rows, size)


def _configs(stages: Sequence[str], form: CorpusFormat) -> Iterator[dict[str, Any]]:
    """Yield the files of each configuration; those of all stages in the order of training."""
    paths = [f"{form.folder}/{stage}/train-*.{form.suffix}" for stage in stages]
    for name, some in ((EVERY, paths), *((s, [p]) for s, p in zip(stages, paths, strict=True))):
        yield {
            "config_name": name,
            **({"default": True} if name == EVERY else {}),
            "data_files": [{"split": "train", "path": some if len(some) > 1 else some[0]}],
        }
