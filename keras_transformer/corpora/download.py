"""Gets a corpus's files into the cache, each verified before it is there."""

import contextlib
import hashlib
import os
import sys
import tempfile
import urllib.error
from http.client import HTTPException, IncompleteRead
from pathlib import Path

from keras_transformer.corpora.entry import RemoteFile
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.transfer import TooMuchError, transfer
from keras_transformer.system.reading import UnreadableError, escaped
from keras_transformer.system.unpacking import check_zip

VARIABLE = "KERAS_TRANSFORMER_DATA"
TIMEOUT = 60  # seconds without a byte
PATIENCE = 6 * 3600  # seconds for a whole file


def cache_folder() -> Path:
    """Where corpora are kept.

    Returns:
        `KERAS_TRANSFORMER_DATA` if it is set, or `keras-transformer` in the
        user's cache folder: `~/Library/Caches` on macOS, elsewhere
        `XDG_CACHE_HOME` or `~/.cache`.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        base = Path("~/Library/Caches").expanduser()
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME", ""))
        # The XDG specification says to ignore a relative path.
        if not base.is_absolute():
            base = Path("~/.cache").expanduser()
    return base / "keras-transformer"


def fetch(file: RemoteFile, accept_changed: bool = False) -> Path:
    """The path of a verified copy of a file, downloaded if need be.

    A file already in the cache is verified and used, also if the cache cannot be
    written to. A download is verified in a temporary folder and moved into place
    in one step, so that what is in the cache is whole, whoever else is
    downloading it and whenever either is interrupted.

    Args:
        file: What to get.
        accept_changed: Take a file that its publisher regenerates although its
            checksum is not the known one, and remember the new checksum.

    Returns:
        `<cache folder>/<folder>/<name>`.

    Raises:
        CorpusError: Naming file, address and rule, if the file in the cache or
            the one that arrives has the wrong checksum, the transfer breaks off,
            there is no network, or the cache cannot be written to.
    """
    path = cache_folder() / file.folder / file.name
    if not path.exists():
        _download(file, path, accept_changed)
    _verify(file, path, accept_changed)
    return path


def sha256(path: Path) -> str:
    """The checksum of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _record(path: Path) -> Path:
    """Where the checksum of a file that has none in the registry is kept."""
    return path.with_name(path.name + ".sha256")


def _expected(file: RemoteFile, path: Path) -> str | None:
    """What was recorded for a file that may change, or what the registry knows."""
    if file.sha256 is None or file.regenerated:
        with contextlib.suppress(OSError, ValueError, IndexError):
            return _record(path).read_text("ascii").split()[0]
    return file.sha256


def _verify(file: RemoteFile, path: Path, accept_changed: bool):
    """Compares a file in the cache with its checksum, or records the first one."""
    try:
        seen = sha256(path)
    except OSError as error:
        raise CorpusError(
            f"{path}: must be a readable file, got {error.strerror}"
        ) from error
    expected = _expected(file, path)
    if seen == expected:
        return
    if expected is None or (accept_changed and file.regenerated):
        _check_archive(file, path, path)
        # A read-only cache can be used; it cannot remember.
        with contextlib.suppress(OSError):
            _write_record(path, seen)
        return
    raise CorpusError(
        f"{path}: must have sha256 {expected}, got {seen}; "
        + (_changed_upstream(file) if file.regenerated else "")
        + "delete the file to download it again"
    )


def _write_record(path: Path, digest: str):
    with tempfile.TemporaryDirectory(prefix=".record-", dir=path.parent) as folder:
        record = Path(folder, "record")
        record.write_text(f"{digest}  {path.name}\n", "ascii")
        os.replace(record, _record(path))


def _changed_upstream(file: RemoteFile) -> str:
    return (
        f"the publisher regenerates {file.name}, so it may be newer: to use it, at "
        "the price that results compare with no others, download with "
        "accept_changed=True; or "
    )


def _check_archive(file: RemoteFile, path: Path, where: str | Path):
    """Without a checksum, an archive's own are all there is against damage."""
    if not file.name.endswith(".zip"):
        return
    try:
        check_zip(path)
    except UnreadableError as error:
        raise CorpusError(str(error).replace(str(path), str(where), 1)) from error


def _download(file: RemoteFile, path: Path, accept_changed: bool):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent)
    except OSError as error:
        raise CorpusError(
            f"{path}: must be there, or its folder be writable to download it from "
            f"{file.address}, got {error.strerror}; {VARIABLE} chooses another folder"
        ) from error
    with folder:
        arrived = Path(folder.name, file.name)
        _transfer(file, path, folder.name)
        seen = sha256(arrived)
        expected = _expected(file, path)
        changed = expected is not None and seen != expected
        if changed and not (accept_changed and file.regenerated):
            raise CorpusError(
                f"{file.name} from {file.address} must have sha256 {expected}, got "
                f"{seen}; "
                + (_changed_upstream(file) if file.regenerated else "")
                + f"put a good copy at {path}"
            )
        if changed or expected is None:
            _check_archive(file, arrived, f"{file.name} from {file.address}")
        # Whoever was first has recorded a checksum: theirs stays.
        if not path.exists():
            os.replace(arrived, path)


def _transfer(file: RemoteFile, path: Path, folder: str):
    try:
        arrived = Path(folder, file.name)
        transfer(file.address, arrived, file.most, TIMEOUT, PATIENCE)
    except (OSError, ValueError, HTTPException) as error:
        raise CorpusError(
            f"{file.name} from {file.address}: {_broken_rule(error)}; run it again, "
            f"or put the file at {path}"
        ) from error


def _broken_rule(cause: BaseException) -> str:
    if isinstance(cause, TooMuchError):
        return str(cause)
    if isinstance(cause, urllib.error.HTTPError):
        cause.close()
        reason = escaped(cause.reason)
        return f"the server must have it, got HTTP {cause.code} {reason}"
    if isinstance(cause, urllib.error.ContentTooShortError):
        return f"the transfer must be complete, got {cause.reason}"
    if isinstance(cause, IncompleteRead):
        # Its own text counts the bytes of the last read alone.
        return "the transfer must be complete, got a connection closed before its end"
    if isinstance(cause, HTTPException):
        return f"the server must speak HTTP, got {escaped(cause)[:200]}"
    if isinstance(cause, (urllib.error.URLError, TimeoutError, ConnectionError)):
        reason = escaped(getattr(cause, "reason", cause))
        return f"the address must be reachable (is there a network?), got {reason}"
    return f"it must be possible to write it down, got {escaped(cause)}"
