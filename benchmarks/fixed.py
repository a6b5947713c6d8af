"""Whole translations, greedy and by a beam, beside other decoders with a cache."""

import functools

import keras
import numpy as np

from benchmarks.decoders import DECODERS, END
from benchmarks.timing import in_turns, milliseconds, ratios
from benchmarks.train import SIZES

COMMON = {
    "vocabulary": 8000,
    "heads": 8,
    "dropout": 0.0,
    "batch": 64,
    "length": 24,
    "new tokens": 32,
}
BEAMS = (1, 4)


def sources(size: dict) -> np.ndarray:
    """Random sentences of one length, each with its end."""
    random = np.random.default_rng(1)
    shape = (size["batch"], size["length"])
    drawn = random.integers(4, size["vocabulary"], shape, "int32")
    drawn[:, -1] = END
    return drawn


def require_equal_work(size: dict, found: dict[str, np.ndarray]) -> None:
    """Refuse a comparison in which somebody wrote fewer sentences or tokens.

    Args:
        size: The sizes, with `batch` and `new tokens`.
        found: The target ids of each decoder.

    Raises:
        RuntimeError: If one wrote another number, padding, or an end.
    """
    expected = (size["batch"], size["new tokens"])
    for name, tokens in found.items():
        if tokens.shape != expected:
            raise RuntimeError(f"{name} wrote {tokens.shape} tokens, not {expected}")
        if (tokens == END).any() or (tokens == 0).any():
            raise RuntimeError(f"{name} wrote an end, or padding")


def measure(
    peers: list[str], rounds: int, sizes=("small",), xla=(True,)
) -> tuple[dict, list[dict]]:
    """Sentences a second."""
    for name in peers:
        if name not in DECODERS:
            known = ", ".join(DECODERS)
            raise ValueError(f"the decoders are {known}, got {name!r}")
    rows = []
    if keras.backend.backend() != "tensorflow":
        xla = (True,)
    for name, jitted, beam in [(n, x, b) for n in sizes for x in xla for b in BEAMS]:
        size = {**COMMON, **SIZES[name]}
        source = sources(size)
        made = {p: DECODERS[p](size, beam, jitted) for p in ("ours", *peers)}
        require_equal_work(size, {p: decode(source) for p, decode in made.items()})
        programs = {p: functools.partial(d, source) for p, d in made.items()}
        taken = in_turns(programs, rounds)
        rows.append(
            {
                "model": name,
                **SIZES[name],
                "search": "greedy" if beam == 1 else f"beam {beam}",
                "xla": jitted,
                "milliseconds": milliseconds(taken),
                "sentences_per_second": {
                    p: round(size["batch"] / times["median"], 1)
                    for p, times in taken.items()
                },
                "ratio": ratios(taken),
            }
        )
        print(rows[-1], flush=True)
    return {**COMMON, "rounds": rounds}, rows
