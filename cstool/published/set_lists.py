"""The files that say which files of a folder belong together, and whether they are complete."""

import re
from collections.abc import Collection

# Of `cstool download`: its record, and the suffix of a file's name until it is verified.
RECORD = "_downloads.json"
PART = ".part"
# Of a content export: its checksums, and the mark of a complete one.
SUMS, SUCCESS = "SHA256SUMS", "_SUCCESS"
MD5, SHA1, SHA256 = 32, 40, 64  # hex digits of a digest
# A line of `sha256sum`: the digest, two spaces (or a space and `*`), the name.
_LINE = re.compile(r"([0-9A-Fa-f]{32,64})[ \t]+\*?(\S+)")


def checksum_lines(
    text: str, digits: Collection[int] = (MD5, SHA1, SHA256)
) -> list[tuple[str, str]]:
    """Return the names and digests (in lower case) in a list of checksums, in order.

    `digits`: the numbers of hex digits that a digest may have. Other lines are ignored. If a name
    has folders before it, only its last component is used.
    """
    found = (_LINE.fullmatch(line.strip()) for line in text.splitlines())
    return [
        (match[2].rsplit("/", 1)[-1], match[1].lower())
        for match in found
        if match and len(match[1]) in digits
    ]
