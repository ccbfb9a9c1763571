"""`--language-weights`: how much more often one language is drawn than another."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from cstool.errors import WrongCallError
from cstool.storage.text_files import read_small

_OPTION = "--language-weights"


def read_weights(spec: str) -> tuple[tuple[str, float], ...]:
    """Return the weights in a list (`de=2,fr=0.5`) or a file with `de 2` a line, sorted by code.

    `#` begins a remark. Raises WrongCallError for what is none.
    """
    if "=" in spec and not Path(spec).is_file():
        return _weights(_listed(spec))
    return _weights(_lines(Path(spec)))


def _listed(spec: str) -> Iterator[tuple[str, float]]:
    for word in filter(None, (w.strip() for w in spec.split(","))):
        code, _, weight = word.partition("=")
        yield code.strip(), _number(weight, f"{_OPTION}: {word!r}")


def _lines(path: Path) -> Iterator[tuple[str, float]]:
    try:
        lines = read_small(path, f"{_OPTION}: {path}").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongCallError(
            f"{_OPTION}: {path}: cannot be read ({getattr(error, 'strerror', None) or error}); "
            "give a file with `de 2` a line, or de=2,fr=0.5"
        ) from error
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        where = f"{_OPTION}: {path}: line {number:,}"
        if len(words) != 2:
            raise WrongCallError(f"{where} is no code and weight: {line[:40]!r}; write `de 2`")
        yield words[0], _number(words[1], where)


def _number(weight: str, where: str) -> float:
    """Return the weight. Raises WrongCallError for what is none."""
    try:
        found = float(weight)
    except ValueError:
        found = math.nan
    if not 0 <= found < math.inf:
        raise WrongCallError(f"{where} has no weight of 0 or more; write de=2")
    return found


def _weights(pairs: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for code, weight in pairs:
        if code in found:
            raise WrongCallError(f"{_OPTION}: {code} is there twice; give each language once")
        found[code] = weight
    if not found:
        raise WrongCallError(f"{_OPTION}: names no language; give de=2,fr=0.5")
    return tuple(sorted(found.items()))


def weights_of(
    weights: tuple[tuple[str, float], ...], languages: Iterable[str]
) -> tuple[float, ...]:
    """Return the weight of each language, 1 for those that are not named.

    Raises WrongCallError for a language that is not among them, and when all weigh nothing.
    """
    known = dict(weights)
    codes = [*languages]
    for code in known:
        if code not in codes:
            raise WrongCallError(
                f"{_OPTION}: {code} is none of the languages to switch into; see --languages"
            )
    found = tuple(known.get(code, 1.0) for code in codes)
    if not any(found):
        raise WrongCallError(f"{_OPTION}: all languages have weight 0; give one of them more")
    return found
