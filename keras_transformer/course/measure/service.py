"""A service in a process of its own, and users who ask it: for load tests.

Everything is on this machine, has an end, and leaves no process behind.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

PATIENCE = 300.0  # seconds for a start, an answer or a stop
# The server stops when the process that started it is gone: its pipe then ends.
_CHILD = """
import os, signal, sys, threading
def watch():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=watch, daemon=True).start()
from keras_transformer.cli.main import main
sys.exit(main())
"""


class Service:
    """`keras-transformer serve` in a process of its own, on a free port.

    It ends with `stop`, at the end of a `with`, or with the process that started it.

    Args:
        folder: The folder of a trained translator.
        *flags: Further flags of the command.

    Attributes:
        address: Host and port.
        lines: What it has said so far.

    Raises:
        RuntimeError: If it does not start; its last lines say why.
    """

    def __init__(self, folder: str | pathlib.Path, *flags: str):
        command = ["serve", os.fspath(folder), "--port", "0", *flags]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CHILD, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        self._end = weakref.finalize(self, _end, self.process)
        self.lines: list[str] = []
        self._serving = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line.rstrip())
            if "Serving at" in line:
                self._serving.set()
        self._serving.set()

    def ready(self) -> Self:
        """Wait until it serves."""
        self._serving.wait(PATIENCE)
        found = re.search(r"http://([^:]+):(\d+)/", "\n".join(self.lines))
        if found is None:
            self._end()
            raise RuntimeError("no service: " + " / ".join(self.lines[-3:]))
        self.address = found[1], int(found[2])
        return self

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page, such as `/metrics`."""
        status, body = _run(_request(self.address, "GET", path))
        return status, body.decode()

    def ask(self, **body: Any) -> dict[str, Any]:
        """What is answered to one request of these fields."""
        _, said = _run(_post(self.address, body))
        return said

    def stop(self) -> int:
        """Ask it to stop, and return its exit status when it has."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """The exit status of a service that was asked to stop."""
        status = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        self._end()
        return status

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(self, *_):
        self._end()


def _end(process):
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stderr):
        with contextlib.suppress(OSError, ValueError):
            pipe.close()


@dataclasses.dataclass(frozen=True)
class Offered:
    """What became of the requests of a load test, in the order of their arrival.

    Args:
        sent: Seconds at which each was sent, from the first on `[n]`.
        answered: Seconds at which each was answered `[n]`.
        status: The status of each; 0 where the connection was refused or broke `[n]`.
        answers: The JSON of each, None where there is none.
        waiting: Numbers of texts that the service said were waiting, at even times.
    """

    sent: np.ndarray
    answered: np.ndarray
    status: np.ndarray
    answers: list[Any]
    waiting: np.ndarray

    @property
    def seconds(self) -> np.ndarray:
        """How long each took that was answered with a translation."""
        return (self.answered - self.sent)[self.status == 200]


def offer(
    service: Service, texts: Sequence[str], times: Sequence[float], watch: float = 0.0
) -> Offered:
    """Ask a service for a text at each time, whether or not it keeps up.

    Args:
        service: The service.
        texts: One text a request; begun again where there are more times.
        times: When each is sent, in seconds, ascending.
        watch: Seconds between two looks at how many wait; 0 looks never.
    """
    return _run(_offered(service.address, texts, np.asarray(times, "float64"), watch))


def busy(
    service: Service, texts: Sequence[str], users: int, seconds: float = 1.5
) -> float:
    """How many texts a second are translated for users who ask again when answered.

    Args:
        service: The service.
        texts: What they ask for, one text after the other.
        users: How many users there are.
        seconds: How long they go on.

    Raises:
        RuntimeError: If a user is not answered.
    """
    return _run(_busy(service.address, texts, users, seconds))


def poisson(rate: float, seconds: float, seed: int = 1) -> np.ndarray:
    """Times of users who know nothing of each other: so many a second on average.

    Args:
        rate: Users a second, on average.
        seconds: How long they come.
        seed: Seed of the times.
    """
    gaps = np.random.default_rng(seed).exponential(
        1 / rate, int(3 * rate * seconds) + 9
    )
    times = np.cumsum(gaps)
    return times[times < seconds]


async def _offered(address, texts, times, watch):
    loop = asyncio.get_running_loop()
    begun = loop.time()
    waiting: list[float] = []

    async def one(number, when):
        await asyncio.sleep(max(0.0, begun + when - loop.time()))
        sent = loop.time() - begun
        body = {"text": texts[number % len(texts)]}
        status, said = await _post(address, body)
        return sent, loop.time() - begun, status, said

    async def look():
        while True:
            _, page = await _request(address, "GET", "/metrics")
            found = re.search(rb"^translator_waiting_texts (\S+)", page, re.M)
            waiting.append(float(found[1]) if found else np.nan)
            await asyncio.sleep(watch)

    looking = asyncio.create_task(look()) if watch else None
    rows = await asyncio.gather(*(one(*each) for each in enumerate(times)))
    if looking:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
    sent, answered, status, answers = zip(*rows, strict=True)
    arrays = np.array(sent), np.array(answered), np.array(status)
    return Offered(*arrays, list(answers), np.array(waiting))


async def _busy(address, texts, users, seconds):
    loop = asyncio.get_running_loop()
    begun, count = loop.time(), 0

    async def one(number):
        nonlocal count
        while loop.time() - begun < seconds:
            body = {"text": texts[number % len(texts)]}
            status, _ = await _post(address, body)
            if status != 200:
                raise RuntimeError(f"a user was answered with the status {status}")
            count += 1
            number += users

    await asyncio.gather(*map(one, range(users)))
    return count / (loop.time() - begun)


async def _post(address, body):
    asked = json.dumps(body, allow_nan=False)
    status, said = await _request(address, "POST", "/translate", asked)
    return status, json.loads(said) if said else None


async def _request(address, method, path, body=""):
    """Status and body; 0 and nothing where the connection was refused or broke."""
    content = body.encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: {address[0]}\r\nConnection: close\r\n"
    head += f"Content-Length: {len(content)}\r\n\r\n"
    writer = None
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(head.encode() + content)
            whole = await reader.read()
        head, _, said = whole.partition(b"\r\n\r\n")
        return (int(head.split()[1]), said) if head else (0, b"")
    except (OSError, TimeoutError):
        return 0, b""
    finally:
        if writer is not None:
            writer.close()


def _run(coroutine):
    """Run it in a thread of its own: a notebook's has a loop that runs already."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
