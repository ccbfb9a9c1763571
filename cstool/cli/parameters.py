"""Arguments of the commands that download or ask a server: wikis, dates and addresses."""

import re
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import click

from cstool.download.addresses import LATEST, SOURCES, WIKIDATA_API, WIKIMEDIA, compact

Command = Callable[..., None]


class Date(click.ParamType[str]):
    """A date: YYYYMMDD, YYYY-MM-DD or `latest`."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the date as YYYYMMDD; fail if it is not a valid date."""
        if value != LATEST:
            try:
                if not re.fullmatch(r"[0-9]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
                    raise ValueError
                time.strptime(compact(value), "%Y%m%d")
            except ValueError:
                self.fail(
                    f"{value!r} is not a date; give YYYYMMDD, YYYY-MM-DD or latest", param, ctx
                )
        return compact(value)


class Server(click.ParamType[str]):
    """The base URL of a server that has Wikimedia's folder layout."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the URL without a trailing slash; fail if it is not an HTTP(S) URL."""
        if not _is_web_address(value):
            self.fail(f"{value!r} is not a server URL; give one such as {WIKIMEDIA}", param, ctx)
        return str(value).rstrip("/")


class ApiAddress(click.ParamType[str]):
    """The address of a Wikibase's api.php."""

    name = "url"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the address; fail if it is not the URL of an api.php without a query."""
        if not _is_web_address(value) or not re.fullmatch(r"[!-~]+/api\.php", value):
            self.fail(f"{value!r} is not an API; give a URL such as {WIKIDATA_API}", param, ctx)
        return str(value)


def _is_web_address(value: str) -> bool:
    """Return whether the value is an HTTP(S) URL without a query or fragment."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return False
    valid = parts.scheme in ("http", "https") and parts.hostname and port != 0
    return bool(valid) and not re.search(r"[\s\x00-\x1f\x7f?#]", value)


def database_names(values: Sequence[str]) -> tuple[str, ...]:
    """Return names of wikis in lower case. Raises BadParameter for one that is not valid."""
    for value in values:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", value.lower()):
            raise click.BadParameter(
                f"{value!r} is not a wiki's database name; give one such as enwiki"
            )
    return tuple(value.lower() for value in values)


def with_source(help_: str) -> Callable[[Command], Command]:
    """Add the option --source: which files with the pages of a wiki to download."""
    return click.option(
        "--source", type=click.Choice([*SOURCES]), default="auto", show_default=True, help=help_
    )


def with_date(help_: str) -> Callable[[Command], Command]:
    """Add the option --date, the date of the dumps."""
    return click.option(
        "--date", type=Date(), default=LATEST, show_default=True, metavar="DATE", help=help_
    )


def with_contact(when: str = "", effect: str = "") -> Callable[[Command], Command]:
    """Add the option --contact. `when`, `effect`: begin and end its help."""
    what = "Your e-mail address or web page, sent to the server in the User-Agent header."
    return click.option(
        "--contact",
        envvar="CSTOOL_CONTACT",
        show_envvar=True,
        metavar="ADDRESS",
        help=(f"{when}: {what[0].lower()}{what[1:]}" if when else what) + effect,
    )
