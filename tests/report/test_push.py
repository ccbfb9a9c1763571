"""A corpus on its way to the Hub, of which a small server on this machine plays the part.

It knows the calls of the library without hf_xet: create, list, preupload, LFS, commit. What is
sent by hf_xet goes over another protocol, to servers that nobody can play: not tested here.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from cstool.errors import InputError, WrongCallError
from cstool.report.push import check_name, uploads
from cstool.storage.manifest import MANIFEST, need_stage
from tests.stages.shard.switched import Sentence, make_corpus, write_switched
from tests.support import files_of

REPO = "me/corpus"
TOKEN = "hf_test"
Done = subprocess.CompletedProcess[str]


@dataclass
class Hub:
    """The state of the server, and its behaviour."""

    files: dict[str, bytes] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    exists: bool = False
    private: bool = False
    takes: int = 10**6  # large files, until it fails
    sent: int = 0
    address: str = ""
    card: str = ""


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_GET(self) -> None:
        tree = [
            {"type": "file", "path": path, "size": len(data), "oid": "0" * 40}
            for path, data in self.hub.files.items()
        ]
        if "/tree/" in self.path:
            self.answer(tree)
        else:
            self.answer({"id": REPO, "private": self.hub.private, "sha": "0" * 40})

    def do_PUT(self) -> None:
        data = self.body()
        if self.hub.sent == self.hub.takes:
            return self.answer({"error": "out of order"}, 400)
        self.hub.sent += 1
        self.hub.large[hashlib.sha256(data).hexdigest()] = data
        return self.answer({})

    def do_POST(self) -> None:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "Invalid username or password."}, 401)
        if self.path == "/api/repos/create":
            asked = json.loads(self.body())
            if not self.hub.exists:
                self.hub.exists, self.hub.private = True, asked.get("visibility") == "private"
                return self.answer({"url": f"{self.hub.address}/datasets/{REPO}"})
            return self.answer({"url": f"{self.hub.address}/datasets/{REPO}"}, 409)
        if self.path == "/api/validate-yaml":
            self.hub.card = json.loads(self.body())["content"]
            return self.answer({"errors": [], "warnings": []})
        if "/preupload/" in self.path:
            files = [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["path"].endswith(("t", ".zst")) else "regular",
                    "shouldIgnore": False,
                }
                for one in json.loads(self.body())["files"]
            ]
            return self.answer({"files": files})
        if self.path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(self.body())["objects"]
            return self.answer({"transfer": "basic", "objects": [*map(self.upload, objects)]})
        assert "/commit/" in self.path
        return self.commit([json.loads(line) for line in self.body().splitlines()])

    def upload(self, one: dict[str, Any]) -> dict[str, Any]:
        """Say where a large file is to be sent, if it is not there."""
        if one["oid"] in self.hub.large:
            return one
        return one | {"actions": {"upload": {"href": f"{self.hub.address}/lfs/{one['oid']}"}}}

    def commit(self, operations: list[dict[str, Any]]) -> None:
        for one in operations:
            value = one["value"]
            if one["key"] == "file":
                self.hub.files[value["path"]] = base64.b64decode(value["content"])
            elif one["key"] == "lfsFile":
                self.hub.files[value["path"]] = self.hub.large[value["oid"]]
            elif one["key"] == "deletedFile":
                del self.hub.files[value["path"]]
        self.answer({"commitUrl": f"{self.hub.address}/datasets/{REPO}", "commitOid": "0" * 40})

    def body(self) -> bytes:
        if "Content-Length" in self.headers:
            return self.rfile.read(int(self.headers["Content-Length"]))
        out = b""
        while size := int(self.rfile.readline(), 16):
            out += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return out

    def answer(self, what: Any, status: int = 200) -> None:
        data = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    hub = Hub()
    handler = type("OfThisHub", (Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield hub
    server.shutdown()
    server.server_close()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    sentences = [Sentence(n + 1, f"has {n} words.") for n in range(40)]
    write_switched(tmp_path / "switched", sentences)
    make_corpus(tmp_path / "switched", tmp_path / "corpus")
    return tmp_path / "corpus"


def push(hub: Hub, corpus: Path, *options: str, token: str = TOKEN) -> Done:
    settings = {
        "HF_ENDPOINT": hub.address,
        "HF_TOKEN": token,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(corpus.parent / "home"),
    }
    return subprocess.run(
        [sys.executable, "-m", "cstool", "push", str(corpus), REPO, *options],
        env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_a_corpus_is_uploaded_and_files_of_another_are_deleted(hub: Hub, corpus: Path) -> None:
    old = ("data/xx/train-00000-of-00001.parquet", "_paragraphs/part-000009.pq")
    hub.files = {**dict.fromkeys(old, b"old"), "notes.txt": b"mine"}
    before = files_of(corpus)
    (corpus / "scratch.txt").write_text("not of the corpus")
    done = push(hub, corpus)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{hub.address}/datasets/{REPO}"
    assert hub.files == {**before, "notes.txt": b"mine"}
    assert hub.card.encode() == before["README.md"]


def test_after_an_error_only_missing_files_are_sent(hub: Hub, corpus: Path) -> None:
    hub.takes = 2
    done = push(hub, corpus)
    assert done.returncode == 1
    assert f"cstool: {REPO}: the Hub answered HTTP 400" in done.stderr
    assert "run the same command again to resume" in done.stderr
    assert "Traceback" not in done.stderr
    assert hub.files == {}
    hub.takes = 10**6
    assert push(hub, corpus).returncode == 0
    large = [one for one in uploads(corpus) if one.file.endswith(("t", ".zst"))]
    assert hub.sent == len(large)
    assert hub.files == files_of(corpus)


def test_a_repository_is_private_if_asked_and_never_silently_public(hub: Hub, corpus: Path) -> None:
    assert push(hub, corpus, "--private", "--quiet").stderr == ""
    assert hub.private
    hub.private = False
    done = push(hub, corpus, "--private")
    assert done.returncode == 1
    assert "is public" in done.stderr


def test_a_user_without_write_access_gets_advice(hub: Hub, corpus: Path) -> None:
    done = push(hub, corpus, token="hf_wrong")
    assert done.returncode == 1
    assert "HF_TOKEN" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unreachable_hub_is_reported(corpus: Path) -> None:
    done = push(Hub(address="http://127.0.0.1:9"), corpus)
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


def test_a_dry_run_lists_every_file_without_requests(corpus: Path) -> None:
    done = push(Hub(address="http://127.0.0.1:9"), corpus, "--dry-run")
    assert done.returncode == 0
    listed = {line.split()[1]: int(line.split()[0].replace(",", "")) for line in
              done.stdout.splitlines()}  # fmt: skip
    assert listed == {name: len(data) for name, data in files_of(corpus).items()}


def test_an_incomplete_corpus_is_refused(corpus: Path) -> None:
    with pytest.raises(InputError, match="`cstool switch`"):
        uploads(corpus.parent / "switched")
    path = next(corpus.glob("data/*/*.parquet"))
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    done = push(Hub(address="http://127.0.0.1:9"), corpus)
    assert "different sha256" in done.stderr
    path.unlink()
    with pytest.raises(InputError, match="is missing"):
        uploads(corpus)
    (corpus / MANIFEST).unlink()
    with pytest.raises(InputError, match="unfinished"):
        uploads(corpus)


@pytest.mark.parametrize("name", ["corpus", "a/b/c", "a b/c", "", "me/..", "me/-x-"])
def test_an_invalid_name_is_refused(name: str) -> None:
    with pytest.raises(WrongCallError, match="not a repository name"):
        check_name(name)


def test_the_manifest_goes_last(corpus: Path) -> None:
    names = [one.file for one in uploads(corpus)]
    assert names[-1] == MANIFEST
    assert names[:-1] == [part.file for part in need_stage(corpus, "shard").parts]
