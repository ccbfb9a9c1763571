"""Segments are read back from their byte ranges, from any number of files."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from cstool.storage.segments import Segment, SegmentWriter, read_segments

SCHEMA = pa.schema([("number", pa.int64())])


@pytest.fixture
def few_open_files() -> Iterator[int]:
    """Limit this process to 16 more open files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 16
    # The limit is on descriptor numbers, and lower ones may be in use.
    handles = [os.open(os.devnull, os.O_RDONLY) for _ in range(few)]
    for handle in handles:
        os.close(handle)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(handles) + 1, hard))
    yield few
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_segments_may_be_in_more_files_than_can_be_open(
    tmp_path: Path, few_open_files: int
) -> None:
    segments = []
    for number in range(3 * few_open_files):
        file = tmp_path / f"{number}.arrow"
        with SegmentWriter(file, SCHEMA) as writer:
            rows = pa.table([[number, -number, number]], schema=SCHEMA)
            writer.write(rows, np.array([1, 2, 1], np.uint32))
        first = writer.index().to_pylist()[0]
        segments.append(Segment(str(file), first["offset"], first["bytes"], first["checksum"]))
    read = read_segments(segments, SCHEMA).column("number").to_pylist()
    assert read == [number for number in range(len(segments)) for _ in range(2)]
