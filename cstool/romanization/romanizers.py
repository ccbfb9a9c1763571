"""The programs that write text in Latin letters.

`uroman` (Hermjakob et al. 2018, https://aclanthology.org/P18-4003; github.com/isi-nlp/uroman) is
the reference. `uroman-fast` is a port of it to Rust; words with characters with which it was
measured to give something else are romanized by the reference. `icu` applies transforms of ICU
(unicode.org/reports/tr35/tr35-general.html#Transforms).
"""

import re
from collections.abc import Callable
from functools import cache
from importlib import metadata
from typing import Literal, NamedTuple, Protocol, get_args

from cstool.distribution import install_hint
from cstool.errors import CstoolError
from cstool.languages.data_tables import rows
from cstool.romanization.language_rules import uroman_lcode

RomanizerName = Literal["uroman", "uroman-fast", "icu"]
ROMANIZERS: tuple[RomanizerName, ...] = get_args(RomanizerName)
TRANSFORMS = "Any-Latin; Latin-ASCII"


class Edge(NamedTuple):
    """What a range of characters of a text becomes."""

    start: int
    end: int
    text: str


class Romanizer(Protocol):
    """Writes text in Latin letters.

    `by_word`: whether what a word becomes does not depend on other words; else it is lines that do
    not depend on others.
    """

    by_word: bool

    def lcode(self, language: str) -> str:
        """Return the code of the rules for text in a language, "" for the general ones."""

    def romanize(self, text: str, lcode: str) -> str:
        """Return a text in Latin letters; ASCII characters stay as they are."""

    def edges(self, text: str, lcode: str) -> list[Edge] | None:
        """Return what each range of characters becomes, in order; None if it is not known."""


def need_romanizer(name: RomanizerName, option: str = "--romanizer") -> dict[str, str]:
    """Return the versions of the libraries that a romanizer consists of.

    `option`: the one that names it. Raises CstoolError if a library is not installed.
    """
    if name == "icu":
        try:
            import icu
        except ImportError as error:
            raise CstoolError(
                f"{option} icu: needs PyICU; run pip install icukit-pyicu, which contains ICU, "
                "or pip install PyICU where ICU's headers are installed"
            ) from error
        return {"icu": str(icu.ICU_VERSION)}
    libraries = ["uroman"] + ["uroman-fast"] * (name == "uroman-fast")
    try:
        return {library: metadata.version(library) for library in libraries}
    except metadata.PackageNotFoundError as error:
        missing = str(error.name)
        hint = f"run {install_hint('romanize')}"
        if missing == "uroman-fast":
            hint += ", with Python 3.11 or 3.12, for which it exists, or give uroman instead"
        raise CstoolError(f"{option} {name}: needs {missing}; {hint}") from error


@cache
def romanizer(name: RomanizerName) -> Romanizer:
    """Return a romanizer, loaded once per process."""
    need_romanizer(name)
    classes: dict[RomanizerName, Callable[[], Romanizer]]
    classes = {"uroman": Uroman, "uroman-fast": UromanFast, "icu": IcuTransforms}
    return classes[name]()


class Uroman:
    """The reference, loaded when it is first used: that takes three seconds."""

    by_word = True

    def __init__(self) -> None:
        self._program: object = None

    def lcode(self, language: str) -> str:
        """Return the code of the language's rules."""
        return uroman_lcode(language)

    def romanize(self, text: str, lcode: str) -> str:
        """Return a text in Latin letters."""
        return "".join(edge.text for edge in self.edges(text, lcode))

    def edges(self, text: str, lcode: str) -> list[Edge]:
        """Return what each range of characters becomes.

        Uroman fails on a Chinese fraction whose second number is missing
        (github.com/isi-nlp/uroman/issues/16); the halves of such a text are romanized.
        """
        program = self._loaded()
        try:
            found = program(text, lcode)
        except Exception:  # noqa: BLE001 - what it raises is not documented
            if len(text) < 2:
                return [Edge(0, len(text), text)]
            half = len(text) // 2
            after = self.edges(text[half:], lcode)
            return [
                *self.edges(text[:half], lcode),
                *(Edge(edge.start + half, edge.end + half, edge.text) for edge in after),
            ]
        return found

    def _loaded(self) -> Callable[[str, str], list[Edge]]:
        if self._program is None:
            import uroman

            self._program = uroman.Uroman()
        from uroman import RomFormat

        one = self._program

        def run(text: str, lcode: str) -> list[Edge]:
            found = one.romanize_string(text, lcode or None, RomFormat.EDGES)  # type: ignore[attr-defined]
            return [Edge(edge.start, edge.end, edge.txt) for edge in found]

        return run


class UromanFast:
    """The port to Rust, for words without a character with which it differs from the reference."""

    by_word = True

    def __init__(self) -> None:
        from uroman_fast import romanize

        self._romanize: Callable[[str, str | None], str] = romanize
        self._reference = Uroman()
        self._differs = _different_characters()

    def lcode(self, language: str) -> str:
        """Return the code of the language's rules."""
        return uroman_lcode(language)

    def romanize(self, text: str, lcode: str) -> str:
        """Return a text in Latin letters."""
        if self._differs.search(text):
            return self._reference.romanize(text, lcode)
        return self._romanize(text, lcode or None)

    def edges(self, text: str, lcode: str) -> list[Edge]:
        """Return what each range of characters becomes, by the reference."""
        return self._reference.edges(text, lcode)


def _different_characters() -> re.Pattern[str]:
    """Return the characters with which the port was measured to differ, or that were not measured.

    Among them are capitals at which it ends with a panic, and characters of later versions of
    Unicode than that of the measurement.
    """
    table = rows("cstool.romanization", "reference_characters.tsv")
    ranges = (f"{chr(int(first, 16))}-{chr(int(last, 16))}" for first, last, _ in table)
    return re.compile(f"[{''.join(ranges)}]")


class IcuTransforms:
    """Transforms of ICU: any script to Latin letters, then these to ASCII.

    A punctuation mark is changed by the rules of the script before it, also of another word.
    """

    by_word = False

    def __init__(self) -> None:
        import icu

        self._transliterate: Callable[[str], str] = icu.Transliterator.createInstance(
            TRANSFORMS
        ).transliterate

    def lcode(self, language: str) -> str:
        """Return "": the transforms are those of scripts."""
        del language
        return ""

    def romanize(self, text: str, lcode: str) -> str:
        """Return a text in Latin letters."""
        del lcode
        return self._transliterate(text)

    def edges(self, text: str, lcode: str) -> None:
        """Return None: ICU has no offsets of the characters that it replaced."""
        del text, lcode
