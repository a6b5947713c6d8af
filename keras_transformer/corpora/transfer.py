"""One download: so many bytes at most, within so much time."""

import contextlib
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from keras_transformer.system.reading import sized

# Some sites turn away the name under which urllib introduces itself.
USER_AGENT = "Mozilla/5.0 (compatible; keras-transformer)"
CHUNK = 2**16


class TooMuchError(OSError):
    """A server sends more than a file may have, or takes too long."""


def transfer(
    address: str, path: Path, most: int, timeout: float, patience: float
) -> None:
    """Write what is at an address to a file.

    Nothing of the process is changed, so that threads may do it at the same time.

    Args:
        address: Where it is.
        path: Where it goes.
        most: How many bytes it may have.
        timeout: Seconds to wait for the next byte.
        patience: Seconds that all of it may take.

    Raises:
        TooMuchError: If it has more bytes, or takes more time.
        OSError: If it cannot be had, or not be written down.
        http.client.HTTPException: If it is cut off.
    """
    ends = time.monotonic() + patience
    request = urllib.request.Request(address, headers={"User-Agent": USER_AGENT})
    # An opener that the user installed is left alone; none is installed.
    opener = urllib.request._opener or urllib.request.build_opener()
    with (
        opener.open(request, timeout=timeout) as answer,
        open(path, "wb") as file,
    ):
        promised = _promised(answer)
        if promised is not None and promised > most:
            raise TooMuchError(
                f"must have at most {sized(most)}, got {sized(promised)}"
            )
        with _shown(address, promised) as show:
            size = 0
            while chunk := answer.read1(CHUNK):
                size += len(chunk)
                if size > most:
                    raise TooMuchError(f"must have at most {sized(most)}, got more")
                if time.monotonic() > ends:
                    raise TooMuchError(
                        f"must be here within {patience:g} s, got {sized(size)}"
                    )
                file.write(chunk)
                show(size)
        if promised is not None and size < promised:
            raise urllib.error.ContentTooShortError(
                f"retrieval incomplete: got only {size} out of {promised} bytes", b""
            )


def _promised(answer):
    length = answer.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


@contextlib.contextmanager
def _shown(address, promised):
    """How far it has come, in a terminal: logs and notebooks keep no moving bars."""
    if not sys.stdout.isatty():
        yield lambda size: None
        return
    print(f"Downloading data from {address}")
    total = "" if promised is None else f" of {sized(promised)}"
    shown = [0.0]

    def show(size):
        if time.monotonic() - shown[0] > 0.2:
            shown[0] = time.monotonic()
            print(f"\r{sized(size)}{total}   ", end="", flush=True)

    try:
        yield show
    finally:
        print()
