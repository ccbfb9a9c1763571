"""Calls of parser functions and what MediaWiki makes of them.

    python -m scripts.check.function_cases COMMAND FILE.tsv

writes the last column of the file again. COMMAND reads lines of JSON with `title` and `text`
(wikitext), and writes such lines with the preprocessed `text`; it runs MediaWiki with the extension
ParserFunctions, in the language of the environment variable ORACLE_LANG. The columns of the file
are language, title, wikitext and output; line breaks and backslashes are written with a backslash.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

_ESCAPES = {"\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def escaped(text: str) -> str:
    """Return a text as a field of the file."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def plain(field: str) -> str:
    """Return the text of a field."""
    parts = field.split("\\\\")
    return "\\".join(part.replace("\\n", "\n").replace("\\t", "\t") for part in parts)


def read_cases(path: Path) -> list[tuple[str, str, str, str]]:
    """Return the rows of a file: language, title, wikitext and output."""
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    rows = [[plain(field) for field in line.split("\t")] for line in lines if line]
    return [(row[0], row[1], row[2], row[3] if len(row) > 3 else "") for row in rows]


def outputs(command: str, language: str, calls: Sequence[tuple[str, str]]) -> list[str]:
    """Return what MediaWiki makes of wikitext on pages with these titles."""
    lines = [json.dumps({"title": title, "text": text}) for title, text in calls]
    done = subprocess.run(
        command,
        shell=True,
        check=True,
        text=True,
        input="\n".join(lines) + "\n",
        stdout=subprocess.PIPE,
        env={**os.environ, "ORACLE_LANG": language},
    )
    return [str(json.loads(line)["text"]) for line in done.stdout.splitlines()]


def main() -> None:
    """Write the file again."""
    command, name = sys.argv[1:]
    path = Path(name)
    lines = ["language\ttitle\twikitext\toutput"]
    for language, group in groupby(read_cases(path), key=lambda row: row[0]):
        rows = list(group)
        texts = outputs(command, language, [(title, text) for _, title, text, _ in rows])
        for (_, title, wikitext, _), text in zip(rows, texts, strict=True):
            lines.append("\t".join(map(escaped, (language, title, wikitext, text))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
