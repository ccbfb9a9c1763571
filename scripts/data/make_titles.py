#!/usr/bin/env python3
"""Write synthetic page.sql.gz, page_props.sql.gz and redirect.sql.gz of any size, like enwiki's.

    python -m scripts.data.make_titles --articles 7000000 --redirects 11000000 -o DIR

The same numbers and seed give the same tables. The distribution is that of English Wikipedia
(2025): three redirects for two articles, titles of 21 bytes on average and some of 200, one in
forty not ASCII, nearly every article with an item, one redirect in a hundred with an item; chains,
loops, redirects to other namespaces, other wikis and missing pages; pages of other namespaces in
between. Titles consist of random words.
"""

import argparse
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from isal import igzip

from cstool.arrays.hashing import U64, mix

ROWS_AT_ONCE = 1 << 16
BYTES_A_STATEMENT = 1 << 20

PAGE = """CREATE TABLE `page` (
  `page_id` int(8) unsigned NOT NULL AUTO_INCREMENT,
  `page_namespace` int(11) NOT NULL DEFAULT 0,
  `page_title` varbinary(255) NOT NULL DEFAULT '',
  `page_is_redirect` tinyint(1) unsigned NOT NULL DEFAULT 0,
  `page_is_new` tinyint(1) unsigned NOT NULL DEFAULT 0,
  `page_random` double unsigned NOT NULL DEFAULT 0,
  `page_touched` binary(14) NOT NULL,
  `page_links_updated` varbinary(14) DEFAULT NULL,
  `page_latest` int(8) unsigned NOT NULL DEFAULT 0,
  `page_len` int(8) unsigned NOT NULL DEFAULT 0,
  `page_content_model` varbinary(32) DEFAULT NULL,
  `page_lang` varbinary(35) DEFAULT NULL,
  PRIMARY KEY (`page_id`),
  UNIQUE KEY `page_name_title` (`page_namespace`,`page_title`)
)"""
PROPS = """CREATE TABLE `page_props` (
  `pp_page` int(10) unsigned NOT NULL,
  `pp_propname` varbinary(60) NOT NULL DEFAULT '',
  `pp_value` blob NOT NULL,
  `pp_sortkey` float DEFAULT NULL,
  PRIMARY KEY (`pp_page`,`pp_propname`)
)"""
REDIRECT = """CREATE TABLE `redirect` (
  `rd_from` int(8) unsigned NOT NULL DEFAULT 0,
  `rd_namespace` int(11) NOT NULL DEFAULT 0,
  `rd_title` varbinary(255) NOT NULL DEFAULT '',
  `rd_interwiki` varbinary(32) NOT NULL DEFAULT '',
  `rd_fragment` varbinary(255) NOT NULL DEFAULT '',
  PRIMARY KEY (`rd_from`)
)"""

_WORD_BITS = 12
_TITLE_BITS = 2 * _WORD_BITS + 4
# One of sixteen stands behind the two words of a title; all differ, so that titles do.
_TAILS = (
    *("", "s", "_of_the_North", "_(film)", "_(album)", "_(disambiguation)", "_County", ",_Ohio"),
    *("_River", "_II", "_(1987)", "\\'s_law", "_&_Co.", '_\\"Ace\\"', "_(politician)", "_–_list"),
)
_ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "s", "t")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ou", "y")
_RARE_VOWELS = ("é", "ö", "ī", "ø")
_CODAS = ("", "n", "r", "l", "ss", "nd", "th", "ck")


@dataclass(frozen=True)
class Shape:
    """How many pages, and what the tables' lines look like.

    `others` are pages of other namespaces. `long_lines`: all rows of a statement on one line, as
    older dumps have it.
    """

    articles: int
    redirects: int
    others: int
    seed: int = 1
    long_lines: bool = False

    @property
    def titles(self) -> int:
        """Number of pages in the main namespace."""
        return self.articles + self.redirects


def words(seed: int) -> list[str]:
    """Return words, all different, one in eighty with a letter that is not ASCII."""
    found: dict[str, None] = {}
    number = 0
    while len(found) < 1 << _WORD_BITS:
        draws = mix(np.arange(number * 8, number * 8 + 8, dtype=np.uint64) + np.uint64(seed << 32))
        number += 1
        syllables = []
        for draw in draws[: 2 + int(draws[7] % 3 > 1)].tolist():
            vowels = _RARE_VOWELS if draw >> 40 & 127 == 0 else _VOWELS
            syllables.append(
                _ONSETS[draw % 16] + vowels[(draw >> 8) % len(vowels)] + _CODAS[(draw >> 16) % 8]
            )
        found["".join(syllables).capitalize()] = None
    return list(found)


class Titles:
    """Title number i, for any i below 2²⁸, as an SQL string without its quotes."""

    def __init__(self, seed: int) -> None:
        self._words = words(seed)
        self._step = np.uint64((int(mix(np.array([seed], np.uint64))[0]) | 1) % (1 << _TITLE_BITS))

    def of(self, numbers: U64) -> list[str]:
        """Return the titles of these numbers."""
        mask = np.uint64((1 << _TITLE_BITS) - 1)
        mixed = (numbers * self._step) & mask  # one to one: the step is odd
        mixed ^= mixed >> np.uint64(_TITLE_BITS // 2)
        mixed = (mixed * self._step) & mask
        first = (mixed >> np.uint64(_WORD_BITS + 4)).tolist()
        second = ((mixed >> np.uint64(4)) & np.uint64((1 << _WORD_BITS) - 1)).tolist()
        tails = (mixed & np.uint64(15)).tolist()
        named = self._words
        titles = [
            f"{named[a]}_{named[b]}{_TAILS[c]}"
            for a, b, c in zip(first, second, tails, strict=True)
        ]
        for i in np.flatnonzero(numbers % np.uint64(1013) == 0).tolist():
            titles[i] += ",_or_" + "_".join([titles[i]] * 3)  # the few long ones
        return titles


class Tables:
    """Rows of the three tables, block by block.

    Page ids go up by one; which page is an article, a redirect or of another namespace is a draw
    by its id. Titles: number n is the n-th page of the main namespace.
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.titles = Titles(shape.seed)
        self._number = 0  # pages of the main namespace so far
        self._all = shape.titles + shape.others

    def blocks(self) -> Iterator[tuple[list[str], list[str], list[str]]]:
        """Yield rows of page, page_props and redirect, of the same pages."""
        for first in range(0, self._all, ROWS_AT_ONCE):
            yield self._block(first, min(first + ROWS_AT_ONCE, self._all))

    def _block(self, first: int, last: int) -> tuple[list[str], list[str], list[str]]:
        ids = np.arange(first + 1, last + 1, dtype=np.uint64)
        draws = mix(ids + np.uint64(self.shape.seed << 40))
        # So many of the first n pages are of the main namespace, whatever n is.
        before = ids * np.uint64(self.shape.titles) // np.uint64(self._all)
        main = np.diff(before, prepend=(first * self.shape.titles) // self._all) > 0
        numbers = self._number + np.cumsum(main) - 1
        self._number += int(main.sum())
        redirect = main & is_redirect(numbers.astype(np.uint64), self.shape)
        names = self.titles.of(np.where(main, numbers, ids).astype(np.uint64))
        columns = (ids.tolist(), main.tolist(), redirect.tolist(), names, draws.tolist())
        pages = [
            f"({i},{0 if m else 1 + d % 14},'{n}',{int(r)},{d >> 8 & 1},0.{d % 10**15:015},"
            f"'20250{d % 9 + 1}0{d % 8 + 1}{d % 900000 + 100000}',"
            f"{'NULL' if d % 16 == 1 else repr(str(20250000000000 + d % 10**10))},"
            f"{10**9 + d % 3 * 10**8 + i},{d >> 20 & 0xFFFF},'wikitext',NULL)"
            for i, m, r, n, d in zip(*columns, strict=True)
        ]
        told = redirect & (draws % np.uint64(100_000) > 0)
        return pages, list(_props(*columns)), self._moved(ids[told], numbers[told], draws[told])

    def _moved(self, ids: U64, numbers: np.ndarray[Any, Any], draws: U64) -> list[str]:
        """Return redirects' rows: to articles, and now and then to something else."""
        goals = [
            _goal(n, d, self.shape) for n, d in zip(numbers.tolist(), draws.tolist(), strict=True)
        ]
        titles = self.titles.of(np.array(goals, np.uint64))
        return [
            f"({i},{4 if d % 200 == 7 else 0},'{title}{'_gone' if d % 300 == 11 else ''}',"
            f"'{'wikt' if d % 2000 == 9 else ''}','{'Early_life' if d % 12 == 5 else ''}')"
            for i, title, d in zip(ids.tolist(), titles, draws.tolist(), strict=True)
        ]


def is_redirect(numbers: U64, shape: Shape) -> np.ndarray[Any, Any]:
    """Whether each page of the main namespace, by its number, is a redirect."""
    done = (numbers + np.uint64(1)) * np.uint64(shape.redirects) // np.uint64(shape.titles)
    before = numbers * np.uint64(shape.redirects) // np.uint64(shape.titles)
    answer: np.ndarray[Any, Any] = done > before
    return answer


def _goal(number: int, draw: int, shape: Shape) -> int:
    """Return the number of the page that a redirect leads to."""
    if draw % 1000 < 3:  # itself, or its neighbour, which may lead back
        return number + min(draw % 1000, 1)
    goal = (draw >> 16) % shape.titles
    # 2 % lead to any page, a redirect as often as not.
    return next_article(goal, shape) if draw % 100 > 1 else goal


def next_article(number: int, shape: Shape) -> int:
    """Return the number of an article: this page's, or of the first one behind it."""
    n, of = shape.redirects, shape.titles
    while (number + 1) * n // of > number * n // of and number + 1 < of:
        number += 1
    return number


def _props(
    ids: Iterable[int],
    main: Iterable[bool],
    redirect: Iterable[bool],
    names: Iterable[str],
    draws: Iterable[int],
) -> Iterator[str]:
    for page, is_main, moved, name, draw in zip(ids, main, redirect, names, draws, strict=True):
        if is_main and not moved and name.endswith("_(disambiguation)"):
            yield f"({page},'disambiguation','',NULL)"
        if is_main and not moved and draw % 5 == 0:
            yield f"({page},'page_image_free','{name}.jpg',NULL)"
            yield f"({page},'wikibase-shortdesc','A thing of the {draw % 21}th century',NULL)"
        has_item = draw % 100 > 1 if is_main and not moved else draw % 100 == 50
        if has_item:
            yield f"({page},'wikibase_item','Q{page * 2 + draw % 2}',NULL)"


class Dump:
    """A table's file, as mariadb-dump writes it, packed fast."""

    def __init__(self, path: Path, create: str, *, long_lines: bool) -> None:
        file: Any = igzip.IGzipFile  # it has no types
        # Without the time in the header: the same seed gives the same bytes.
        self._file: IO[bytes] = file(path, "wb", compresslevel=1, mtime=0)
        name = create.split("`")[1]
        self._head = f"INSERT INTO `{name}` VALUES" + (" " if long_lines else "\n")
        self._between = "," if long_lines else ",\n"
        self._write(
            "-- MariaDB dump 10.19  Distrib 10.11.19-MariaDB, for debian-linux-gnu (x86_64)\n--\n\n"
            f"DROP TABLE IF EXISTS `{name}`;\n{create} ENGINE=InnoDB DEFAULT CHARSET=binary;\n\n"
            f"LOCK TABLES `{name}` WRITE;\n/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;\n"
        )
        self._end = f"/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;\nUNLOCK TABLES;\n\n"
        self._rows: list[str] = []
        self._size = 0

    def _write(self, text: str) -> None:
        self._file.write(text.encode())

    def add(self, rows: list[str]) -> None:
        """Write rows, in statements of about a megabyte."""
        self._rows += rows
        self._size += sum(map(len, rows))
        while self._size >= BYTES_A_STATEMENT:
            each = max(1, len(self._rows) * BYTES_A_STATEMENT // self._size)
            self._flush(each)

    def _flush(self, number: int) -> None:
        rows, self._rows = self._rows[:number], self._rows[number:]
        self._size -= sum(map(len, rows))
        if rows:
            self._write(f"{self._head}{self._between.join(rows)};\n")

    def close(self) -> None:
        """Write what is left, and the end."""
        self._flush(len(self._rows))
        self._write(self._end + "-- Dump completed on 2026-10-01  0:00:00\n")
        self._file.close()


def make(folder: Path, shape: Shape, wiki: str = "enwiki", date: str = "20261001") -> list[Path]:
    """Write the three tables; return their paths: page, page_props, redirect."""
    if not 0 < shape.titles < 1 << (_TITLE_BITS - 1):
        raise SystemExit(f"{shape.titles:,} titles: give 1 to {(1 << (_TITLE_BITS - 1)) - 1:,}")
    folder.mkdir(parents=True, exist_ok=True)
    names = [
        folder / f"{wiki}-{date}-{table}.sql.gz" for table in ("page", "page_props", "redirect")
    ]
    dumps = [
        Dump(path, create, long_lines=shape.long_lines)
        for path, create in zip(names, (PAGE, PROPS, REDIRECT), strict=True)
    ]
    for tables in Tables(shape).blocks():
        for dump, rows in zip(dumps, tables, strict=True):
            dump.add(rows)
    for dump in dumps:
        dump.close()
    return names


def main() -> int:
    """Write the tables and tell their sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--articles", type=int, default=7_000_000)
    parser.add_argument("--redirects", type=int, default=11_000_000)
    parser.add_argument("--others", type=int, help="pages of other namespaces (half the titles)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--long-lines", action="store_true", help="write each statement on one line"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    given = parser.parse_args()
    others = given.others
    if others is None:
        others = (given.articles + given.redirects) // 2
    shape = Shape(given.articles, given.redirects, others, given.seed, given.long_lines)
    begun = time.monotonic()
    for path in make(given.output, shape):
        print(f"{path.stat().st_size / 1e6:>10,.1f} MB  {path}")
    print(f"{time.monotonic() - begun:>10.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
