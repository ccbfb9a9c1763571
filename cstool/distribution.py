"""The distribution: its name on the package index, its address, and how to install its extras.

The command and the import package are called `cstool`. The distribution is not: on PyPI that name
belongs to another project. `pyproject.toml` has the same name and address; a test compares them.
"""

from cstool import __version__

NAME = "cstool-corpus"
HOME = "https://github.com/cstool-project/cstool"
# True from the first release on: until then NAME cannot be installed from PyPI and HOME is a
# placeholder, so hints name a clone, and files that users publish contain no address.
PUBLISHED = False


def user_agent(contact: str | None = None) -> str:
    """Return a User-Agent header; `contact`: how the operators of a server reach the user."""
    comment = "; ".join(filter(None, (address(), contact)))
    return f"cstool/{__version__}" + (f" ({comment})" if comment else "")


def install_hint(extra: str) -> str:
    """Return how to install an optional dependency group, to complete "run …" or "with …".

    >>> install_hint("mask")
    "pip install '.[mask]' in a clone of cstool"
    """
    if PUBLISHED:
        return f"pip install '{NAME}[{extra}]'"
    return f"pip install '.[{extra}]' in a clone of cstool"


def address() -> str | None:
    """Return the project's public address, or None before the first release."""
    return HOME if PUBLISHED else None


def program() -> str:
    """Return the program's name in Markdown, with a link if it has a public address."""
    return f"[cstool]({address()})" if address() else "cstool"


def issues() -> str | None:
    """Return the address `Issues` of the installed distribution; None before the first release."""
    from importlib import metadata

    if not PUBLISHED:
        return None
    try:
        urls = metadata.metadata(NAME).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return None
    for entry in urls:
        label, _, url = entry.partition(", ")
        if label == "Issues":
            return str(url)
    return None
