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
    """Print a shell script that completes cstool's commands, options and file names.

    SHELL: bash (4.4 or later), zsh or fish. To enable completion in the current shell only:
    eval "$(cstool completion bash)".
    """
    del debug
    completion_class = get_completion_class(shell)
    if completion_class is None:
        raise click.UsageError(f"no completion script for {shell}; give bash, zsh or fish")
    completion = completion_class(ctx.find_root().command, {}, "cstool", "_CSTOOL_COMPLETE")
    echo(completion.source())
