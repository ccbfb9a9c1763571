"""Phrases for stored reasons."""

from pathlib import Path

import cstool
from cstool.storage.reason_phrases import _PHRASES, phrase_of, reasons_text


def test_reasons_are_listed_with_their_counts() -> None:
    assert reasons_text({}) == ""
    assert (
        reasons_text({"hole": 1234, "target is missing": 2}) == "hole (1,234), missing target (2)"
    )
    assert phrase_of("no mention") == "no mention"


def test_every_phrase_is_for_a_reason_in_the_code() -> None:
    table = Path(cstool.__file__).parent / "storage/reason_phrases.py"
    modules = [path for path in Path(cstool.__file__).parent.rglob("*.py") if path != table]
    code = "\n".join(path.read_text() for path in modules)
    # The reasons for refused labels consist of two names: `own: in another script`.
    names = {name for reason in _PHRASES for name in reason.split(": ")} - {"source sentence"}
    names -= {"nothing to translate"}
    assert [name for name in sorted(names) if f'"{name}"' not in code] == []
