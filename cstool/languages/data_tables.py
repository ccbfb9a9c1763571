"""Read data tables of a package: TSV files with comment lines for their source, and a header."""

from functools import cache
from importlib.resources import files


@cache
def rows(package: str, name: str) -> tuple[tuple[str, ...], ...]:
    """Return the rows of a TSV file in a package's `data`, without its comments and its header."""
    lines = [line for line in text(package, name).split("\n") if line and line[:2] != "# "]
    return tuple(tuple(line.split("\t")) for line in lines[1:])


def text(package: str, name: str) -> str:
    """Return the text of a file in a package's `data`."""
    return content(package, name).decode()


def content(package: str, name: str) -> bytes:
    """Return the bytes of a file in a package's `data`."""
    return (files(package) / "data" / name).read_bytes()
