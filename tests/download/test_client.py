"""Connections to a server: proxies and certificates as in requests."""

import re
import shutil
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from cstool.download.client import HttpClient, ServerError, open_session
from cstool.download.command import DownloadRequest, catalogue
from cstool.errors import WrongCallError
from tests.download.server import Server, server, status

__all__ = ["server"]


def http() -> HttpClient:
    return HttpClient(open_session(), lambda text: None, sleep=lambda s: None, tries=4)


def test_a_proxy_is_used_as_requests_has_it(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/enwiki/x"] = b"by proxy"
    monkeypatch.setenv("http_proxy", server.url)
    assert http().read("http://dumps.example.org/enwiki/x") == b"by proxy"


def test_the_user_agent_names_the_tool_and_the_contact(server: Server) -> None:
    HttpClient(open_session("me@example.org"), print).read(server.url + "/x")
    [ask] = server.asked
    assert ask.agent.startswith("cstool/")
    assert "me@example.org) requests/" in ask.agent


def test_without_a_contact_the_user_agent_still_names_tool_and_library(server: Server) -> None:
    http().read(server.url + "/x")
    [ask] = server.asked
    assert re.fullmatch(r"cstool/\S+ (\(.*\) )?requests/\S+", ask.agent)


@pytest.mark.parametrize("method", ["read", "head"])
def test_a_refusal_that_may_be_due_to_the_missing_contact_says_so(
    method: str, server: Server
) -> None:
    server.faults["/x"] = server.head_faults["/x"] = [status(403)] * 4
    for contact, hint in ((None, "give --contact"), ("me@example.org", "check that the file")):
        client = HttpClient(open_session(contact), print)
        with pytest.raises(ServerError, match=f"HTTP 403; .*{hint}"):
            getattr(client, method)(server.url + "/x")
    server.faults["/x"] = [status(401)]
    with pytest.raises(ServerError, match="HTTP 401; check that the file exists"):
        http().read(server.url + "/x")


def test_listings_are_requested_one_at_a_time(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.publish_content("swwiki", "2026-10-01", {f"p{n}p{n}": b"BZh" for n in range(5)})
    server.publish_wikidata("20261001", b"[]")
    requests: list[str] = []
    single = threading.Lock()
    read = HttpClient.read

    def counted(client: HttpClient, url: str) -> bytes | None:
        assert single.acquire(blocking=False)
        requests.append(url)
        try:
            return read(client, url)
        finally:
            single.release()

    monkeypatch.setattr(HttpClient, "read", counted)
    catalogue(DownloadRequest(("swwiki",), server.url, wikidata=True), http())
    assert len(requests) > 3


@pytest.mark.parametrize("contact", ["a\nb", "é@example.org", " a", "a\r"])
def test_a_contact_that_cannot_stand_in_a_header_is_refused(contact: str) -> None:
    with pytest.raises(WrongCallError, match="--contact"):
        open_session(contact)


@pytest.mark.skipif(not shutil.which("openssl"), reason="makes a certificate with openssl")
def test_a_certificate_is_checked_as_requests_has_it(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", str(key)]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.files["/x"] = b"in secret"
    secure = Server()
    secure.files = server.files
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    thread = threading.Thread(target=secure.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    url = secure.url.replace("http:", "https:") + "/x"
    try:
        with pytest.raises(ServerError, match=r"certificate is not trusted; .*REQUESTS_CA_BUNDLE"):
            http().read(url)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert http().read(url) == b"in secret"
    finally:
        secure.shutdown()
        secure.server_close()
        thread.join()
