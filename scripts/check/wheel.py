"""Check the content of a wheel: all modules and data files, the C extensions, nothing else.

Usage: python -m scripts.check.wheel WHEEL
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTENSIONS = {
    path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "cstool").rglob("*.c")
}
_NOT_SHIPPED = {".c", ".h", ".so", ".pyc"}


def expected() -> set[str]:
    """Return the paths of the files in the source tree that a wheel must contain."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cstool").rglob("*")
        if path.is_file() and path.suffix not in _NOT_SHIPPED
    }


def faults(names: set[str]) -> list[str]:
    """Return what is missing from the files of a wheel, or superfluous."""
    content = {name for name in names if ".dist-info/" not in name}
    compiled = {name for name in content if name.endswith(".so")}
    missing = expected() - content
    missing |= EXTENSIONS - {name.partition(".")[0] for name in compiled}
    return [
        *(f"{name}: missing" for name in sorted(missing)),
        *(f"{name}: superfluous" for name in sorted(content - compiled - expected())),
    ]


def main() -> None:
    """Exit with an error that lists the faults, if there are any."""
    wheel = Path(sys.argv[1])
    with zipfile.ZipFile(wheel) as archive:
        found = faults(set(archive.namelist()))
    if found:
        sys.exit("\n".join([f"{wheel}:", *found]))
    print(f"{wheel}: complete, {wheel.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
