"""`cstool completion`."""

import click
from click.shell_completion import get_completion_class

from cstool.execution.terminal import echo

EXAMPLE = """\b
Examples:
  cstool completion bash > ~/.local/share/bash-completion/completions/cstool
  cstool completion zsh > ~/.zfunc/_cstool      # with fpath+=~/.zfunc before compinit
  cstool completion fish > ~/.config/fish/completions/cstool.fish
"""


@click.command("completion", epilog=EXAMPLE)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="SHELL")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
@click.pass_context
def command(ctx: click.Context, shell: str, debug: bool) -> None:
    """Print what teaches a shell to complete cstool's commands, options and files.

    SHELL: bash (4.4 or later), zsh or fish. For the running shell alone:
    eval "$(cstool completion bash)".
    """
    del debug
    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"no completion for {shell}")
    echo(made(ctx.find_root().command, {}, "cstool", "_CSTOOL_COMPLETE").source())
