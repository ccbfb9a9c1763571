"""Whether folders were made from one another, as they lie there: manifest by manifest to the dumps.

A folder's manifest names its inputs by fingerprint: the sha256 of a folder's manifest, the xxh3 of
a dump's bytes and of a sample of them. Nothing here reads a file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from cstool.storage.manifest import STANDARD_INPUT, Input, Source


@dataclass(frozen=True)
class Artifact:
    """What may be an input, or have some: a stage's folder, or a dump.

    `name`: the stage, or the dump's file name. `fingerprint`, `sample`: as manifests have them,
    None if not known.
    """

    place: str
    name: str
    fingerprint: str | None
    inputs: tuple[Input, ...] = ()
    source: Source | None = None
    sample: str | None = None

    def is_input(self, given: Input) -> bool:
        """Whether this is the input: by all bytes where they are known of both, else by samples."""
        if given.fingerprint and self.fingerprint:
            return given.fingerprint == self.fingerprint
        return bool(given.sample) and given.sample == self.sample


@dataclass(frozen=True)
class Dependency:
    """A folder's input: the things it is, or else the things that it should be and is not."""

    place: str
    input: Input
    found: tuple[str, ...] = ()
    instead: tuple[str, ...] = ()


def links(things: Sequence[Artifact]) -> list[Dependency]:
    """Return a link for each input of each thing.

    What it should be: things of the input's name that are none of the thing's other inputs, and
    are not of another wiki.
    """
    return [_link(thing, given, things) for thing in things for given in thing.inputs]


def _link(thing: Artifact, given: Input, things: Sequence[Artifact]) -> Dependency:
    found = [t.place for t in things if t.is_input(given)]
    if found or given.name == STANDARD_INPUT:
        return Dependency(thing.place, given, tuple(found))
    instead = [
        t.place
        for t in things
        if t.name == given.name
        and not any(t.is_input(other) for other in thing.inputs)
        and (t.source is None or thing.source is None or t.source == thing.source)
    ]
    return Dependency(thing.place, given, (), tuple(instead))
