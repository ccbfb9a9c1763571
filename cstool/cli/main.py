"""The command `cstool`: loads the subcommand and reports an error in one line."""

import difflib
import gc
import importlib
import io
import logging
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
    KEEP_GOING,
    MORE_MEMORY,
    CstoolError,
    CutInputError,
    Stopped,
    Unfinished,
    WrongCallError,
    how_to_report,
    is_damage,
    is_out_of_memory,
)
from cstool.execution.log import configure, log
from cstool.execution.shutdown import end_stopped, ending_in_time
from cstool.execution.signals import end_on_signals, interruptible, not_interruptible, received
from cstool.execution.terminal import echo, finish_output, open_missing_streams

COMMANDS = {
    "init": "Write a Makefile that downloads dumps and builds a corpus.",
    "download": "Download dumps from Wikimedia's servers and verify them.",
    "entities": "Read items from Wikidata's JSON dump, or its API, into a table.",
    "titles": "Map a wiki's page titles to QIDs and resolve redirects.",
    "extract": "Extract clean text with its wikilinks from page XML.",
    "link": "Link each mention to its Wikidata entity.",
    "lexicon": "Write pairs of names of entities in two languages, as a dictionary.",
    "switch": "Switch the entities of linked text into other languages, or annotate them.",
    "romanize": "Write the text of each row in Latin letters beside it.",
    "pair": "Put pages about the same entity in several wikis side by side.",
    "shard": "Write a corpus: shuffled files by language, with a dataset card.",
    "mix": "Mix corpora and pairs into one training set, by shares, budgets and stages.",
    "mask": "Create training examples for masked language models from a corpus.",
    "stats": "Show counts of a folder: rows, words and entities by language.",
    "show": "Show the rows of a folder, or one entity with all its labels.",
    "report": "Write an HTML report of a folder.",
    "push": "Upload a corpus to the Hugging Face Hub.",
    "verify": "Verify that output folders and their inputs are unchanged.",
    "completion": "Print a shell completion script.",
}
_ALL = ", ".join(COMMANDS)
# The commands with the option --keep-going.
_KEEP_GOING = {"entities", "titles", "extract"}
_LIGHT = {"completion", "init"}
# Bytes. With less, Arrow blocks forever on threads that it could not start; other libraries abort.
_LEAST_SPACE = 1 << 30
# The exit status of a program that SIGPIPE ends.
_BROKEN_PIPE = 128 + getattr(signal, "SIGPIPE", 13)


class Commands(click.Group):
    """Loads a subcommand's module when it is called, so that `--help` imports no large library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order of the pipeline."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand of that name."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in _LIGHT:
            _need_address_space()
        with not_interruptible():  # an interrupted import can raise any exception
            module = importlib.import_module(f"cstool.cli.{cmd_name}")
            _end_of_imports()
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of subcommands."""
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the subcommands with that prefix, without loading them."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=text)
            for name, text in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand; for an unknown one, suggest similar commands or list all."""
        if not ctx.resilient_parsing and args and self._unknown(args[0]):
            similar = difflib.get_close_matches(args[0].lower(), COMMANDS)
            hint = (
                f"did you mean {' or '.join(similar)}?" if similar else f"the commands are {_ALL}"
            )
            raise click.UsageError(f"no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    @staticmethod
    def _unknown(word: str) -> bool:
        return not word.startswith("-") and word not in COMMANDS


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Stages, in the order of the pipeline: entities, titles, extract, link, lexicon, "
    "switch, romanize, pair, shard, mix, mask. `cstool COMMAND --help` shows the input, the output "
    "and examples of a command.",
)
@click.version_option(__version__, prog_name="cstool")
def cstool() -> None:
    """Turn Wikipedia and Wikidata dumps into a code-switched corpus."""


def _need_address_space() -> None:
    """Raise CstoolError if the address space limit is too low for the libraries' threads."""
    allowed = resource.getrlimit(resource.RLIMIT_AS)[0]
    if allowed != resource.RLIM_INFINITY and allowed < _LEAST_SPACE:
        raise CstoolError(
            f"out of memory: `ulimit -v` allows {allowed >> 20:,} MB of address space, but cstool "
            f"needs {_LEAST_SPACE >> 20:,} MB, preferably 2,048 MB; raise the limit"
        )


def _end_of_imports() -> None:
    """Leave imported objects out of garbage collection, which `__main__` disabled until now."""
    gc.freeze()
    gc.enable()
    if "pyarrow" in sys.modules:
        from cstool.arrays.without_pandas import without_pandas
        from cstool.execution.allocation import keep_freed_memory

        without_pandas()
        keep_freed_memory()


def main() -> None:
    """Run the command line; exit with 0, with 1 for an error, with 2 for a usage error.

    A signal ends it with 128 plus the signal number.
    """
    open_missing_streams()
    end_on_signals()
    configure(as_json="--log-json" in sys.argv)
    # Without this, OpenBLAS starts a thread for each CPU; cstool uses no linear algebra.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # With Arrow's own allocator, each process takes a third more memory.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    try:
        with ending_in_time():
            code = _run("--debug" in sys.argv)
    except RuntimeError as error:  # the thread could not be started
        code = _fault(error, "--debug" in sys.argv)
    finish_output()
    gc.freeze()  # the interpreter would search all objects for garbage before it exits
    sys.exit(code)


def _run(debug: bool) -> int:
    """Run the command, report an error if there is one, and return the exit code."""
    streams = sys.stdout, sys.stderr
    try:
        with interruptible():
            cstool.main(standalone_mode=False)
    except SystemExit as end:
        if sys.stdout is not streams[0]:  # click replaces the streams on a broken pipe
            sys.stdout, sys.stderr = streams
            return _fault(BrokenPipeError(), debug)
        return _output(end.code if isinstance(end.code, int) else bool(end.code), debug)
    except click.exceptions.Exit as end:
        return _output(end.exit_code, debug)
    except BaseException as fault:  # noqa: BLE001 - report any error in one line, no traceback
        if _is_stop(fault):
            if debug:
                traceback.print_exc()
            end_stopped(_stopped(fault))
        return _fault(fault, debug)
    return _output(0, debug)


def _stopped(fault: BaseException | None) -> str | None:
    """Return the message of the Stopped exception in the chain, if there is one."""
    while fault is not None and not isinstance(fault, Stopped):
        fault = fault.__cause__ or fault.__context__
    return str(fault) if fault else None


def _is_stop(fault: BaseException) -> bool:
    """Whether a signal caused the exception; compiled code and imports may change its type."""
    if received() or isinstance(fault, KeyboardInterrupt):
        return True
    return isinstance(fault, click.Abort) and not isinstance(fault.__cause__, EOFError)


def _output(code: int, debug: bool) -> int:
    """Flush standard output; return the exit code, or that of the error if flushing failed."""
    fault = finish_output()
    return _fault(fault, debug) if fault else code


def _fault(fault: BaseException, debug: bool) -> int:
    """Report an error in one line; return the exit code."""
    if isinstance(fault, click.ClickException):
        text = io.StringIO()
        fault.show(text)
        echo(text.getvalue().rstrip("\n"), err=True)
        return fault.exit_code
    if isinstance(fault, Unfinished):
        log(f"cstool: {_line(str(fault))}", event="unfinished")
        return _output(0, debug)
    if isinstance(fault, BrokenPipeError):
        finish_output()
        return _BROKEN_PIPE
    message, code = _message(fault)
    if debug:
        with suppress(OSError, ValueError):
            traceback.print_exception(fault)
    log(f"cstool: {_line(message)}", level=logging.ERROR, event="error", exit_code=code)
    if is_out_of_memory(fault):
        finish_output()
        os._exit(code)  # after a failed allocation, libraries may crash when they are unloaded
    return code


def _can_keep_going() -> bool:
    """Whether the command has the option --keep-going and it was not given."""
    return not {*sys.argv[1:2]}.isdisjoint(_KEEP_GOING) and "--keep-going" not in sys.argv


def _line(message: str) -> str:
    return " ".join(message.split())


def _message(fault: BaseException) -> tuple[str, int]:
    """Return the message for an error, and the exit code."""
    if isinstance(fault, CutInputError) and _can_keep_going():
        return f"{fault}, {KEEP_GOING}", 1
    if isinstance(fault, CstoolError):
        return str(fault), 2 if isinstance(fault, WrongCallError) else 1
    if isinstance(fault, click.Abort) and fault.__cause__:
        fault = fault.__cause__
    context = "".join(f" {note}" for note in getattr(fault, "__notes__", ()))
    if is_out_of_memory(fault):
        return f"{MORE_MEMORY}{context}", 1
    if isinstance(fault, OSError):
        return _system_message(fault), 1
    if is_damage(fault):
        return (
            f"a part of an input folder is not valid Parquet{context}; run `cstool verify` on the "
            "input folders to find it, then create that folder again with --overwrite"
        ), 1
    return f"internal error{context}: {type(fault).__name__}: {fault}; {how_to_report()}", 1


def _system_message(fault: OSError) -> str:
    problem = fault.strerror or str(fault)
    if fault.filename:
        return f"{fault.filename}: {problem}; fix this and run the same command again"
    if _of_output(fault):
        return f"standard output: cannot be written ({problem}); redirect it to another file"
    return f"{problem}; fix this and run the same command again"


def _of_output(fault: OSError) -> bool:
    """Whether writing to standard output failed; an OSError of a stream has no file name."""
    *_, (last, _) = traceback.walk_tb(fault.__traceback__)
    return last.f_code in (click.echo.__code__, finish_output.__code__)
