"""One training step of a small Transformer, beside models of the same sizes."""

import keras
import numpy as np

from benchmarks.timing import in_turns, ratios
from benchmarks.translators import MODELS

SIZE = {
    "layers": 3,
    "width": 256,
    "hidden": 1024,
    "heads": 8,
    "vocabulary": 8000,
    "batch": 64,
    "length": 24,
    "dropout": 0.1,
}


def batch(size: dict) -> tuple[dict, np.ndarray]:
    """Random tokens without padding, and labels."""
    random = np.random.default_rng(1)
    shape = (size["batch"], size["length"])
    draw = [random.integers(3, size["vocabulary"], shape, "int32") for _ in range(3)]
    return {"source": draw[0], "target": draw[1]}, draw[2]


def step(name: str, size: dict, xla: bool):
    """A function that makes one training step and returns when it is done."""
    model, loss = MODELS[name](size)
    optimizer = keras.optimizers.Adam(
        1e-3, beta_2=0.98, epsilon=1e-9, global_clipnorm=1.0
    )
    model.compile(optimizer, loss, jit_compile=xla)
    inputs, labels = batch(size)
    return lambda: float(model.train_on_batch(inputs, labels))


def measure(peers: list[str], rounds: int) -> tuple[dict, list[dict]]:
    """Target tokens a second, with and without XLA where there is the choice."""
    rows = []
    jitted = [True, False] if keras.backend.backend() == "tensorflow" else [True]
    for xla in jitted:
        programs = {name: step(name, SIZE, xla) for name in ("ours", *peers)}
        taken = in_turns(programs, rounds)
        tokens = SIZE["batch"] * SIZE["length"]
        rows.append(
            {
                "xla": xla,
                "milliseconds": milliseconds(taken),
                "tokens_per_second": {
                    name: round(tokens / times["median"])
                    for name, times in taken.items()
                },
                "ratio": ratios(taken),
            }
        )
        print(rows[-1], flush=True)
    return {**SIZE, "rounds": rounds}, rows


def milliseconds(taken: dict) -> dict:
    """Medians in milliseconds."""
    return {name: round(1e3 * times["median"], 2) for name, times in taken.items()}
