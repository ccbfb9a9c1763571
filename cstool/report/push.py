"""A corpus → a dataset on the Hugging Face Hub, by huggingface_hub.

The library's `upload_folder` sends what is not there yet, in several commits where there is much,
and deduplicates by content: the same call again goes on where it stopped.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from cstool import __version__
from cstool.distribution import install_hint
from cstool.errors import CstoolError, InputError, WrongCallError
from cstool.execution.terminal import printable
from cstool.storage.manifest import MANIFEST, PARAGRAPHS, need_stage, sha256

# What a corpus of other languages or shards has left in the repository goes: the card's patterns
# would take it for this one's, and who joins its paragraphs theirs. It stays in the repository's
# history.
_OURS = ["data/*", f"{PARAGRAPHS}*"]


class Upload(NamedTuple):
    """A file that goes to the Hub."""

    file: str
    bytes: int


def uploads(corpus: Path) -> list[Upload]:
    """Return the files of a corpus that go to the Hub, data first.

    Raises InputError for a folder that is no finished corpus, and for a part with a name that the
    library's progress bars could not show.
    """
    manifest = need_stage(corpus, "shard")
    for part in manifest.parts:
        if printable(part.file) != part.file:
            raise InputError(
                f"{corpus / MANIFEST}: {part.file!r} is no name that `cstool shard` writes; make "
                "the corpus again with --overwrite"
            )
    listed = [Upload(part.file, part.bytes) for part in manifest.parts]
    return [*listed, Upload(MANIFEST, (corpus / MANIFEST).stat().st_size)]


def check_name(repo: str) -> None:
    """Raise WrongCallError when that can be no repository's name, CstoolError without the library.

    A name without its owner is refused, too: whose it would be depends on who is logged in.
    """
    _library()
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise WrongCallError(f"{repo!r} is no name of a repository ({error})") from error
    if repo.count("/") != 1:
        raise WrongCallError(f"{repo!r} is no name of a repository; give OWNER/NAME")


def push(corpus: Path, repo: str, *, private: bool, tell: Callable[[str], None]) -> str:
    """Upload a corpus; return the dataset's address.

    A repository that is not there is made. The token is that of the environment (HF_TOKEN) or of
    `hf auth login`. Raises InputError for a folder that is no finished corpus or was changed since,
    CstoolError when the Hub does not take it.
    """
    hub = _library()
    check_name(repo)
    files = uploads(corpus)
    _check_contents(corpus)
    # Its HTTP client's error, whichever client its version has; RuntimeError: of a file's upload.
    faults = (
        hub.errors.HTTPError,
        hub.errors.LocalTokenNotFoundError,
        ConnectionError,
        RuntimeError,
    )
    api = hub.HfApi(library_name="cstool", library_version=__version__)
    try:
        address = api.create_repo(repo, repo_type="dataset", private=private or None, exist_ok=True)
        if private and not api.repo_info(repo, repo_type="dataset").private:
            raise CstoolError(
                f"{repo}: is there already and is public; make it private on the Hub, or push "
                "without --private"
            )
        tell(f"{len(files):,} files to {address}")
        api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=corpus,
            allow_patterns=[one.file for one in files],
            delete_patterns=_OURS,
            commit_message=f"Corpus made by cstool {__version__}",
        )
    except faults as error:
        raise CstoolError(f"{repo}: {_why(error)}") from error
    return str(address)


def _check_contents(corpus: Path) -> None:
    for part in need_stage(corpus, "shard").parts:
        if sha256(corpus / part.file) != part.checksum:
            raise InputError(
                f"{corpus / part.file}: is not what `cstool shard` wrote (another sha256); make "
                "the corpus again with --overwrite"
            )


def _library() -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ModuleNotFoundError as error:
        raise CstoolError(f"push needs huggingface_hub; run {install_hint('push')}") from error
    return huggingface_hub


def _why(error: Exception) -> str:
    """Return what the Hub has against it, and what to do."""
    cause = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
    status = getattr(getattr(cause, "response", None), "status_code", None)
    if status in (401, 403):
        return (
            f"the Hub refuses (HTTP {status}): set HF_TOKEN to a token that may write there, or "
            "log in with `hf auth login`"
        )
    if status is None:
        return f"the Hub cannot be reached ({cause}); run the same command again later"
    told = getattr(cause, "server_message", None) or cause
    return f"the Hub answers HTTP {status} ({told}); the same command again goes on from here"
