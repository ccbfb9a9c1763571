"""The options of `cstool entities --live`; `live` itself loads the libraries for HTTP."""

from dataclasses import dataclass

from cstool.download.addresses import WIKIDATA_API


@dataclass(frozen=True)
class LiveOptions:
    """The options of `cstool entities --live`.

    `languages`, `sites`: as in `EntitiesOptions`. `api`: the address of a Wikibase's api.php;
    `contact`: how its operators reach the user. `max_items`: ask for at most this many items; for
    more, downloading and reading the dump is faster.
    """

    languages: str | None = None
    sites: str | None = None
    api: str = WIKIDATA_API
    contact: str | None = None
    max_items: int = 500_000
