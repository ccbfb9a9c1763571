"""How often sentences so many apart on a page stand in one paragraph: what pairs rest on.

Usage: python scripts/paragraph_proxy.py DUMP…

Reads articles as `extract` does and tells, for each distance of two sentences' numbers, the share
of pairs that are of one paragraph (or list item). `cstool mask --strategy pairs-neighbours` takes
neighbours for such, and sentences ten and more apart for others: masking/pairs.py.
"""

import sys
from collections import Counter
from pathlib import Path

from cstool.dumps.pages import open_pages, pages_of
from cstool.wikitext.page import reader
from cstool.wikitext.sentences import count

DISTANCES = (1, 2, 3, 5, 10, 20)


def main(dumps: list[str]) -> None:
    """Print a row a dump."""
    if not dumps:
        sys.exit(__doc__)
    print("dump".ljust(28), *(f"{distance:>6}" for distance in DISTANCES), "  sentences")
    for name in dumps:
        dump = open_pages([name], None, None)
        read = reader(dump.site, render=True)
        pairs: Counter[int] = Counter()
        together: Counter[int] = Counter()
        sentences = 0
        for task in dump.tasks:
            for page in pages_of(task.slice, None):
                if page.namespace != 0 or page.redirect is not None or not page.text:
                    continue
                lines = read.lines(page.text, page.title)
                of = [
                    i
                    for i, line in enumerate(lines)
                    for _ in range(count(line, dump.site.language))
                ]
                sentences += len(of)
                for distance in DISTANCES:
                    far = of[distance:]
                    pairs[distance] += len(far)
                    together[distance] += sum(a == b for a, b in zip(of, far, strict=False))
        shares = (f"{together[d] / max(1, pairs[d]):6.1%}" for d in DISTANCES)
        print(Path(name).name.ljust(28), *shares, f"{sentences:11,}")


if __name__ == "__main__":
    main(sys.argv[1:])
