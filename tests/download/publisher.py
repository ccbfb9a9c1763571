"""Lays files on a server of tests as Wikimedia does: dumps, content exports, Wikidata."""

import hashlib
import json
from collections.abc import Iterable, Mapping

CONTENT = "/other/mediawiki_content_current/"
TABLE_JOBS = {"page": "pagetable", "page_props": "pagepropstable", "redirect": "redirecttable"}


class Publisher:
    """What stands at each path, `files`, and methods that add to it."""

    files: dict[str, bytes]

    def publish(
        self,
        wiki: str,
        date: str,
        files: Mapping[str, bytes],
        *,
        job: str = "articlesmultistreamdump",
        status: str = "done",
        tables: Mapping[str, bytes] | None = None,
    ) -> None:
        """Publish a wiki's dump: its files, and a `dumpstatus.json` in which one job has them.

        `tables`: the content of SQL tables by name, such as `page`.
        """
        jobs = {job: self._job(wiki, date, files, status)}
        for table, data in (tables or {}).items():
            jobs[TABLE_JOBS[table]] = self._job(wiki, date, {f"{table}.sql.gz": data}, "done")
        text = json.dumps({"version": "0.8", "jobs": jobs})
        self.files[f"/{wiki}/{date}/dumpstatus.json"] = text.encode()

    def _job(
        self, wiki: str, date: str, files: Mapping[str, bytes], status: str
    ) -> dict[str, object]:
        """Publish the files of a job; return its state."""
        folder = f"/{wiki}/{date}/"
        described = {}
        for ending, data in files.items():
            name = f"{wiki}-{date}-{ending}"
            self.files[folder + name] = data
            sums = {"md5": md5(data), "sha1": sha1(data)}
            described[name] = {"size": len(data), "url": folder + name, **sums}
        return {"status": status, "updated": "2026-10-01 03:04:05", "files": described}

    def publish_content(
        self,
        wiki: str,
        date: str,
        files: Mapping[str, bytes],
        *,
        marks: str = "SHA256SUMS _SUCCESS",
        above: str = "xml/bzip2/",
        lines: Iterable[str] | None = None,
    ) -> str:
        """Publish a content export of a date (YYYY-MM-DD); return its folder of files.

        `files`: by range, such as `p1p99`; `marks`: which of the two files there are; `above`:
        the folder they lie in; `lines`: of SHA256SUMS, in place of the right ones.
        """
        folder = f"{CONTENT}{wiki}/{date}/"
        names = {content_name(wiki, date, pages): data for pages, data in files.items()}
        self.files |= {f"{folder}xml/bzip2/{name}": data for name, data in names.items()}
        right = (f"{sha256(data)}  {name}" for name, data in names.items())
        if "SHA256SUMS" in marks:
            text = "".join(f"{line}\n" for line in (right if lines is None else lines))
            self.files[f"{folder}{above}SHA256SUMS"] = text.encode()
        if "_SUCCESS" in marks:
            self.files[f"{folder}{above}_SUCCESS"] = b""
        return f"{folder}xml/bzip2/"

    def publish_wikidata(
        self,
        date: str,
        data: bytes,
        *,
        sums: str = "sha1 md5",
        dated: str | None = None,
        kinds: str = "gz",
        lexemes: bool = False,
    ) -> str:
        """Publish Wikidata's entities in the folder of a date; return the folder.

        `sums`: the kinds of checksums that stand beside them; `dated`: the date in the files'
        names, if it is another one; `kinds`: the compressions of the entities (none for "").
        """
        folder, dated = f"/wikidatawiki/entities/{date}/", dated or date
        names = [f"wikidata-{dated}-all.json.{kind}" for kind in kinds.split()]
        self.files[f"{folder}wikidata-{date}-truthy-BETA.nt.gz"] = b"x"
        if lexemes:
            names.append(f"wikidata-{dated}-lexemes.json.gz")
        self.files |= {folder + name: data for name in names}
        for kind, digest in {"sha1": sha1, "md5": md5}.items():
            if kind in sums.split():
                text = "".join(f"{digest(data)}  {name}\n" for name in names)
                self.files[f"{folder}wikidata-{dated}-{kind}sums.txt"] = text.encode()
        return folder


def content_name(wiki: str, date: str, pages: str) -> str:
    """Return the name of a content export's file; `pages`: such as `p1p99`."""
    return f"{wiki}-{date}-{pages}.xml.bz2"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
