"""Completion in real shells, after the Tab key."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cstool.cli.main import COMMANDS

# A command named `cstool`, wherever the tests run.
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
BASH = """
source <(cstool completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()
_cstool_completion cstool
printf '%s\\n' "${COMPREPLY[@]}"
"""
FISH = """
cstool completion fish | source
complete --do-complete "$argv" | string split --fields 1 \\t
true
"""
ZSHRC = """
autoload -U compinit; compinit -u -D
source <(cstool completion zsh)
PS1='ready> '
"""


def need(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} on this machine")


def complete(shell: str, *words: str) -> list[str]:
    need(shell)
    call = {
        "bash": ["bash", "--norc", "-c", BASH, "bash", *words],
        "fish": ["fish", "--no-config", "-c", FISH, " ".join(words)],
    }[shell]
    done = subprocess.run(call, capture_output=True, check=True, env=ENVIRONMENT)
    assert done.stderr == b""
    return done.stdout.decode().split()


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_commands_options_and_choices_are_completed(shell: str) -> None:
    assert sorted(complete(shell, "cstool", "")) == sorted(COMMANDS)
    assert sorted(complete(shell, "cstool", "s")) == ["shard", "show", "stats", "switch"]
    assert complete(shell, "cstool", "shard", "--rows") == ["--rows-per-shard"]
    assert complete(shell, "cstool", "show", "entity", "--li") == ["--live"]
    formats = complete(shell, "cstool", "shard", "--format", "")
    assert {"cstool", "entitycs", "jsonl", "tokens", "translico"} <= {*formats}


def test_an_unknown_command_is_not_an_error() -> None:
    assert "--version" in complete("bash", "cstool", "extrakt", "--")


def test_zsh_completes_while_a_line_is_edited(tmp_path: Path) -> None:
    need("zsh")
    (tmp_path / ".zshrc").write_text(ZSHRC)
    main, side = pty.openpty()
    shell = subprocess.Popen(
        ["zsh", "-i"], stdin=side, stdout=side, stderr=side, cwd=tmp_path, start_new_session=True,
        env={**ENVIRONMENT, "ZDOTDIR": str(tmp_path), "TERM": "dumb"},
    )  # fmt: skip
    os.close(side)
    try:
        assert seen(main, "ready> ")
        os.write(main, b"cstool shard --rows\t")
        assert seen(main, "--rows-per-shard")
    finally:
        shell.kill()
        shell.wait()
        os.close(main)


def seen(terminal: int, words: str, seconds: float = 60) -> bool:
    """Whether the terminal shows these words in time."""
    out = ""
    end = time.monotonic() + seconds
    while words not in out and time.monotonic() < end:
        if select.select([terminal], [], [], 1)[0]:
            out += os.read(terminal, 4096).decode(errors="replace")
    return words in out
