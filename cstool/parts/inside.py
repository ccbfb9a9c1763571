"""A folder that holds stages' folders, where one of these was wanted."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from cstool.parts.manifest import MANIFEST, Manifest, need_stage, read_manifest
from cstool.running.errors import InputError

# `make corpus` has a wiki's stages a folder deeper than the others.
_PLACES = (f"*/{MANIFEST}", f"*/*/{MANIFEST}")
_MOST = 12


def need_folder(folder: Path, *stages: str) -> Manifest:
    """As `need_stage`; of a folder that holds such stages' folders, the message names these."""
    if folder.is_dir() and not (folder / MANIFEST).exists():
        inside = sorted(_inside(folder, stages))
        if inside:
            names = [*inside[:_MOST], *(["…"] if inside[_MOST:] else [])]
            raise InputError(
                f"{folder}: is no stage's folder, but holds {', '.join(names)}; "
                f"give {'one of them' if inside[1:] else folder / inside[0]}"
            )
    return need_stage(folder, *stages)


def _inside(folder: Path, stages: tuple[str, ...]) -> Iterator[str]:
    for path in (path for place in _PLACES for path in folder.glob(place)):
        with suppress(InputError):  # a bad one is told when it is given
            manifest = read_manifest(path.parent)
            if manifest and manifest.stage in stages:
                yield path.parent.relative_to(folder).as_posix()
