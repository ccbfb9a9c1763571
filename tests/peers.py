"""Programs of other projects, each in an environment of its own, which `make peers` makes."""

import os
from pathlib import Path

import pytest

from tests.conftest import ROOT


def command_of(peer: str, command: str) -> Path:
    """Return a command of a peer.

    Without it the test is skipped, or fails where CSTOOL_NEED_PEERS is set.
    """
    path = ROOT / "build/peers" / peer / "bin" / command
    if not path.exists():
        if os.environ.get("CSTOOL_NEED_PEERS"):
            pytest.fail(f"{path} is not there, and CSTOOL_NEED_PEERS says that it is")
        pytest.skip(f"no {peer}; `make peers` installs it")
    return path
