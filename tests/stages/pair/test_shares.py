"""Cutting pages into matching shares."""

import re
from itertools import chain, groupby

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from cstool.stages.pair.shares import (
    PageBlocks,
    blocks_of,
    number_of_shares,
    shares_of,
    window_lengths,
)

WORDS = st.text("ab é漢\n🎈", max_size=9).map(lambda t: "x" + re.sub("\n+", "\n", t).rstrip("\n"))
PARAGRAPHS = st.lists(
    st.tuples(st.integers(0, 3), WORDS).map(lambda t: t[1] if t[0] else f"# {t[1]}"),
    min_size=1,
    max_size=12,
)
PAGES = st.lists(PARAGRAPHS, min_size=1, max_size=5)


def blocks_of_pages(pages: list[list[str]]) -> PageBlocks:
    starts = []
    for page in pages:
        begins = np.cumsum([0, *(len(paragraph) + 2 for paragraph in page)])
        starts.append([b for b, p in zip(begins, page, strict=False) if not p.startswith("#")])
    texts = pa.array(["\n\n".join(page) for page in pages], pa.string())
    return blocks_of(texts, pa.array(starts, pa.list_(pa.uint32())))


def naive_blocks(page: list[str]) -> list[str]:
    """Return the paragraphs, each with the headings before it; the last also with those after."""
    blocks: list[list[str]] = [[]]
    for paragraph in page:
        blocks[-1].append(paragraph)
        if not paragraph.startswith("#"):
            blocks.append([])
    rest = blocks.pop()
    if blocks:
        blocks[-1] += rest
    else:
        blocks = [rest]
    return ["\n\n".join(block) for block in blocks]


@given(PAGES)
def test_blocks_are_paragraphs_with_the_headings_before_them(pages: list[list[str]]) -> None:
    blocks = blocks_of_pages(pages)
    text = "".join("\n\n".join(page) for page in pages)
    expected = [naive_blocks(page) for page in pages]
    assert [text[a:z] for a, z in zip(blocks.start, blocks.end, strict=True)] == [*chain(*expected)]
    encoded = text.encode()
    by_bytes = [
        encoded[a:z].decode() for a, z in zip(blocks.start_byte, blocks.end_byte, strict=True)
    ]
    assert by_bytes == [*chain(*expected)]
    assert blocks.number.tolist() == [len(its) for its in expected]


@given(PAGES, st.lists(st.integers(1, 6), min_size=5, max_size=5))
def test_shares_are_runs_of_blocks_and_none_is_empty_if_there_are_enough(
    pages: list[list[str]], wanted: list[int]
) -> None:
    numbers = np.array(wanted[: len(pages)])
    shares = shares_of(blocks_of_pages(pages), numbers)
    encoded = "".join("\n\n".join(page) for page in pages).encode()
    found: dict[int, list[tuple[int, str]]] = {n: [] for n in range(len(pages))}
    for page, share, a, z, length in zip(*shares, strict=True):
        text = encoded[a:z].decode()
        assert len(text) == length
        found[page].append((share, text))
    for page, its in found.items():
        assert "\n\n".join(text for _, text in its) == "\n\n".join(pages[page])
        names = [share for share, _ in its]
        assert names == sorted(set(names))
        assert names[0] == 0
        assert names[-1] < numbers[page]
        if len(naive_blocks(pages[page])) >= numbers[page]:
            assert names == [*range(numbers[page])]


def test_shares_are_of_about_the_same_length() -> None:
    pages = [["x" * 98] * 100, ["y" * 48] * 10, ["z" * 498, "z" * 98, "z" * 98, "z" * 98]]
    shares = shares_of(blocks_of_pages(pages), np.array([4, 4, 2]))
    lengths = [
        [int(n) for _, n in its]
        for _, its in groupby(zip(shares.page, shares.length, strict=True), key=lambda s: s[0])
    ]
    assert lengths == [[2498, 2498, 2498, 2498], [98, 148, 98, 148], [498, 298]]


def test_a_page_with_few_paragraphs_has_text_in_some_shares() -> None:
    shares = shares_of(blocks_of_pages([["a" * 50, "b" * 50]]), np.array([5]))
    assert shares.share.tolist() == [0, 2]


@given(PAGES, st.integers(1, 60), st.lists(st.booleans(), min_size=5, max_size=5))
def test_windows_are_short_enough_or_paragraphs_are_long(
    pages: list[list[str]], window: int, joins: list[bool]
) -> None:
    row = np.cumsum([0, *(not joined for joined in joins[: len(pages) - 1])])
    blocks = blocks_of_pages(pages)
    numbers = number_of_shares(blocks, row, 1, window)
    assert len(numbers) == row[-1] + 1
    shares = shares_of(blocks, numbers[row])
    lengths = window_lengths(shares, row, numbers)
    assert lengths.min() > 0  # one of the pages has text in every share
    for one, number in enumerate(numbers):
        own = lengths[numbers[:one].sum() :][:number]
        total = sum(len("\n\n".join(pages[p])) + 2 for p in np.flatnonzero(row == one))
        smallest = -(-total // window)
        most = max(len(naive_blocks(pages[p])) for p in np.flatnonzero(row == one))
        assert number <= min(most, 2 * smallest)
        assert own.max() <= window or number == min(most, 2 * smallest)


@given(PAGES, st.integers(1, 6))
def test_a_window_ends_before_a_page_that_is_not_after_the_one_before_it(
    pages: list[list[str]], segments: int
) -> None:
    row = np.zeros(len(pages), np.int64)
    blocks = blocks_of_pages(pages)
    numbers = number_of_shares(blocks, row, segments, None)
    shares = shares_of(blocks, numbers[row])
    order = np.lexsort((shares.page, shares.share))
    page, share = shares.page[order], shares.share[order]
    assert (np.diff(share) > 0).tolist() == (np.diff(page) <= 0).tolist()
