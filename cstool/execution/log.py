"""The log on standard error: plain lines, or with `--log-json` one JSON object a line.

Lines go through the logger `cstool` of Python's `logging`. `configure` is called by the command
line only: a program that imports cstool adds its own handler, or sees nothing.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cstool.execution.terminal import echo, printable

_logger = logging.getLogger("cstool")
_logger.addHandler(logging.NullHandler())

# The attribute of a log record that has the fields of its JSON object.
_FIELDS = "cstool_fields"


class StandardErrorHandler(logging.Handler):
    """Writes each record to standard error: its text, or with `as_json` an object."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line."""
        text = record.getMessage()
        if self.as_json:
            text = _json_line(text, record.levelname, getattr(record, _FIELDS, {}))
        echo(text, err=True)


def configure(*, as_json: bool) -> None:
    """Write the log of this process to standard error."""
    for handler in [*_logger.handlers]:
        if isinstance(handler, StandardErrorHandler):
            _logger.removeHandler(handler)
    _logger.addHandler(StandardErrorHandler(as_json=as_json))
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


def is_json() -> bool:
    """Whether the log of this process is written as JSON."""
    return any(isinstance(h, StandardErrorHandler) and h.as_json for h in _logger.handlers)


def log(text: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one line; unsafe characters in it, line feeds too, are written as escapes.

    `fields` are added to the JSON object: numbers, strings, lists and dictionaries of them.
    """
    _logger.log(level, "%s", printable(text), extra={_FIELDS: fields})


def log_line(text: str, *, level: int = logging.INFO) -> str:
    """Return the line that `log` would write, for a program that is ending.

    Logging takes locks, which the interrupted code may hold.
    """
    text = printable(text)
    return _json_line(text, logging.getLevelName(level), {}) if is_json() else text


def _json_line(text: str, level: str, fields: Mapping[str, Any]) -> str:
    time = datetime.now(UTC).isoformat(timespec="seconds")
    # ASCII only: lone surrogates of file names have no UTF-8, and a viewer obeys no escape.
    return json.dumps({"time": time, "level": level.lower(), "message": text, **fields})
