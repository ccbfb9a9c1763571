"""Uploads a corpus to the Hugging Face Hub as a dataset, with huggingface_hub.

The library's `upload_folder` uploads the files that the repository lacks, in several commits if
they are many, and deduplicates by content. So the same call resumes an interrupted upload.
"""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from cstool import __version__
from cstool.distribution import install_hint
from cstool.errors import CstoolError, InputError, WrongCallError
from cstool.execution.terminal import printable
from cstool.formats.format_dolma import ATTRIBUTES, DOCUMENTS
from cstool.storage.file_hashes import sha256
from cstool.storage.manifest import MANIFEST, PARAGRAPHS, need_stage

# Files of another corpus in these folders are deleted: the patterns in the dataset card would
# include them. They remain in the history of the repository.
_OURS = ["data/*", f"{DOCUMENTS}/*", f"{ATTRIBUTES}/*", f"{PARAGRAPHS}*"]
_STAGES = ("shard", "mix")


class Upload(NamedTuple):
    """A file to upload, and its size in bytes."""

    file: str
    bytes: int


def uploads(corpus: Path) -> list[Upload]:
    """Return the files of a corpus to upload, data first.

    Raises InputError for a folder that is not a complete corpus, and for a part with unprintable
    characters in its name, which would end up in the library's progress bars.
    """
    manifest = need_stage(corpus, *_STAGES)
    for part in manifest.parts:
        if printable(part.file) != part.file:
            raise InputError(
                f"{corpus / MANIFEST}: {part.file!r} is not a file name of `cstool "
                f"{manifest.stage}`; make the corpus again with --overwrite"
            )
    listed = [Upload(part.file, part.bytes) for part in manifest.parts]
    return [*listed, Upload(MANIFEST, (corpus / MANIFEST).stat().st_size)]


def check_name(repo: str) -> None:
    """Raise WrongCallError for an invalid repository name, CstoolError if the library is missing.

    A name without an owner is invalid, because the owner would depend on the logged-in user.
    """
    _library()
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils._validators import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise WrongCallError(
            f"{repo!r} is not a repository name ({error}); give OWNER/NAME"
        ) from error
    if repo.count("/") != 1:
        raise WrongCallError(f"{repo!r} is not a repository name; give OWNER/NAME")


def push(corpus: Path, repo: str, *, private: bool, on_message: Callable[[str], None]) -> str:
    """Upload a corpus; return the URL of the dataset.

    A missing repository is created. The token is that in HF_TOKEN or of `hf auth login`. Raises
    InputError for a folder that is incomplete or was changed, CstoolError if the Hub rejects it.
    """
    hub = _library()
    check_name(repo)
    files = uploads(corpus)
    _check_contents(corpus)
    # HTTPError covers the HTTP client of any version; the upload of a file raises RuntimeError.
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
                f"{repo}: exists and is public; make it private on the Hub, or push without "
                "--private"
            )
        on_message(f"uploading {len(files):,} files to {address}")
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
    manifest = need_stage(corpus, *_STAGES)
    for part in manifest.parts:
        if sha256(corpus / part.file) != part.checksum:
            raise InputError(
                f"{corpus / part.file}: changed since `cstool {manifest.stage}` wrote it "
                "(different sha256); make the corpus again with --overwrite"
            )


def _library() -> ModuleType:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ModuleNotFoundError as error:
        raise CstoolError(f"push needs huggingface_hub; run {install_hint('push')}") from error
    return huggingface_hub


def _why(error: Exception) -> str:
    """Return the reason why the Hub rejects the upload, and what to do."""
    cause = error.__cause__ if isinstance(error, RuntimeError) and error.__cause__ else error
    status = getattr(getattr(cause, "response", None), "status_code", None)
    if status in (401, 403):
        return (
            f"access denied by the Hub (HTTP {status}); set HF_TOKEN to a token with write access, "
            "or log in with `hf auth login`"
        )
    if status is None:
        return f"the Hub cannot be reached ({cause}); run the same command again later"
    message = getattr(cause, "server_message", None) or cause
    return f"the Hub answered HTTP {status} ({message}); run the same command again to resume"
