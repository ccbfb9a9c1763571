"""The command `cstool`: finds the subcommand, and turns faults into one line."""

import difflib
import importlib
import io
import os
import resource
import signal
import sys
import traceback
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from cstool import __version__
from cstool.errors import (
    MORE_MEMORY,
    CstoolError,
    Stopped,
    Unfinished,
    WrongCallError,
    how_to_report,
    is_damage,
    is_out_of_memory,
)
from cstool.execution.shutdown import end_stopped, ending_in_time
from cstool.execution.signals import end_on_signals, interruptible, not_interruptible, received
from cstool.execution.terminal import echo, finish_output, open_missing_streams, printable

COMMANDS = {
    "download": "Wikimedia's servers → dumps, whole and checked",
    "entities": "Wikidata's JSON dump → a table of items",
    "titles": "a wiki's page titles → QIDs, redirects resolved",
    "extract": "page XML → clean sentences with their wikilinks",
    "link": "sentences → the same, each link with its QID",
    "switch": "linked sentences → code-switched sentences",
    "shard": "code-switched sentences → a Parquet corpus by language",
    "mask": "a corpus → training examples, as published or otherwise",
    "stats": "what is in a folder, in numbers",
    "show": "what is in a folder, row by row; one entity with all its names",
    "report": "what is in a folder, as one HTML page",
    "push": "a corpus → the Hugging Face Hub",
    "verify": "whether folders are as they were written, back to the dumps",
    "completion": "what teaches a shell to complete all this",
}
_ALL = ", ".join(COMMANDS)
_LIGHT = {"completion"}
# Bytes. With less, Arrow waits for ever for threads that it could not start, and others abort.
_LEAST_SPACE = 1 << 30
# As of a program that the signal ends: nobody reads on.
_BROKEN_PIPE = 128 + getattr(signal, "SIGPIPE", 13)


class Commands(click.Group):
    """Loads a subcommand when it is called, so that `--help` needs no table library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order of the pipeline."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in _LIGHT:
            _need_address_space()
        with not_interruptible():  # an import that is interrupted ends in any kind of fault
            module = importlib.import_module(f"cstool.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the subcommands that begin so, without loading them."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        found = COMMANDS.items()
        return [CompletionItem(name, help=h) for name, h in found if name.startswith(incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; for an unknown one name those like it, or all there are."""
        if not ctx.resilient_parsing and args and self._unknown(args[0]):
            near = difflib.get_close_matches(args[0].lower(), COMMANDS)
            hint = f"did you mean {' or '.join(near)}?" if near else f"there are {_ALL}"
            raise click.UsageError(f"no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    @staticmethod
    def _unknown(word: str) -> bool:
        return not word.startswith("-") and word not in COMMANDS


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="The stages in a row: entities, titles, extract, link, switch, shard, mask. "
    "`cstool COMMAND --help` tells what each reads and writes, with an example.",
)
@click.version_option(__version__, prog_name="cstool")
def cstool() -> None:
    """Turn Wikipedia and Wikidata dumps into a code-switched corpus."""


def _need_address_space() -> None:
    """Raise CstoolError when the libraries have no room for their threads."""
    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    if allowed != resource.RLIM_INFINITY and allowed < _LEAST_SPACE:
        raise CstoolError(
            f"out of memory: `ulimit -v` allows {allowed >> 20:,} MB of address space, and cstool "
            f"needs {_LEAST_SPACE >> 20:,} MB, better 2,048 MB; allow more"
        )


def main() -> None:
    """Run the command line; end with 0, with 1 for a fault, with 2 for a wrong call.

    A signal ends it with 128 and the signal's number.
    """
    open_missing_streams()
    end_on_signals()
    # NumPy's linear algebra, of which we use none, would start a thread for each CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        with ending_in_time():
            code = _run("--debug" in sys.argv)
    except RuntimeError as error:  # no thread for it
        code = _fault(error, "--debug" in sys.argv)
    finish_output()
    sys.exit(code)


def _run(debug: bool) -> int:
    """Run the command; write what went wrong, and return the exit code."""
    streams = sys.stdout, sys.stderr
    try:
        with interruptible():
            cstool.main(standalone_mode=False)
    except SystemExit as end:
        if sys.stdout is not streams[0]:  # what click does when it meets a broken pipe
            sys.stdout, sys.stderr = streams
            return _fault(BrokenPipeError(), debug)
        return _output(end.code if isinstance(end.code, int) else bool(end.code), debug)
    except click.exceptions.Exit as end:
        return _output(end.exit_code, debug)
    except BaseException as fault:  # noqa: BLE001 - the last net: a line, not a traceback
        if _is_stop(fault):
            if debug:
                traceback.print_exc()
            end_stopped(_stopped(fault))
        return _fault(fault, debug)
    return _output(0, debug)


def _stopped(fault: BaseException | None) -> str | None:
    """Return what a run that was stopped tells, if any was."""
    while fault is not None and not isinstance(fault, Stopped):
        fault = fault.__cause__ or fault.__context__
    return str(fault) if fault else None


def _is_stop(fault: BaseException) -> bool:
    """Whether a fault is what a signal became; in compiled code and imports it may be any."""
    if received() or isinstance(fault, KeyboardInterrupt):
        return True
    return isinstance(fault, click.Abort) and not isinstance(fault.__cause__, EOFError)


def _output(code: int, debug: bool) -> int:
    """Return the exit code, when all of the output could be written."""
    fault = finish_output()
    return _fault(fault, debug) if fault else code


def _fault(fault: BaseException, debug: bool) -> int:
    """Write what went wrong in one line; return the exit code."""
    if isinstance(fault, click.ClickException):
        text = io.StringIO()
        fault.show(text)
        echo(text.getvalue().rstrip("\n"), err=True)
        return fault.exit_code
    if isinstance(fault, Unfinished):
        echo(f"cstool: {_line(str(fault))}", err=True)
        return _output(0, debug)
    if isinstance(fault, BrokenPipeError):
        finish_output()
        return _BROKEN_PIPE
    message, code = _told(fault)
    if debug:
        with suppress(OSError, ValueError):
            traceback.print_exception(fault)
    echo(f"cstool: {_line(message)}", err=True)
    if is_out_of_memory(fault):
        finish_output()
        os._exit(code)  # libraries that had no memory may crash when they are unloaded
    return code


def _line(message: str) -> str:
    return printable(" ".join(message.split()))


def _told(fault: BaseException) -> tuple[str, int]:
    """Return what is said of a fault, and the exit code."""
    if isinstance(fault, CstoolError):
        return str(fault), 2 if isinstance(fault, WrongCallError) else 1
    if isinstance(fault, click.Abort) and fault.__cause__:
        fault = fault.__cause__
    place = "".join(f" {note}" for note in getattr(fault, "__notes__", ()))
    if is_out_of_memory(fault):
        return f"{MORE_MEMORY}{place}", 1
    if isinstance(fault, OSError):
        return _told_of_system(fault), 1
    if is_damage(fault):
        return (
            f"a part that is read is no sound Parquet any more{place}; `cstool verify` with "
            "its folder tells which one: make that folder again with --overwrite"
        ), 1
    return f"internal fault{place}: {type(fault).__name__}: {fault}; {how_to_report()}", 1


def _told_of_system(fault: OSError) -> str:
    what = fault.strerror or str(fault)
    if fault.filename:
        return f"{fault.filename}: {what}; mend that and run the same command again"
    if _of_output(fault):
        return f"standard output: cannot be written ({what}); give it another place"
    return f"{what}; mend that and run the same command again"


def _of_output(fault: OSError) -> bool:
    """Whether standard output could not be written: a stream's fault names no file."""
    *_, (last, _) = traceback.walk_tb(fault.__traceback__)
    return last.f_code in (click.echo.__code__, finish_output.__code__)
