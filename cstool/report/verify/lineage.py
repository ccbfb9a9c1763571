"""Matches the inputs in manifests with the given folders and dumps, without reading files.

A manifest identifies an input folder by the sha256 of that folder's manifest, and a dump by the
xxh3 of its bytes and of a sample of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cstool.storage.manifest import STANDARD_INPUT, Input, Source


@dataclass(frozen=True)
class Artifact:
    """A folder of a stage or a dump, which can be an input of others.

    `place`: path; `name`: the stage, or the file name of the dump; `fingerprint`, `sample`: as in
    manifests, None if unknown.
    """

    place: str
    name: str
    fingerprint: str | None
    inputs: tuple[Input, ...] = ()
    source: Source | None = None
    sample: str | None = None

    def is_input(self, given: Input) -> bool:
        """Whether this is the input: by fingerprint if both have one, else by sample."""
        if given.fingerprint and self.fingerprint:
            return given.fingerprint == self.fingerprint
        return bool(given.sample) and given.sample == self.sample


@dataclass(frozen=True)
class Dependency:
    """An input of a folder: the matching artifacts, or those that should match and do not."""

    place: str
    input: Input
    found: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


def links(things: Sequence[Artifact]) -> list[Dependency]:
    """Return a dependency for each input of each artifact.

    An artifact should match if it has the name of the input, is not another input of the same
    artifact, and is from the same wiki.
    """
    return [_link(thing, given, things) for thing in things for given in thing.inputs]


def _link(thing: Artifact, given: Input, things: Sequence[Artifact]) -> Dependency:
    matching = [t.place for t in things if t.is_input(given)]
    if matching or given.name == STANDARD_INPUT:
        return Dependency(thing.place, given, tuple(matching))
    instead = [
        t.place
        for t in things
        if t.name == given.name
        and not any(t.is_input(other) for other in thing.inputs)
        and (t.source is None or thing.source is None or t.source == thing.source)
    ]
    return Dependency(thing.place, given, (), tuple(instead))
