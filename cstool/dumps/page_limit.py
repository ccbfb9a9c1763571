"""Read only the first articles of a dump."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cstool.dumps.xml import Page, Site


@dataclass
class PageLimit:
    """The first `number` articles of a dump, over all of its files.

    `is_article` returns whether a page is counted; all pages up to the last of these are read.
    `reached`: whether pages were left out.
    """

    number: int
    is_article: Callable[[Page, Site], bool]
    reached: bool = False
    _found: int = field(default=0, init=False)
    _last: int | None = field(default=None, init=False)  # id of the last page that was counted

    def first(self, pages: Iterator[Page], site: Callable[[], Site]) -> Iterator[Page]:
        """Yield the pages of the next file up to the limit.

        Consecutive pages with one id, which some exports have for the revisions of a page, count
        once. `site` returns the wiki, once a page has been read.
        """
        for page in pages:
            if page.id != self._last:
                if self._found == self.number:
                    self.reached = True
                    return
                if self.is_article(page, site()):
                    self._found += 1
                    self._last = page.id
            yield page
