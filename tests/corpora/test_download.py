import errno
import hashlib
import http.server
import io
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
import urllib.request
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_transformer.corpora import CorpusError, cache_folder, download
from keras_transformer.corpora.download import fetch
from keras_transformer.corpora.entry import RemoteFile
from keras_transformer.corpora.tatoeba import read_archive
from keras_transformer.corpora.transfer import USER_AGENT

BODY = bytes(range(256)) * 64
DIGEST = hashlib.sha256(BODY).hexdigest()
WRONG = "0" * 64


def archive(text):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as written:
        written.writestr("deu.txt", text)
    return stream.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Serves `bodies` by path, and misbehaves as a path asks it to."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies = {"/whole": BODY, "/short": BODY, "/chunked": BODY, "/pair": BODY}
        self.requests = []
        self.pair = threading.Barrier(2)

    def address(self, path):
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def handle_error(self, request, client_address):
        pass  # clients that hang up are part of these tests


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests.append((self.path, self.headers["User-Agent"]))
        body = self.server.bodies.get(
            self.path, BODY if "endless" in self.path else None
        )
        if self.path == "/escape":
            self.send_response(403, "\x1b]0;owned\x07\x1b[2J")
            self.end_headers()
            return
        if body is None:
            self.send_error(404)
            return
        self.send_response(200)
        if self.path == "/endless":
            self.end_headers()
            while True:
                self.wfile.write(BODY)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            body = b"ffff\r\n" + body[:1000]
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.path == "/short":
            body = body[:1000]
        if self.path == "/pair":
            # Both clients are in the middle of their transfer at once.
            self.wfile.write(body[:5000])
            self.server.pair.wait(60)
            body = body[5000:]
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}
    )
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_TRANSFORMER_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "cache"


def remote(address, sha256=DIGEST, name="file.bin", regenerated=False):
    return RemoteFile(name, "folder", address, sha256, regenerated)


def place(cache, content, name="file.bin"):
    (cache / "folder").mkdir(parents=True, exist_ok=True)
    path = cache / "folder" / name
    path.write_bytes(content)
    return path


def contents(cache):
    return sorted(path.name for path in (cache / "folder").iterdir())


def refusal(*arguments, **options):
    with pytest.raises(CorpusError) as raised:
        fetch(*arguments, **options)
    return str(raised.value)


# What works


def test_download_is_verified_cached_and_not_repeated(server, cache, capsys):
    file = remote(server.address("/whole"))
    path = fetch(file)
    assert path == cache / "folder" / "file.bin"
    assert path.read_bytes() == BODY
    assert fetch(file) == path
    assert server.requests == [("/whole", USER_AGENT)]
    assert contents(cache) == ["file.bin"]
    assert capsys.readouterr() == ("", "")


def test_progress_is_shown_in_a_terminal(server, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    fetch(remote(server.address("/whole")))
    assert "Downloading data from http://127.0.0.1" in capsys.readouterr().out


def test_download_leaves_the_process_as_it_was(server):
    opener = urllib.request._opener
    fetch(remote(server.address("/whole")))
    assert urllib.request._opener is opener
    assert socket.getdefaulttimeout() is None
    import keras

    assert keras.config.is_interactive_logging_enabled()


def test_file_already_there_is_used_without_network(cache):
    path = place(cache, BODY)
    assert fetch(remote("http://127.0.0.1:9/never")) == path


def test_file_of_unknown_checksum_is_held_to_the_first_one_seen(server, cache):
    server.bodies["/deu.zip"] = archive("a\tb\n")
    file = remote(server.address("/deu.zip"), None, "deu.zip", regenerated=True)
    path = fetch(file)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    record = cache / "folder" / "deu.zip.sha256"
    assert record.read_text() == f"{digest}  deu.zip\n"
    path.write_bytes(archive("a\tc\n"))
    seen = hashlib.sha256(path.read_bytes()).hexdigest()
    assert refusal(file) == (
        f"{path}: must have sha256 {digest}, got {seen}; the publisher regenerates "
        "deu.zip, so it may be newer: to use it, at the price that results compare "
        "with no others, download with accept_changed=True; or delete the file to "
        "download it again"
    )
    assert fetch(file, accept_changed=True) == path
    assert fetch(file) == path
    assert record.read_text() == f"{seen}  deu.zip\n"


def test_regenerated_file_can_be_accepted(server, cache):
    server.bodies["/cmn.zip"] = body = archive("newer")
    file = remote(server.address("/cmn.zip"), WRONG, "cmn.zip", regenerated=True)
    digest = hashlib.sha256(body).hexdigest()
    assert refusal(file) == (
        f"cmn.zip from {file.address} must have sha256 {WRONG}, got {digest}; the "
        "publisher regenerates cmn.zip, so it may be newer: to use it, at the price "
        "that results compare with no others, download with accept_changed=True; or "
        f"put a good copy at {cache / 'folder' / 'cmn.zip'}"
    )
    assert contents(cache) == []
    path = fetch(file, accept_changed=True)
    assert fetch(file) == path
    assert contents(cache) == ["cmn.zip", "cmn.zip.sha256"]


OTHER = """
import sys, types
package = sys.modules["keras_transformer"] = types.ModuleType("keras_transformer")
package.__path__ = [sys.argv[3]]  # all that it would load itself takes seconds
from keras_transformer.corpora.download import fetch
from keras_transformer.corpora.entry import RemoteFile
from keras_transformer.corpora.tatoeba import read_archive
from keras_transformer.corpora.transfer import USER_AGENT
print(fetch(RemoteFile("file.bin", "folder", sys.argv[1], sys.argv[2])))
"""


def test_two_processes_may_download_at_once(server, cache):
    address = server.address("/pair")
    package = Path(__file__).parents[2] / "keras_transformer"
    with subprocess.Popen(
        [sys.executable, "-c", OTHER, address, DIGEST, package],
        # The NumPy backend only because it is the fastest to import.
        env={**os.environ, "KERAS_BACKEND": "numpy"},
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        while not server.requests and other.poll() is None:
            time.sleep(0.01)
        path = fetch(remote(address, DIGEST))
        assert path == cache / "folder" / "file.bin"
        assert other.communicate(timeout=120)[0].strip() == str(path)
    assert path.read_bytes() == BODY
    assert contents(cache) == ["file.bin"]
    assert len(server.requests) == 2


# A cache that cannot be written to


@pytest.fixture
def read_only(monkeypatch):
    """As file modes cannot show it: they do not bind a superuser."""

    def refuse(*arguments, **options):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)


def test_read_only_cache_is_used(cache, read_only):
    path = place(cache, BODY)
    assert fetch(remote("http://127.0.0.1:9/never")) == path
    zipped = place(cache, archive("a"), "deu.zip")
    file = remote("http://127.0.0.1:9/never", None, "deu.zip", regenerated=True)
    assert fetch(file) == zipped
    assert contents(cache) == ["deu.zip", "file.bin"]


def test_read_only_cache_lacks_the_file(cache, read_only):
    file = remote("http://127.0.0.1:9/never")
    assert refusal(file) == (
        f"{cache / 'folder' / 'file.bin'}: must be there, or its folder be writable "
        "to download it from http://127.0.0.1:9/never, got Read-only file system; "
        "KERAS_TRANSFORMER_DATA chooses another folder"
    )


# What goes wrong, and that nothing is left behind


def test_wrong_checksum_of_a_download(server, cache):
    file = remote(server.address("/whole"), WRONG)
    expected = (
        f"file.bin from {file.address} must have sha256 {WRONG}, got {DIGEST}; put "
        f"a good copy at {cache / 'folder' / 'file.bin'}"
    )
    assert refusal(file) == expected
    assert refusal(file, accept_changed=True) == expected
    assert len(server.requests) == 2
    assert contents(cache) == []


def test_wrong_checksum_of_a_cached_file_is_not_overwritten(server, cache):
    path = place(cache, b"mine")
    place(cache, f"{hashlib.sha256(b'mine').hexdigest()}".encode(), "file.bin.sha256")
    assert refusal(remote(server.address("/whole")), accept_changed=True) == (
        f"{path}: must have sha256 {DIGEST}, got {hashlib.sha256(b'mine').hexdigest()}"
        "; delete the file to download it again"
    )
    assert path.read_bytes() == b"mine"
    assert server.requests == []


@pytest.mark.parametrize(
    ("path", "got"),
    [
        ("/short", "retrieval incomplete: got only 1000 out of 16384 bytes"),
        ("/chunked", "a connection closed before its end"),
    ],
)
def test_broken_transfer(server, cache, path, got):
    # Without a checksum, so that it is the transfer that is found broken.
    file = remote(server.address(path), None)
    assert refusal(file) == (
        f"file.bin from {file.address}: the transfer must be complete, got {got}; run "
        f"it again, or put the file at {cache / 'folder' / 'file.bin'}"
    )
    assert len(server.requests) == 1
    assert contents(cache) == []


def test_archive_of_unknown_checksum_that_is_something_else(server, cache):
    server.bodies["/deu.zip"] = b"<html>Please log in to this network"
    file = remote(server.address("/deu.zip"), None, "deu.zip", regenerated=True)
    assert refusal(file) == (
        f"deu.zip from {file.address}: must be a complete zip, got File is not a "
        "zip file"
    )
    assert contents(cache) == []


def test_file_that_the_server_does_not_have(server, cache):
    file = remote(server.address("/gone"))
    assert refusal(file) == (
        f"file.bin from {file.address}: the server must have it, got HTTP 404 Not "
        f"Found; run it again, or put the file at {cache / 'folder' / 'file.bin'}"
    )
    assert contents(cache) == []


def test_no_network(cache):
    with socket.socket() as unused:  # bound, and nobody listens
        unused.bind(("127.0.0.1", 0))
        file = remote(f"http://127.0.0.1:{unused.getsockname()[1]}/file.bin")
        message = refusal(file)
    assert message == (
        f"file.bin from {file.address}: the address must be reachable (is there a "
        f"network?), got [Errno {errno.ECONNREFUSED}] Connection refused; run it "
        f"again, or put the file at {cache / 'folder' / 'file.bin'}"
    )
    assert contents(cache) == []


def test_full_disk(server, cache, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "transfer", full)
    file = remote(server.address("/whole"))
    assert refusal(file) == (
        f"file.bin from {file.address}: it must be possible to write it down, got "
        f"[Errno {errno.ENOSPC}] No space left on device; run it again, or put the "
        f"file at {cache / 'folder' / 'file.bin'}"
    )
    assert contents(cache) == []


def test_silent_server_is_given_up(cache, monkeypatch):
    monkeypatch.setattr(sys.modules[fetch.__module__], "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = remote(f"http://127.0.0.1:{silent.getsockname()[1]}/file.bin")
        assert "(is there a network?), got timed out;" in refusal(file)
    assert contents(cache) == []


def test_interrupted_download_leaves_nothing(server, cache, monkeypatch):
    def interrupt(address, path, *limits):
        path.write_bytes(BODY[:100])
        raise KeyboardInterrupt

    monkeypatch.setattr(download, "transfer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        fetch(remote(server.address("/whole")))
    assert contents(cache) == []


# Where the cache is


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, "~/.cache/keras-transformer"),
        ("linux", {"XDG_CACHE_HOME": "/x"}, "/x/keras-transformer"),
        ("linux", {"XDG_CACHE_HOME": "x"}, "~/.cache/keras-transformer"),
        ("darwin", {}, "~/Library/Caches/keras-transformer"),
        ("darwin", {"KERAS_TRANSFORMER_DATA": "~/d"}, "~/d"),
    ],
)
def test_cache_folder(monkeypatch, platform, variables, expected):
    monkeypatch.setattr(sys, "platform", platform)
    for name in ("KERAS_TRANSFORMER_DATA", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(expected).expanduser()


# What a server may do to us


@pytest.mark.parametrize("path", ["/endless", "/whole", "/chunked"])
def test_a_download_has_a_limit(server, cache, path):
    address = server.address(path)
    file = RemoteFile("file.bin", "folder", address, None, most=900)
    assert "must have at most 900 bytes, got " in refusal(file)
    assert contents(cache) == []


def test_an_endless_download_ends_in_time(server, cache, monkeypatch):
    monkeypatch.setattr(download, "PATIENCE", 0.3)
    started = time.monotonic()
    assert "must be here within 0.3 s, got " in refusal(
        remote(server.address("/endless"))
    )
    assert time.monotonic() - started < 10
    assert contents(cache) == []


def test_what_a_server_says_is_printed_escaped(server, cache):
    message = refusal(remote(server.address("/escape")))
    assert r"got HTTP 403 \x1b]0;owned\x07\x1b[2J;" in message
    assert message.isprintable()


def test_threads_that_download_leave_no_limit_behind(server, cache):
    def get(name):
        fetch(remote(server.address("/whole"), name=name))

    threads = [threading.Thread(target=get, args=(f"{n}.bin",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(contents(cache)) == 8
    assert socket.getdefaulttimeout() is None and urllib.request._opener is OPENER


OPENER = urllib.request._opener


def zipped(members, **flags):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in members:
            written.writestr(name, content)
    data = bytearray(stream.getvalue())
    if flags.get("encrypted"):
        for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
            data[data.index(signature) + offset] |= 1
    if flags.get("method"):
        for signature, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
            data[data.index(signature) + offset] = flags["method"]
    return bytes(data)


HOSTILE = {
    "encrypted": (zipped([("deu.txt", "a\tb\n")], encrypted=True), "encrypted"),
    "odd method": (zipped([("deu.txt", "a\tb\n")], method=97), "not supported"),
    "bomb": (
        zipped([("deu.txt", "0" * (90 * 2**20))]),
        "must unpack to at most 64 MiB",
    ),
    "bombs": (
        zipped([(str(n), "0" * 2**20) for n in range(80)]),
        "must unpack to at most",
    ),
    "many": (zipped([(str(n), "") for n in range(10_001)]), "at most 10,000 members"),
    "cut off": (zipped([("deu.txt", "a\tb\n")])[:-30], "must be a complete zip"),
    "empty": (b"", "must be a complete zip"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_in_little_memory(server, cache, kind):
    body, rule = HOSTILE[kind]
    server.bodies["/deu.zip"] = body
    file = remote(server.address("/deu.zip"), None, "deu.zip", regenerated=True)
    fetched = tracemalloc.start()
    message = refusal(file)
    assert tracemalloc.get_traced_memory()[1] < 150 * 2**20
    tracemalloc.stop()
    assert fetched is None and rule in message and len(message.splitlines()) == 1
    assert file.address in message and contents(cache) == []


@settings(deadline=None, max_examples=300, database=None)
@given(st.data())
def test_a_flipped_archive_is_whole_or_refused(data):
    body = bytearray(zipped([("deu.txt", "Ja.\tYes.\n" * 50)]))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= data.draw(st.integers(1, 255))
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(body)
        file.flush()
        try:
            assert read_archive(file.name, "deu").source == ("Ja.",) * 50
        except CorpusError as error:
            assert file.name in str(error)
