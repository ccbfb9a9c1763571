"""`--language-weights`: sampling weights of languages."""

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from cstool.errors import WrongCallError
from cstool.storage.text_files import read_small

_OPTION = "--language-weights"


def read_weights(spec: str) -> tuple[tuple[str, float], ...]:
    """Return weights, sorted by code, from a list (`de=2,fr=0.5`) or a file with lines `de 2`.

    In a file, `#` starts a comment. Raises WrongCallError for an invalid weight or line.
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
    except OSError as error:
        raise WrongCallError(
            f"{_OPTION}: {path}: cannot be read ({error.strerror or error}); "
            "give a file with lines such as `de 2`, or de=2,fr=0.5"
        ) from error
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        where = f"{_OPTION}: {path}: line {number:,}"
        if len(words) != 2:
            raise WrongCallError(
                f"{where}: {line[:40]!r} is not a code and a weight; write lines such as `de 2`"
            )
        yield words[0], _number(words[1], where)


def _number(weight: str, where: str) -> float:
    """Return the weight. Raises WrongCallError for an invalid one."""
    try:
        value = float(weight)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise WrongCallError(f"{where}: {weight!r} is not a weight; give a number of 0 or more")
    return value


def _weights(pairs: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    weights: dict[str, float] = {}
    for word, weight in pairs:
        code = word.lower()
        if code in weights:
            raise WrongCallError(f"{_OPTION}: {code} given twice; give each language once")
        weights[code] = weight
    if not weights:
        raise WrongCallError(f"{_OPTION}: no language given; give weights such as de=2,fr=0.5")
    return tuple(sorted(weights.items()))


def weights_of(
    weights: tuple[tuple[str, float], ...], languages: Iterable[str]
) -> tuple[float, ...]:
    """Return the weight of each language, 1 if `weights` does not contain it.

    Raises WrongCallError for a weight of another language, and if all weights are 0.
    """
    known = dict(weights)
    codes = [*languages]
    for code in known:
        if code not in codes:
            raise WrongCallError(
                f"{_OPTION}: {code} is not one of the target languages; add it to --languages"
            )
    result = tuple(known.get(code, 1.0) for code in codes)
    if not any(result):
        raise WrongCallError(
            f"{_OPTION}: all languages have weight 0; give at least one a weight above 0"
        )
    return result
