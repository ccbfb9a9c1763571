"""Check that a JSON dump of Wikidata is complete."""

from cstool.errors import CutInputError, InputError

BOM = b"\xef\xbb\xbf"


class ArrayEnds:
    """Check a dump's first and last bytes: a JSON array `[` … `]`, or JSON lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._tail = b""

    def look(self, data: bytes) -> None:
        """Take the next bytes. Raises InputError if the first ones are not those of a dump."""
        if not self._head:
            self._head = data.lstrip(BOM + b" \t\r\n")[:20]
            if self._head and self._head[:1] not in (b"[", b"{"):
                raise InputError(
                    f"{self._name}: not a Wikidata JSON dump: it begins with {self._head!r}, "
                    "not with [ or {; give a file such as wikidata-<date>-all.json.gz"
                )
        self._tail = data.rstrip()[-1:] or self._tail

    def check(self) -> None:
        """Raise CutInputError if the array is not closed."""
        if self._head[:1] == b"[" and self._tail != b"]":
            raise CutInputError(
                f"{self._name}: truncated: the closing ] is missing; download it again"
            )
