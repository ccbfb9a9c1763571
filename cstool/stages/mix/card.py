"""The card of a mixture: its `README.md`."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstool import __version__
from cstool.cards.card_citation import citation, methods_section
from cstool.cards.card_columns import mixture_columns
from cstool.cards.card_commands import MadeFolder, made_folders, mix_command
from cstool.cards.card_license import acknowledgement, license_section
from cstool.cards.card_lineage import lineage_section
from cstool.cards.card_metadata import SplitSize
from cstool.distribution import program
from cstool.execution.terminal import printable
from cstool.formats.corpus_formats import CorpusFormat
from cstool.languages.codes import language_name
from cstool.stages.mix.card_reading import reading_section
from cstool.stages.mix.card_yaml import mixture_metadata
from cstool.stages.mix.recipe_text import recipe_text
from cstool.storage.manifest import Ancestor, Part, Source
from cstool.storage.mixture import Mixture
from cstool.storage.mixture_sums import (
    SWITCHED,
    MixtureSum,
    available_by_corpus,
    by_corpus,
    by_language,
    by_stage,
    left_out,
    whole_of,
)
from cstool.storage.reason_phrases import phrase_of
from cstool.storage.row_kinds import RowKind


@dataclass(frozen=True)
class MixtureCardData:
    """What the card of a mixture describes.

    `sources`: the wikis of the text. `lineage`: the preceding stages. `parameters`: of the run.
    `files`: all files with rows, or in token formats sequences; `in_memory`: bytes of the rows of
    each stage, by its folder; `tokens`: in the files, 0 in formats of text.
    """

    mixture: Mixture
    form: CorpusFormat
    kind: RowKind
    sources: tuple[Source, ...]
    lineage: Sequence[Ancestor]
    parameters: dict[str, Any]
    files: Sequence[Part] = ()
    in_memory: Mapping[str, int] = field(default_factory=dict)
    tokens: int = 0


def mixture_card(data: MixtureCardData) -> str:
    """Return the card: the size of each corpus in each stage, and how to make and read them."""
    mixture = data.mixture
    wikis = ", ".join(source.wiki for source in data.sources)
    switched = {one.parameters.get("recipe", "default") for one in _of(data, "switch")}
    return f"""\
---
{mixture_metadata(mixture, data.form, data.sources, _sizes(data))}---

# Training mixture from {wikis}

{_about(data, switched)}

## Training stages

{_stages(mixture)}

## Corpora

{_filled(SWITCHED)}

{_corpora(mixture)}

## Languages

{_languages(mixture)}

{_left_out(mixture)}{reading_section(mixture, data.form)}
## Columns

{mixture_columns(data.form, data.kind, data.parameters, pairs=_paired(mixture))}

{_made(data)}{_limitations(data.kind)}
{license_section(wikis, data.kind.unit, names=data.kind.names, words=data.kind.words)}\
{acknowledgement(data.lineage)}## Citation

{citation(switched)}"""


def _limitations(kind: RowKind) -> str:
    words = _OF_WORDS if kind.words else ""
    return f"{_LIMITATIONS if kind.names else _CONTENT}{words}{_DUPLICATES}"


_LIMITATIONS = """\
## Limitations

- The limitations of the corpora apply: names are inserted in their base form, only linked entities
  are switched, and the content of Wikipedia and Wikidata was not filtered.
"""
_CONTENT = """\
## Limitations

- The content of Wikipedia was not filtered.
"""
_OF_WORDS = """\
- Words are looked up in a dictionary without regard to their meaning in the text.
"""
_DUPLICATES = """\
- Texts are compared as a whole: those that differ in a single character are not duplicates.
"""


def _paired(mixture: Mixture) -> list[str]:
    """Return the names of the corpora whose rows are windows of `pair`."""
    return [*dict.fromkeys(printable(one.corpus) for one in mixture.sources if one.kind == "pair")]


def _of(data: MixtureCardData, stage: str) -> list[Ancestor]:
    return [one for one in data.lineage if one.stage == stage]


def _sizes(data: MixtureCardData) -> dict[str, SplitSize]:
    """Return the size of the data files of each stage, by its folder."""
    sizes = {
        stage.folder: SplitSize(stage.rows, in_memory=data.in_memory.get(stage.folder, 0))
        for stage in data.mixture.stages
    }
    for part in data.files:
        if data.form.is_data(part.file):
            size = sizes[part.file.split("/")[1]]
            size.files += 1
            size.examples += part.rows
            size.bytes += part.bytes
    return sizes


def _about(data: MixtureCardData, recipes: set[str]) -> str:
    mixture, whole = data.mixture, whole_of(data.mixture)
    unit, number = mixture.unit, len(mixture.stages)
    stages = "one training stage" if number == 1 else f"{number} training stages"
    methods = methods_section(recipes, data.kind) if recipes else ""
    sentences = [
        f"Text from Wikipedia for training language models: {whole.rows:,} rows with "
        f"{whole.size:,} {unit}, in {stages}; {_percent(whole.switched)} of the {unit} are in "
        "code-switched rows.",
        f"The mixture was created with {program()} {__version__}{methods}.",
    ]
    if _paired(mixture):
        sentences.append(_COMPARABLE)
    if mixture.unit == "tokens":
        end = "one of them for the end of each row"
        sentences.append(f"Tokens are those of `{mixture.tokenizer}`, {end}.")
    else:
        sentences.append("Words are counted by the rules of each script.")
    if data.form.tokens:
        sequences = sum(size.examples for size in _sizes(data).values())
        sentences.append(f"The files contain {data.tokens:,} tokens in {sequences:,} sequences.")
    return _filled(" ".join(sentences))


_COMPARABLE = (
    "Pages about the same entity in several wikis are side by side, as in CrossIC-PT "
    "([Wu et al. 2025](https://aclanthology.org/2025.emnlp-main.1380/))."
)


def _filled(text: str) -> str:
    words = text.replace("\n", " ")
    return textwrap.fill(words, 100, break_long_words=False, break_on_hyphens=False)


# ---- tables ----


def _table(heads: Sequence[str], left: int, lines: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first `left` are right-aligned."""
    rule = "".join("---|" if i < left else "---:|" for i in range(len(heads)))
    rows = (f"| {' | '.join(map(_cell, line))} |" for line in [heads, *lines])
    return "\n".join([next(rows), f"|{rule}", *rows])


def _cell(text: str) -> str:
    return printable(text).replace("|", "\\|")


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f}%"


def _numbers(its: MixtureSum) -> tuple[str, ...]:
    return f"{its.rows:,}", f"{its.size:,}", _percent(its.switched)


def _of_whole(size: int, whole: int) -> str:
    return _percent(size / whole) if whole else ""


def _stages(mixture: Mixture) -> str:
    sums = by_stage(mixture)
    lines = [
        (stage.folder, *_numbers(sums[number]), f"{stage.budget:,}" if stage.budget else "")
        for number, stage in enumerate(mixture.stages, 1)
    ]
    heads = ["stage", "rows", mixture.unit, "code-switched", "budget"]
    return _table(heads, 1, lines)


def _corpora(mixture: Mixture) -> str:
    of_stage = by_stage(mixture)
    available = available_by_corpus(mixture)
    lines = [
        (
            mixture.stages[stage - 1].folder,
            corpus,
            *_numbers(its),
            _of_whole(its.size, of_stage[stage].size),
            f"{available[stage, corpus]:,}",
        )
        for (stage, corpus), its in by_corpus(mixture).items()
    ]
    heads = ["stage", "corpus", "rows", mixture.unit, "code-switched", "share of the stage"]
    return _table([*heads, f"available {mixture.unit}"], 2, lines)


def _languages(mixture: Mixture) -> str:
    whole = whole_of(mixture).size
    lines = [
        (
            language,
            language_name(language),
            *_numbers(its),
            _of_whole(its.size, whole),
        )
        for language, its in by_language(mixture).items()
    ]
    return _table(["language", "name", "rows", mixture.unit, "code-switched", "share"], 2, lines)


def _left_out(mixture: Mixture) -> str:
    """Return the section on rows that were left out, "" if there are none."""
    lines = [
        (
            mixture.stages[stage - 1].folder,
            corpus,
            phrase_of(reason),
            f"{its.rows:,}",
            "" if its.size is None else f"{its.size:,}",
        )
        for (stage, corpus), by_reason in left_out(mixture).items()
        for reason, its in by_reason.items()
    ]
    if not lines:
        return ""
    table = _table(["stage", "corpus", "reason", "rows", mixture.unit], 3, lines)
    return f"""\
## Rows left out

{table}

"""


# ---- how it was made ----


def _made(data: MixtureCardData) -> str:
    """Return the recipe, and the section on how the corpora were created."""
    made = made_folders(data.lineage)
    command = mix_command(data.parameters)
    recipe = recipe_text(data.mixture, _folders(data, made), data.parameters.get("document_end"))
    section = ""
    if data.lineage:
        commands = [*(one.command for one in made), command]
        section = lineage_section(data.lineage, commands, "mixture")
    return f"""\
## Recipe

The corpora were mixed with `{command}` and this `recipe.toml`:

```toml
{recipe}
```

{section}"""


def _folders(data: MixtureCardData, made: Sequence[MadeFolder]) -> list[str]:
    """Return the folder of each source, as in the commands.

    The name of the corpus if the lineage has not one folder for each input of `mix`.
    """
    names = [source.corpus for source in data.mixture.sources]
    stages = data.parameters.get("stages", [])
    inputs = [source["input"] for stage in stages for source in stage["sources"]]
    folders = [one.folder for one in made if one.stage.stage in ("shard", "pair")]
    if len(inputs) != len(names) or {*inputs} != {*range(len(folders))}:
        return names
    return [folders[number] for number in inputs]
