"""What runs modules: lupa and our Lua files, which identify a run."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import ModuleType

# The version of what Lua's files do not show: Python's functions, limits.
VERSION = 1


@cache
def lupa() -> ModuleType | None:
    """Return lupa's module for Lua 5.1, None if it is not installed."""
    try:
        import lupa.lua51 as lua
    except ImportError:
        return None
    return lua  # type: ignore[no-any-return]


@cache
def sources() -> Mapping[str, bytes]:
    """Return our Lua files by name."""
    folder = resources.files(__package__)
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".lua")), key=lambda f: f.name)
    return {f.name.removesuffix(".lua"): f.read_bytes() for f in files}


def lua_version() -> str | None:
    """Return which Lua and which version of our files runs modules, None without lupa."""
    lua = lupa()
    if lua is None:
        return None
    digest = hashlib.blake2b(digest_size=6)
    for name, source in sources().items():
        digest.update(f"{name} {len(source)}\n".encode() + source)
    major, minor = lua.LUA_VERSION
    return f"lua {major}.{minor} (lupa), modules {VERSION} {digest.hexdigest()}"
