"""Read the checksum files of a folder of dumps."""

from collections.abc import Sequence
from itertools import islice

from cstool.download.client import HttpClient
from cstool.published.set_lists import MD5, SHA1, checksum_lines

_MOST_SUMS = 8  # checksum files of each kind in a folder


def read_checksums(url: str, names: Sequence[str], http: HttpClient) -> dict[str, str]:
    """Return the digests in a folder's `…md5sums.txt` and `…sha1sums.txt`, by file name.

    A sha1 replaces an md5. `names`: of the files in the folder `url`, which ends with a `/`.
    """
    sums: dict[str, str] = {}
    for kind in ("md5sums", "sha1sums"):
        lists = (name for name in names if name.endswith(f"{kind}.txt"))
        for name in islice(lists, _MOST_SUMS):
            text = (http.read(url + name) or b"").decode(errors="replace")
            sums |= dict(checksum_lines(text, (MD5, SHA1)))
    return sums
