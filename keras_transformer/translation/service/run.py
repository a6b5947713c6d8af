"""Runs the web application until it is told to stop."""

import contextlib
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from keras_transformer.translation.service.answers import Answers
from keras_transformer.translation.service.app import application
from keras_transformer.translation.service.limits import Limits
from keras_transformer.translation.translator import Translator


def listen(host: str, port: int) -> socket.socket:
    """A socket at an address, before anything is loaded that would be in vain.

    Args:
        host: The address.
        port: The port; 0 takes a free one.

    Raises:
        OSError: If the address cannot be had.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=2048)


def serve(
    translator: Translator,
    listening: socket.socket,
    limits: Limits,
    say: Callable[[str], None] = print,
) -> None:
    """Serve a translator until SIGTERM or Ctrl-C; what was accepted is answered first.

    Args:
        translator: The translator.
        listening: Where to, see `listen`.
        limits: What is taken.
        say: Told the address.
    """
    say("Compiling for every length ...")
    warm(translator)
    config = uvicorn.Config(
        application(Answers(translator, limits.max_n_best), limits),
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    host, port, *_ = listening.getsockname()
    say(f"Serving at http://{f'[{host}]' if ':' in host else host}:{port}/")
    with _signals_end_here():
        uvicorn.Server(config).run(sockets=[listening])
    say("Stopped; everything that was accepted is answered.")


@contextlib.contextmanager
def _signals_end_here() -> Iterator[None]:
    """The server stops in order at a signal, and raises it again: to no effect."""
    asked = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(each, lambda *_: None) for each in asked]
    try:
        yield
    finally:
        for each, handler in zip(asked, before, strict=True):
            signal.signal(each, handler)


def warm(translator: Translator) -> None:
    """Compile what requests will need, so that none waits for it."""
    decoder = translator.decoder
    word = translator.source_tokenizer.encode(["a"])[0][0]
    for length in decoder.lengths:
        sentence = [word] * (length - 1)
        for count in (1, decoder.batch_size):
            decoder([sentence] * count)
