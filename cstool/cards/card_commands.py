"""Reconstructs the commands that made a corpus from the lineage in its manifest.

Manifests store parameters and inputs but no names of folders, so the names here are invented.
Options with their default value are omitted.
"""

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from cstool.dumps.wikidata import DEFAULT_PART_SIZE
from cstool.languages.codes import entitycs
from cstool.storage.manifest import Ancestor

# By stage: parameter name → option and default value.
_OPTIONS: dict[str, dict[str, tuple[str, Any]]] = {
    "entities": {
        "part_size": ("--part-size", DEFAULT_PART_SIZE),
        "limit": ("--limit", None),
        "api": ("--api", "https://www.wikidata.org/w/api.php"),
    },
    "titles": {"part_size": ("--part-size", None)},
    "extract": {
        "templates": ("--templates", "dump"),
        "formulas": ("--formulas", "holes"),
        "all_sentences": ("--all-sentences", False),
        "language": ("--language", None),
        "wiki": ("--wiki", None),
        "limit": ("--limit", None),
        "part_size": ("--part-size", None),
        "unit": ("--unit", "sentence"),
        "headings": ("--headings", "none"),
        "max_gaps": ("--max-gaps", None),
    },
    "link": {
        "keep_disambiguation": ("--keep-disambiguation", False),
        "propagate": ("--propagate", False),
    },
    "switch": {
        "recipe": ("--recipe", "default"),
        "max_languages": ("--max-languages", 5),
        "seed": ("--seed", 0),
        "labels": ("--labels", "label"),
        "fallback": ("--fallback", "variants"),
        "fit": ("--no-fit", True),
        "inflected": ("--inflected", "skip-mention"),
        "anchors": ("--anchors", "named"),
        "prose": ("--no-prose", True),
        "min_changed": ("--min-changed", 1),
        "require_all": ("--no-require-all", True),
        "policy": ("--policy", "sample"),
        "smoothing": ("--smoothing", None),
        "switch_rate": ("--switch-rate", 1.0),
        "sentence_rate": ("--sentence-rate", 1.0),
        "row_rate": ("--row-rate", 1.0),
        "word_rate": ("--word-rate", 1.0),
        "words_in_mentions": ("--words-in-mentions", False),
        "passes": ("--passes", 1),
        "style": ("--style", "replace"),
        "side": ("--side", "right"),
        "open": ("--open", ""),
        "close": ("--close", ""),
        "repeat": ("--repeat", False),
        "mix": ("--mix", False),
        "source_rows": ("--source-rows", "switched"),
        "romanize_names": ("--romanize-names", None),
    },
    "romanize": {"romanizer": ("--romanizer", "uroman")},
    "lexicon": {},
    "shard": {
        "rows_per_shard": ("--rows-per-shard", 500_000),
        "validation": ("--validation", 100),
        "seed": ("--seed", 0),
        "format": ("--format", "cstool"),
        "document_end": ("--document-end", None),
        "pack": ("--pack", None),
        "whole_samples": ("--whole-samples", False),
        "dedup": ("--dedup", "none"),
    },
    "pair": {
        "min_wikis": ("--min-wikis", 2),
        "segments": ("--segments", 1),
        "window": ("--window", None),
    },
    "mix": {
        "rows_per_shard": ("--rows-per-shard", 500_000),
        "format": ("--format", "cstool"),
        "pack": ("--pack", None),
        "whole_samples": ("--whole-samples", False),
    },
}
# Bounds of the rows that `switch` takes: option, default value, and what the option counts more.
_BOUNDS: dict[str, tuple[str, float, int]] = {
    "fewest_mentions": ("--min-mentions", 1, 0),
    "most_mentions": ("--max-mentions", 10, 0),
    "more_than_characters": ("--min-characters", 20, 1),
    "most_words": ("--max-words", 128, 0),
    "longest_anchor": ("--max-coverage", 0.5, 0),
}
_FOLDERS = {
    "extract": "sentences",
    "link": "linked",
    "switch": "switched",
    "romanize": "romanized",
    "titles": "titles",
    "shard": "corpus",
    "pair": "pairs",
}
# Earlier ancestors, with the names of their folders.
_Made = list[tuple[Ancestor, str]]
_TABLES = {"page_props": "--sql-props", "redirect": "--sql-redirect", "page": "--sql-page"}


class MadeFolder(NamedTuple):
    """A folder of a lineage: the stage that wrote it, an invented name, and the command."""

    stage: Ancestor
    folder: str
    command: str


def commands(
    lineage: Sequence[Ancestor], parameters: Mapping[str, Any], tests: Iterable[str] = ()
) -> list[str]:
    """Return the commands that made a corpus, in order.

    `parameters`: of `shard`; `tests`: file names of its test sets.
    """
    made = made_folders(lineage)
    stages = [one.stage.stage for one in made]
    read = "romanize" if "romanize" in stages else "switch"
    switched = [one.folder for one in made if one.stage.stage == read]
    words = [*switched, *_given("shard", parameters), *_tokenizer(parameters), *_tests(tests)]
    last = shlex.join(["cstool", "shard", *words, "-o", "corpus"])
    return [*(one.command for one in made), last]


def mix_command(parameters: Mapping[str, Any]) -> str:
    """Return the command that mixes corpora; `parameters`: of `mix`."""
    words = _given("mix", parameters)
    # The tokenizer that counts tokens is in the recipe.
    if "tokenizers" in parameters and parameters["count"] == "words":
        words = chain(words, _tokenizer(parameters), _document_end(parameters))
    return shlex.join(["cstool", "mix", "recipe.toml", *words, "-o", "mixture"])


def made_folders(lineage: Sequence[Ancestor]) -> list[MadeFolder]:
    """Return the folders of a lineage with the commands that made them, in order.

    The input of an ancestor is the nearest earlier ancestor of the required stage, of the same wiki
    if both have one; lineages are ordered accordingly.
    """
    found: list[MadeFolder] = []
    made: _Made = []
    used: set[str] = set()
    for one in lineage:
        folder = _folder(one, used)
        words = ["cstool", one.stage, *_words(one, _inputs(one, made)), "-o", folder]
        made.append((one, folder))
        found.append(MadeFolder(one, folder, shlex.join(words)))
    return found


def _folder(one: Ancestor, used: set[str]) -> str:
    """Return an unused name for the output folder of a stage."""
    name = _FOLDERS.get(one.stage, one.stage)
    path = f"work/{one.source.wiki}/{name}" if one.source else f"work/{name}"
    number = 2
    free = path
    while free in used:
        free = f"{path}-{number}"
        number += 1
    used.add(free)
    return free


def _inputs(one: Ancestor, made: _Made) -> dict[str, list[str]]:
    """Return the folders that an ancestor read, by stage: the nearest earlier ones of its wiki.

    If there is none, it is a folder with the usual name.
    """
    read = Counter(given.name for given in one.inputs)
    folders = {}
    for stage in _OPTIONS:
        found = [(its.source, folder) for its, folder in made if its.stage == stage]
        own = [folder for source, folder in found if source and source == one.source]
        every = own or [folder for _, folder in found] or [_FOLDERS.get(stage, stage)]
        folders[stage] = every[-read[stage] :] if read[stage] else []
    return folders


def _words(one: Ancestor, folders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the arguments of a command, without its output. `folders`: its inputs, by stage."""
    dumps = [given.name for given in one.inputs if given.name not in _OPTIONS]
    yield from _read_words(one, folders, dumps)
    yield from _given(one.stage, one.parameters)
    if one.stage == "shard":
        yield from _tests(dumps)
    if one.parameters.get("rules"):
        yield from ("--templates-file", "RULES.toml")
    if one.stage in ("entities", "lexicon"):
        for name in ("languages", "sites"):
            if name in one.parameters:
                yield from (f"--{name}", ",".join(one.parameters[name]))
        if "only" in one.parameters and not one.queried:
            yield from ("--only", "QIDS.txt")


def _read_words(
    one: Ancestor, folders: Mapping[str, Sequence[str]], dumps: Sequence[str]
) -> Iterator[str]:
    """Yield the inputs of a command, and the options that belong to them."""
    if one.stage == "titles":
        yield from ("--wiki", one.parameters["wiki"])
        if any(given.name == "entities" for given in one.inputs):
            yield from _folder_option("--entities", folders["entities"])
        for name in dumps:
            yield from (_role(name), name)
    elif one.stage == "link":
        yield from folders["extract"]
        yield from ("--titles", *folders["titles"])
    elif one.stage == "switch":
        yield from (*folders["extract"], *folders["link"])
        yield from _folder_option("--entities", folders["entities"])
        yield from _dictionaries(one, folders["lexicon"])
        yield from _switch_words(one)
    elif one.stage == "lexicon":
        yield from _folder_option("--entities", folders["entities"])
        yield from _folder_option("--linked", folders["link"])
    elif one.stage == "shard":
        yield from (*folders["switch"], *folders["romanize"])
    elif one.stage == "romanize":
        yield from (folder for given in one.inputs for folder in folders[given.name])
    elif one.stage == "pair":
        yield from _pair_words(one, folders)
    elif one.queried:
        yield from ("--live", *folders["link"], *dumps)
    else:
        yield from _dump_words(dumps, one.parameters.get("template_pages", []), folders["entities"])


def _folder_option(option: str, folders: Sequence[str]) -> Iterator[str]:
    """Yield the option with each of the folders."""
    for folder in folders:
        yield from (option, folder)


def _tokenizer(parameters: Mapping[str, Any]) -> list[str]:
    """Return the option for the tokenizer of a format with tokens."""
    return ["--tokenizer", "tokenizer.json"] if "tokenizers" in parameters else []


def _document_end(parameters: Mapping[str, Any]) -> list[str]:
    end = parameters.get("document_end")
    return ["--document-end", end] if end else []


def _tests(files: Iterable[str]) -> Iterator[str]:
    """Yield the options of `shard` for its test sets."""
    for name in files:
        yield from ("--decontaminate", name)


def _pair_words(one: Ancestor, folders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the folders that `pair` reads, and the order of languages."""
    yield from (*folders["extract"], *folders["link"])
    for folder in folders["titles"]:
        yield from ("--titles", folder)
    order = one.parameters["order"]
    yield from ("--order", order if isinstance(order, str) else ",".join(dict.fromkeys(order)))


def _dump_words(
    dumps: Sequence[str], definitions: Sequence[str], entities: Sequence[str]
) -> Iterator[str]:
    """Yield the dumps and folders of entities; of `definitions` only templates were read."""
    yield from (name for name in dumps if name not in definitions)
    for name in definitions:
        yield from ("--template-pages", name)
    for folder in entities:
        yield from ("--entities", folder)


def _given(stage: str, parameters: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options that differ from their default values."""
    for name, (option, default) in _OPTIONS[stage].items():
        value = parameters.get(name, default)
        if value != default:
            yield from ([option] if isinstance(value, bool) else [option, str(value)])


def _languages(one: Ancestor) -> str:
    languages = set(one.parameters["languages"])
    source = {one.source.language} if one.source else set()
    if languages == set(entitycs()) - source:
        return "entitycs"
    return ",".join(one.parameters["languages"])


def _dictionaries(one: Ancestor, lexicons: Sequence[str]) -> Iterator[str]:
    """Yield the options for dictionaries: files by name, and folders of `lexicon`, in order."""
    files = {given.name for given in one.inputs}
    left = [*lexicons]
    for value in one.parameters.get("words", []):
        is_file = value in files or value.partition("=")[2] in files
        yield from ("--words", value if is_file or not left else left.pop(0))


def _switch_words(one: Ancestor) -> Iterator[str]:
    """Yield the options of `switch` for languages, types of entities, bounds of rows, and marks.

    Many classes are a file, as for `--only`.
    """
    if "languages" in one.parameters:
        yield from ("--languages", _languages(one))
    if weights := one.parameters.get("weights"):
        yield from ("--language-weights", ",".join(f"{c}={w}" for c, w in weights.items()))
    types = one.parameters.get("types") or {}
    for name, option in (("asked", "--types"), ("excluded", "--exclude-types")):
        if classes := types.get(name):
            yield from (option, "QIDS.txt" if isinstance(classes, str) else ",".join(classes))
    if types.get("dates"):
        yield "--exclude-dates"
    bounds = one.parameters.get("filter") or {}
    for name, (option, default, more) in _BOUNDS.items():
        if (value := bounds.get(name, default)) not in (default, None):
            yield from (option, f"{value + more:g}")
    # The default of annotated rows is another one.
    if (
        one.parameters.get("style") == "annotate"
        and one.parameters.get("inflected") == "skip-mention"
    ):
        yield from ("--inflected", "skip-mention")
    if one.parameters.get("open") or one.parameters.get("close"):
        yield from ("--marks-in-text", one.parameters.get("marks_in_text", "keep"))


def _role(name: str) -> str:
    """Return the option of `titles` that takes a dump of that name, which may be another one."""
    if ".sql" not in name:
        return "--pages"
    return next((option for part, option in _TABLES.items() if part in name), "--sql-page")
