"""The command `cstool`: finds the subcommand, and turns faults into one line."""

import difflib
import importlib
import os
import sys
import traceback
from typing import NoReturn

import click
from click.shell_completion import CompletionItem

from cstool import __version__
from cstool.running.errors import CstoolError, Stopped, Unfinished, WrongCallError, is_damage
from cstool.running.interrupts import ending_in_time

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


class Commands(click.Group):
    """Loads a subcommand when it is called, so that `--help` needs no table library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the subcommands in the order of the pipeline."""
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand of that name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cstool.cli.{cmd_name}").command
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


def main() -> None:
    """Run the command line; end with 0, with 1 for a fault, with 2 for a wrong call."""
    # NumPy's linear algebra, of which we use none, would start a thread for each CPU.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with ending_in_time():
        _run("--debug" in sys.argv)


def _run(debug: bool) -> None:
    try:
        cstool.main(standalone_mode=False)
    except click.exceptions.Exit as exit_:
        sys.exit(exit_.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort) as stop:
        told = next((s for s in (stop, stop.__cause__) if isinstance(s, Stopped)), None)
        _end(str(told or "stopped; the same command goes on from here"), debug)
    except Unfinished as news:
        click.echo(f"cstool: {news}", err=True)
        sys.exit(0)
    except CstoolError as error:
        _end(str(error), debug, 2 if isinstance(error, WrongCallError) else 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except MemoryError:
        _end("out of memory; use fewer --jobs or a smaller --part-size", debug)
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _end(f"{place}{error.strerror or error}; mend that and run the same command again", debug)
    except Exception as error:  # noqa: BLE001 - the last net: a line, not a traceback
        place = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
        if is_damage(error):
            _end(
                f"a part that is read is no sound Parquet any more{place}; `cstool verify` with "
                "its folder tells which one: make that folder again with --overwrite",
                debug,
            )
        _end(
            f"internal fault{place}: {type(error).__name__}: {error}; run again with --debug and "
            "report what it prints",
            debug,
        )


def _end(message: str, debug: bool, code: int = 1) -> NoReturn:
    if debug:
        traceback.print_exc()
    click.echo(f"cstool: {' '.join(message.split())}", err=True)
    sys.exit(code)
