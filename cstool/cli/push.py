"""`cstool push`."""

import sys
from pathlib import Path

import click

from cstool.execution.terminal import echo_line
from cstool.report.push import check_name, push, uploads

EXAMPLE = """\b
Examples:
  cstool push corpus me/my-corpus --dry-run
  HF_TOKEN=hf_… cstool push corpus me/my-corpus --private
"""


@click.command("push", epilog=EXAMPLE)
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("repo", metavar="OWNER/NAME")
@click.option(
    "--private",
    is_flag=True,
    help="Create a private repository; an existing public one is an error.",
)
@click.option("--dry-run", is_flag=True, help="List the files to upload and exit.")
@click.option("--quiet", is_flag=True, help="Show no messages and no progress.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    corpus: Path, repo: str, private: bool, dry_run: bool, quiet: bool, debug: bool
) -> None:
    """Upload a corpus to the Hugging Face Hub as a dataset.

    CORPUS: output folder of `cstool shard` or `cstool mix`. OWNER/NAME: the dataset, created if
    missing. Files of another corpus in its data/, documents/, attributes/ and _paragraphs/ are
    deleted.

    Requires the extra `push` and a token with write access: set HF_TOKEN or run `hf auth login`.
    After an interruption, run the same command again to resume.
    """
    del debug
    if dry_run:
        check_name(repo)
        files = uploads(corpus)
        for upload in files:
            echo_line(f"{upload.bytes:>15,}  {upload.file}")
        total = sum(upload.bytes for upload in files)
        echo_line(f"{total:>15,}  bytes in {len(files):,} files to upload to {repo}", err=True)
        return
    if quiet or not sys.stderr.isatty():
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
    address = push(corpus, repo, private=private, on_message=_ignore if quiet else _print)
    echo_line(address)


def _print(message: str) -> None:
    echo_line(f"push: {message}", err=True)


def _ignore(message: str) -> None:
    del message
