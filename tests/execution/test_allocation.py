"""Memory that is freed is used again."""

import platform
import subprocess
import sys

import pytest

BLOCKS = """
import resource
from cstool.execution.allocation import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        blocks = [bytearray(2 << 20), bytearray(4 << 20)]
        del blocks
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
keep_freed_memory()
faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc")
def test_pages_of_freed_blocks_are_not_asked_for_again() -> None:
    output = subprocess.run(
        [sys.executable, "-c", BLOCKS], check=True, capture_output=True, text=True
    ).stdout
    assert int(output) < 100  # of 30,720 pages
