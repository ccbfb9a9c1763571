"""Reads a recipe of `cstool mix`, a TOML file, and says in which line it is not valid."""

import difflib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

from cstool.errors import InputError, WrongCallError
from cstool.languages.codes import need_language
from cstool.stages.mix.check_recipe import RecipeFault, faults_of, message
from cstool.stages.mix.recipe import (
    MixDedup,
    MixRecipe,
    RowChoice,
    SizeUnit,
    SourceRecipe,
    StageRecipe,
)
from cstool.stages.mix.toml_lines import KeyPath, lines_of_keys

# Bytes.
_LARGEST = 1 << 20
# Characters of a value in a message.
_SHOWN = 40
# The language of rows with names in several languages.
_SEVERAL = "mul"
# What tomllib says of a key or table that is written twice.
_TWICE = "Cannot overwrite a value"
# Returns what is wrong with a value of a key, or "".
_Check = Callable[[Any], str]


def read_recipe(path: Path, root: Path | None = None) -> MixRecipe:
    """Return the recipe in a TOML file.

    `root`: where its relative paths begin, None for the folder of the file. Raises InputError,
    which names the line, for a file that is not TOML, unknown keys, and values that are not valid.
    """
    text = _text(path)
    try:
        document = tomllib.loads(text)
        lines = lines_of_keys(text)
    except tomllib.TOMLDecodeError as fault:
        raise InputError(_syntax(path, text, str(fault))) from fault
    except RecursionError as fault:
        raise InputError(f"{path}: nested too deeply; write a recipe as in docs/mixing.md") from (
            fault
        )
    reader = _Reader(path, path.parent if root is None else root, lines)
    recipe = reader.recipe(document)
    for found in faults_of(recipe):
        raise reader.error(found)
    return recipe


def _text(path: Path) -> str:
    """Return the content of a file, without the mark of its encoding."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the recipe, a TOML file")
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError as fault:
        raise InputError(f"{path}: no such file; give the recipe, a TOML file") from fault
    if len(content) > _LARGEST:
        raise InputError(
            f"{path}: more than {_LARGEST >> 20} MB, so not a recipe; give a TOML file"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise InputError(f"{path}, line {line}: not UTF-8; save the file as UTF-8") from fault


def _syntax(path: Path, text: str, problem: str) -> str:
    """Return the message for an error of tomllib, which ends with its place."""
    found = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", problem, re.DOTALL)
    what, line, column = found.groups() if found else (problem, text.count("\n") + 1, None)
    what = what.removesuffix(" (at end of document)")
    what = "a key is written twice" if what == _TWICE else what
    place = f"{path}, line {line}" + (f", column {column}" if column else "")
    return f"{place}: not valid TOML: {what[:1].lower()}{what[1:]}; correct the line"


def _shown(value: Any) -> str:
    """Return a value for a message, in one line."""
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "an array"
    quoted = isinstance(value, str | bool)
    text = json.dumps(value, ensure_ascii=False) if quoted else str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _whole(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "" if -(2**63) <= value < 2**63 else f"{_shown(value)} has more than 64 bits; reduce"
    hint = "such as 200_000_000"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        hint = f"{int(value):_}"
    return f"{_shown(value)} is not a whole number; write one without units or a point, {hint}"


def _number(value: Any) -> str:
    right = isinstance(value, int | float) and not isinstance(value, bool)
    return "" if right else f"{_shown(value)} is not a number; write one, such as 0.7"


def _string(value: Any) -> str:
    if not isinstance(value, str):
        return f'{_shown(value)} is not a string; write one in quotes, such as "name"'
    if not value:
        return "empty string; write a name, or leave the key out"
    right = value.isprintable()
    return "" if right else f"{_shown(value)} has a character that cannot be printed; remove it"


def _one_of(choices: tuple[str, ...]) -> _Check:
    listed = " or ".join(json.dumps(choice) for choice in choices)

    def check(value: Any) -> str:
        right = isinstance(value, str) and value in choices
        return "" if right else f"{_shown(value)} is not valid; write {listed}"

    return check


def _strings(value: Any) -> str:
    right = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return "" if right else f'{_shown(value)} is not a list of codes; write ["en", "ja"]'


def _tables(header: str) -> _Check:
    def check(value: Any) -> str:
        if isinstance(value, dict):
            return f"a single table; write its header as {header}, in two pairs of brackets"
        right = isinstance(value, list) and all(isinstance(one, dict) for one in value)
        return "" if right else f"{_shown(value)} is not a table; write it below {header}"

    return check


class _TableKind(NamedTuple):
    """A kind of tables: its header, its keys with their checks, and those that it must have."""

    header: str
    keys: Mapping[str, _Check]
    needed: tuple[str, ...] = ()


_TOP = _TableKind(
    "",
    {
        "seed": _whole,
        "count": _one_of(get_args(SizeUnit)),
        "tokenizer": _string,
        "document_end": _string,
        "dedup": _one_of(get_args(MixDedup)),
        "stage": _tables("[[stage]]"),
    },
)
_STAGE = _TableKind(
    "[[stage]]",
    {"name": _string, "budget": _whole, "source": _tables("[[stage.source]]")},
    ("name",),
)
_SOURCE = _TableKind(
    "[[stage.source]]",
    {
        "folder": _string,
        "name": _string,
        "share": _number,
        "budget": _whole,
        "languages": _strings,
        "rows": _one_of(get_args(RowChoice)),
        "smoothing": _number,
    },
    ("folder",),
)
_KINDS = (_TOP, _STAGE, _SOURCE)


class _Reader:
    """Makes a recipe from a document; `lines`: those of its keys."""

    def __init__(self, path: Path, root: Path, lines: dict[KeyPath, int]) -> None:
        self._path = path
        self._root = root
        self._lines = lines

    def error(self, fault: RecipeFault) -> InputError:
        """Return the exception for a fault, with the line of its key, or of its table."""
        above = _path_of(fault.stage, fault.source)
        line = self._lines.get((*above, fault.key)) if fault.key else None
        header = _KINDS[len(above) // 2].header
        return InputError(message(f"{self._path}", line or self._line(above), header, fault))

    def _line(self, path: KeyPath) -> int:
        return self._lines.get(path, 0)

    def recipe(self, document: dict[str, Any]) -> MixRecipe:
        """Return the recipe."""
        self._check(document, _TOP, None, None)
        others = {key: document[key] for key in ("seed", "count", "dedup") if key in document}
        tokenizer = document.get("tokenizer")
        return MixRecipe(
            file=self._path,
            stages=tuple(self._stage(n, one) for n, one in enumerate(document.get("stage", []))),
            tokenizer=self._root / tokenizer if tokenizer else None,
            document_end=document.get("document_end"),
            **others,
        )

    def _stage(self, number: int, table: dict[str, Any]) -> StageRecipe:
        self._check(table, _STAGE, number, None)
        return StageRecipe(
            name=table["name"],
            sources=tuple(
                self._source(number, place, one)
                for place, one in enumerate(table.get("source", []))
            ),
            budget=table.get("budget"),
            line=self._line(_path_of(number)),
        )

    def _source(self, number: int, place: int, table: dict[str, Any]) -> SourceRecipe:
        self._check(table, _SOURCE, number, place)
        languages = table.get("languages")
        return SourceRecipe(
            folder=self._root / table["folder"],
            name=table.get("name", str(Path(table["folder"]))),
            share=table.get("share"),
            budget=table.get("budget"),
            languages=None if languages is None else self._codes(number, place, languages),
            rows=table.get("rows", SourceRecipe.rows),
            smoothing=table.get("smoothing"),
            line=self._line(_path_of(number, place)),
        )

    def _check(
        self, table: dict[str, Any], kind: _TableKind, stage: int | None, source: int | None
    ) -> None:
        """Raise InputError for an unknown key, a value of a wrong type, and a missing key."""
        for key, value in table.items():
            if key not in kind.keys:
                line = self._lines.get((*_path_of(stage, source), key), 0)
                what = f"{kind.header or 'the recipe'} has no key {_shown(key)}"
                raise InputError(f"{self._path}, line {line}: {what}; {_hint(key, kind)}")
            if problem := kind.keys[key](value):
                raise self.error(RecipeFault(stage, source, key, problem))
        for key in kind.needed:
            if key not in table:
                raise self.error(RecipeFault(stage, source, None, f"has no {key}; add one"))

    def _codes(self, stage: int, source: int, codes: list[str]) -> tuple[str, ...]:
        """Return codes as they are in the column `language`, also joined ones (`en+ja`)."""
        found = {}
        for place, word in enumerate(codes):
            line = self._line((*_path_of(stage, source), "languages", place))
            what = f"{self._path}, line {line}: {_SOURCE.header} languages"
            try:
                found["+".join(_code(one, what) for one in word.split("+"))] = True
            except WrongCallError as fault:
                raise InputError(f"{fault}") from fault
        return tuple(found)


def _code(word: str, what: str) -> str:
    return word if word == _SEVERAL else need_language(word, what)


def _path_of(stage: int | None, source: int | None = None) -> KeyPath:
    if stage is None:
        return ()
    return ("stage", stage) if source is None else ("stage", stage, "source", source)


def _hint(key: str, kind: _TableKind) -> str:
    """Return what to do about a key that a table does not have."""
    if key in _TOP.keys:
        return "write it above the first [[stage]]"
    others = [other.header for other in _KINDS if key in other.keys]
    if others:
        return f"it is a key of {' and '.join(others)}"
    near = difflib.get_close_matches(key, kind.keys, 1)
    return f'did you mean "{near[0]}"?' if near else f"its keys are {', '.join(kind.keys)}"
