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
@click.option("--private", is_flag=True, help="Make the repository private.")
@click.option("--dry-run", is_flag=True, help="List what would go, and send nothing.")
@click.option("--quiet", is_flag=True, help="No lines and no bars.")
@click.option("--debug", is_flag=True, help="Show a traceback when something fails.")
def command(
    corpus: Path, repo: str, private: bool, dry_run: bool, quiet: bool, debug: bool
) -> None:
    """Upload a corpus to the Hugging Face Hub, as a dataset.

    CORPUS: the folder that `cstool shard` wrote. OWNER/NAME: the dataset; it is made if it is not
    there, and what of another corpus stands in data/ and _paragraphs/ is removed.

    Needs the extra `push`, and a token that may write: HF_TOKEN, or `hf auth login`. Interrupted,
    the same command goes on where it stopped.
    """
    del debug
    if dry_run:
        check_name(repo)
        files = uploads(corpus)
        for one in files:
            echo_line(f"{one.bytes:>15,}  {one.file}")
        total = sum(one.bytes for one in files)
        echo_line(f"{total:>15,}  bytes in {len(files):,} files would go to {repo}", err=True)
        return
    if quiet or not sys.stderr.isatty():
        from huggingface_hub.utils.tqdm import disable_progress_bars

        disable_progress_bars()
    address = push(corpus, repo, private=private, tell=_be_quiet if quiet else _tell)
    echo_line(address)


def _tell(told: str) -> None:
    echo_line(f"push: {told}", err=True)


def _be_quiet(told: str) -> None:
    del told
