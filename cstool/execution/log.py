"""The log on standard error: plain lines, or with `--log-json` one JSON object per line.

Lines go through the logger `cstool` of Python's `logging`. Only the command line calls
`configure`; a program that imports cstool adds its own handler if it wants the log.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from cstool.execution.terminal import echo, printable

_logger = logging.getLogger("cstool")
_logger.addHandler(logging.NullHandler())

# The attribute of a log record with the fields of its JSON object.
_FIELDS = "cstool_fields"


class StandardErrorHandler(logging.Handler):
    """Writes each record to standard error, as text or with `as_json` as a JSON object."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record as one line."""
        text = record.getMessage()
        if self.as_json:
            text = _json_line(text, record.levelname, getattr(record, _FIELDS, {}))
        echo(text, err=True, wrap=not self.as_json)


def unconfigure() -> None:
    """Undo `configure`: do not write the log of this process to standard error."""
    for handler in [*_logger.handlers]:
        if isinstance(handler, StandardErrorHandler):
            _logger.removeHandler(handler)


def configure(*, as_json: bool) -> None:
    """Write the log of this process to standard error."""
    unconfigure()
    _logger.addHandler(StandardErrorHandler(as_json=as_json))
    _logger.setLevel(logging.INFO)
    _logger.propagate = False


def is_json() -> bool:
    """Whether the log of this process is written as JSON."""
    return any(isinstance(h, StandardErrorHandler) and h.as_json for h in _logger.handlers)


def log(text: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one line; unsafe characters, including line feeds, are escaped.

    `fields`: added to the JSON object; numbers, strings, lists and dictionaries of these.
    """
    _logger.log(level, "%s", printable(text), extra={_FIELDS: fields})


def log_stage(stage: str, text: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """Log one line that begins with the name of the stage."""
    log(f"{stage}: {text}", level=level, stage=stage, **fields)


def log_line(text: str, *, level: int = logging.INFO) -> str:
    """Return the line that `log` would write, for a program that is being stopped.

    Logging itself could block on a lock that the interrupted code holds.
    """
    text = printable(text)
    return _json_line(text, logging.getLevelName(level), {}) if is_json() else text


def _json_line(text: str, level: str, fields: Mapping[str, Any]) -> str:
    time = datetime.now(UTC).isoformat(timespec="seconds")
    # ASCII only: lone surrogates in file names have no UTF-8, and viewers do not obey escapes.
    return json.dumps({"time": time, "level": level.lower(), "message": text, **fields})
