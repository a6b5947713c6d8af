"""One training step of a Transformer, beside models of the same sizes."""

import keras
import numpy as np

from benchmarks import torch_models
from benchmarks.timing import in_turns, milliseconds, ratios
from benchmarks.translators import MODELS

COMMON = {"vocabulary": 8000, "batch": 64, "length": 24, "heads": 8, "dropout": 0.1}
SIZES = {
    "small": {"layers": 3, "width": 256, "hidden": 1024},
    "base": {"layers": 6, "width": 512, "hidden": 2048},
    # Of no interest but for its speed: to see whether all of them run.
    "tiny": {"layers": 1, "width": 16, "hidden": 32},
}


ENOUGH = 0.95  # of its first loss has a model that trains; dropout moves it by 0.01


def batch(size: dict) -> tuple[dict, np.ndarray]:
    """Random tokens without padding, and labels."""
    random = np.random.default_rng(1)
    shape = (size["batch"], size["length"])
    draw = [random.integers(3, size["vocabulary"], shape, "int32") for _ in range(3)]
    return {"source": draw[0], "target": draw[1]}, draw[2]


def step(name: str, size: dict, xla: bool):
    """A function that makes one training step and returns when it is done."""
    inputs, labels = batch(size)
    if name in torch_models.MODELS:
        return torch_models.step(name, size, inputs, labels)
    if name not in MODELS:
        known = ", ".join([*MODELS, *torch_models.MODELS])
        raise ValueError(f"the peers of training are {known}, got {name!r}")
    model, loss = MODELS[name](size)
    optimizer = keras.optimizers.Adam(
        1e-3, beta_2=0.98, epsilon=1e-9, global_clipnorm=1.0
    )
    model.compile(optimizer, loss, jit_compile=xla)
    return lambda: float(model.train_on_batch(inputs, labels))


def measure(
    peers: list[str], rounds: int, sizes=("small", "base"), xla=(True, False)
) -> tuple[dict, list[dict]]:
    """Target tokens a second, with and without XLA where there is the choice.

    What PyTorch computes is measured once a size, beside the compiled ones; what is
    not compiled, for the small size only.
    """
    rows = []
    if keras.backend.backend() != "tensorflow":
        xla = (True,)
    for name, jitted in [(n, x) for n in sizes for x in xla if x or n != "base"]:
        size = {**COMMON, **SIZES[name]}
        beside = [p for p in peers if jitted or p not in torch_models.MODELS]
        programs = {p: step(p, size, jitted) for p in ("ours", *beside)}
        require_progress(programs)
        taken = in_turns(programs, rounds)
        tokens = size["batch"] * size["length"]
        rows.append(
            {
                "model": name,
                **SIZES[name],
                "xla": jitted,
                "milliseconds": milliseconds(taken),
                "tokens_per_second": {
                    name: round(tokens / times["median"])
                    for name, times in taken.items()
                },
                "ratio": ratios(taken),
            }
        )
        print(rows[-1], flush=True)
    return {**COMMON, "rounds": rounds}, rows


def require_progress(programs: dict, most: int = 30) -> None:
    """Refuse a program that does not train: steps on one batch must lower its loss.

    A few large steps may overshoot, and dropout moves every loss; but whoever trains
    learns a batch by heart, and gets well below where it began.

    Raises:
        RuntimeError: If the loss never falls so far.
    """
    for name, program in programs.items():
        losses = [program()]
        while len(losses) < most and losses[-1] > ENOUGH * losses[0]:
            losses.append(program())
        if not losses[-1] <= ENOUGH * losses[0]:
            raise RuntimeError(f"{name} does not train: its losses are {losses}")
