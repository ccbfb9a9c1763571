"""The log on standard error: plain lines, or with `--log-json` one JSON object a line.

Lines go through the logger `cstool` of Python's `logging`. `configure` is called by the command
line only: a program that imports cstool adds its own handler, or sees nothing.
"""

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from cstool.execution.terminal import echo, printable

logger = logging.getLogger("cstool")
logger.addHandler(logging.NullHandler())

# The attribute of a log record that has the fields of its JSON object.
_FIELDS = "cstool_fields"


class StandardErrorHandler(logging.Handler):
    """Writes records to standard error: their text, or with `json` an object with their fields."""

    def __init__(self, *, json: bool) -> None:
        super().__init__()
        self._json = json

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line."""
        text = record.getMessage()
        echo(_as_json(record, text) if self._json else text, err=True)


def _as_json(record: logging.LogRecord, text: str) -> str:
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds")
    fields = {"time": time, "level": record.levelname.lower(), "message": text}
    data = msgspec.json.encode(fields | getattr(record, _FIELDS, {}))
    # ASCII only: no terminal, and no log viewer, obeys a character of a file name.
    return data.decode() if data.isascii() else _ascii(data)


def _ascii(data: bytes) -> str:
    import json

    return json.dumps(json.loads(data))


def configure(*, json: bool) -> None:
    """Write the log of this process to standard error."""
    for handler in [*logger.handlers]:
        if isinstance(handler, StandardErrorHandler):
            logger.removeHandler(handler)
    logger.addHandler(StandardErrorHandler(json=json))
    logger.setLevel(logging.INFO)
    logger.propagate = False


def is_json() -> bool:
    """Whether the log of this process is written as JSON."""
    return any(isinstance(h, StandardErrorHandler) and h._json for h in logger.handlers)


def log(text: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one line; unsafe characters in it, line feeds too, are written as escapes.

    `fields` are added to the JSON object: numbers, strings, or lists of them.
    """
    logger.log(level, "%s", printable(text), extra={_FIELDS: fields})
