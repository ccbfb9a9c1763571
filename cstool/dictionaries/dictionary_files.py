"""The files of the dictionaries that a user gives, and the languages of each.

A dictionary is a file of pairs, a folder of such files, or a folder of `cstool lexicon`. Only files
whose sources are in the language of the text are read: MUSE and others publish both directions, and
translations read backwards are in no order.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstool.dictionaries.pair_columns import PairColumns, columns_of, languages_of_name
from cstool.dumps.streams import first_block
from cstool.errors import InputError, WrongCallError
from cstool.languages.codes import current, need_language
from cstool.storage.file_hashes import hash_file
from cstool.storage.manifest import MANIFEST, Input, Manifest, describe_folder, need_stage
from cstool.storage.text_files import BOM, decoded, need_text

OPTION = "--words"
STAGE = "lexicon"
# Formats of its text files that are dictionaries.
_TEXT_FORMATS = ("tsv", "muse")
# Languages that a message names.
_NAMED = 9
# Lines from which the columns of a file are known.
_FIRST_LINES = 100
# The first characters of names of files that no user gives.
_HIDDEN = (".", "_")
# The beginning of an object or an array of JSON.
_JSON = re.compile(rb"\s*(?:\{\s*\"|\[\s*[\[{\"])")


@dataclass(frozen=True)
class DictionaryFile:
    """A file of pairs.

    `name`: the path as given, for messages. `columns`: of a text file; None for a part of a
    lexicon. `language`: of the targets, None if each line has it.
    """

    name: str
    path: Path
    columns: PairColumns | None
    language: str | None = None


@dataclass(frozen=True)
class Dictionaries:
    """The dictionaries of a run, in the order given.

    `source`: the language of the text. `languages`: those of the translations. `files`: what to
    read. `inputs`: the same, as inputs of the run. `folders`: those among them that a stage wrote.
    `every`: whether each language needs an entry, otherwise one of them.
    """

    source: str
    languages: tuple[str, ...]
    files: tuple[DictionaryFile, ...]
    inputs: tuple[Input, ...]
    folders: tuple[Path, ...]
    every: bool = True


def find_dictionaries(
    values: Sequence[str], source: str, languages: Sequence[str], *, every: bool = True
) -> Dictionaries:
    """Return the dictionaries that the values of the option name, `[LANG=]PATH`.

    `every`: whether each of the languages needs an entry, otherwise one of them.

    Only the first lines of each file are read, and its bytes to identify the run. Raises InputError
    for a file that is no dictionary or whose languages are not those of the run, WrongCallError for
    an unknown language.
    """
    wanted = _Wanted(current(source), tuple(languages))
    files: list[DictionaryFile] = []
    inputs: list[Input] = []
    folders: list[Path] = []
    for value in values:
        language, path = _split(value)
        if language and path.is_dir():
            raise InputError(f"{path}: is a folder; give {OPTION} {path}, without LANG=")
        if (path / MANIFEST).exists():
            read = need_stage(path, STAGE)
            folders.append(path.absolute())
            inputs.append(describe_folder(path, read))
            files += _in_lexicon(path, read, wanted)
            continue
        found = _in_folder(path, wanted) if path.is_dir() else [_file(path, language, wanted)]
        files += found
        inputs += [_described(file.path) for file in found]
    dictionaries = Dictionaries(
        wanted.source, wanted.languages, tuple(files), tuple(inputs), tuple(folders), every
    )
    targets = [file.language for file in files]
    if None not in targets:
        need_entries(dictionaries, filter(None, targets))
    return dictionaries


@dataclass(frozen=True)
class _Wanted:
    source: str
    languages: tuple[str, ...]


def _split(value: str) -> tuple[str | None, Path]:
    """Return the language and the path of a value; a path may contain an equals sign."""
    language, equals, path = value.partition("=")
    if not equals or Path(value).exists():
        return None, Path(value)
    if not path:
        raise WrongCallError(f"{OPTION}: {value!r} has no path; give LANG=PATH or PATH")
    return need_language(language, OPTION), Path(path)


def _file(path: Path, language: str | None, wanted: _Wanted) -> DictionaryFile:
    """Return one file. Raises InputError if its languages are unknown, or not those of the run."""
    if not path.exists():
        raise InputError(f"{path}: no such file; give a dictionary with {OPTION}")
    columns = _columns(path)
    if columns.target_language >= 0:
        if language:
            raise InputError(
                f"{path}: each line has its language; give {OPTION} {path}, without LANG="
            )
        return _dictionary_file(path, columns)
    named = languages_of_name(path.name)
    if language is None and named is None:
        raise InputError(
            f"{path}: the languages of its two columns are unknown; give {OPTION} LANG={path}, or "
            f"name it {wanted.source}-LANG.tsv"
        )
    if language is None and named and named[0] != wanted.source:
        raise InputError(
            f"{path}: translates from {named[0]} by its name, but the text is in {wanted.source}; "
            f"give a dictionary from {wanted.source}, or {OPTION} LANG={path} if the name is wrong"
        )
    language = language or (named and named[1])
    assert language
    if language not in wanted.languages:
        raise InputError(
            f"{path}: translates into {language}, which is not in --languages; add it there, or "
            "leave the dictionary out"
        )
    return _dictionary_file(path, columns, language)


def _dictionary_file(
    path: Path, columns: PairColumns | None, language: str | None = None
) -> DictionaryFile:
    return DictionaryFile(str(path), path.absolute(), columns, language)


def _in_lexicon(folder: Path, read: Manifest, wanted: _Wanted) -> list[DictionaryFile]:
    """Return the parts of a lexicon, or its text files for the languages of the run."""
    form = read.parameters.get("format", "cstool")
    if form in _TEXT_FORMATS:
        return _in_folder(folder, wanted)
    if form != "cstool":
        raise InputError(
            f"{folder}: made with --format {form}, which has no columns; make the folder again "
            "without --format"
        )
    return [_dictionary_file(folder / part.file, None) for part in read.tables]


def _in_folder(folder: Path, wanted: _Wanted) -> list[DictionaryFile]:
    """Return the files of a folder for the languages of the run, in the order of their names.

    Of the lists that MUSE publishes, the parts for training and testing (`en-de.0-5000.txt`) are
    left out if the whole list is there.
    """
    named = {
        path: languages
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name[0] not in _HIDDEN
        and (languages := languages_of_name(path.name))
    }  # fmt: skip
    if not named:
        raise InputError(
            f"{folder}: contains no dictionary; give a folder of cstool {STAGE}, or one of files "
            f"with their languages in their names, such as {wanted.source}-de.txt"
        )
    whole = {languages for path, languages in named.items() if _is_whole(path)}
    kept = [
        (path, target)
        for path, (source, target) in named.items()
        if source == wanted.source
        and target in wanted.languages
        and (_is_whole(path) or (source, target) not in whole)
    ]
    if not kept:
        pairs = sorted({f"{source}-{target}" for source, target in named.values()})
        raise InputError(
            f"{folder}: has no dictionary from {wanted.source} into {listed(wanted.languages)} "
            f"(it has {listed(pairs)}); give another folder or other --languages"
        )
    return [_dictionary_file(path, _columns(path), target) for path, target in kept]


def _is_whole(path: Path) -> bool:
    """Whether the name has nothing but endings after the languages (`en-de.txt.gz`)."""
    return not any(ending[1:2].isdigit() for ending in path.suffixes)


def _columns(path: Path) -> PairColumns:
    """Return the columns of a file. Raises InputError if it has fewer than two, or is not text."""
    lines = [line for line in _first_lines(path) if line.strip()]
    if not lines:
        raise InputError(f"{path}: contains no pairs; give another dictionary")
    return columns_of(lines)


def _first_lines(path: Path) -> list[str]:
    head = first_block(str(path))
    need_text(head[:1024], str(path))
    end = head.rfind(b"\n") + 1 or len(head)
    # A later line that is not UTF-8 is reported when the file is read, with its number.
    some = b"\n".join(head[:end].removeprefix(BOM).split(b"\n", _FIRST_LINES)[:_FIRST_LINES])
    if _JSON.match(some):
        raise InputError(
            f"{path}: is JSON; give lines of a source and a target, separated by a tab"
        )
    return [line.rstrip("\r") for line in decoded(some, str(path)).split("\n")]


def _described(path: Path) -> Input:
    """Return a file as an input of the run, identified by all of its bytes."""
    read = hash_file(path)
    return Input(path.name, read.bytes, read.fingerprint)


def need_entries(dictionaries: Dictionaries, present: Iterable[str]) -> None:
    """Raise InputError unless the dictionaries have entries in their languages.

    `present`: those in which they have entries.
    """
    has = {*present}
    missing = [code for code in dictionaries.languages if code not in has]
    if missing and (dictionaries.every or not has & {*dictionaries.languages}):
        raise InputError(
            f"{OPTION}: no entry in {listed(missing)} (the dictionaries have "
            f"{listed(sorted(has)) or 'none of --languages'}); give a dictionary for each "
            "language, or leave these out of --languages"
        )


def listed(codes: Sequence[str]) -> str:
    """Return codes as text, at most nine of them: `de, fr and 20 more`."""
    some = ", ".join(codes[:_NAMED])
    return some if len(codes) <= _NAMED else f"{some} and {len(codes) - _NAMED} more"
