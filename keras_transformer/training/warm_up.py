"""Before the first step: a program for every length, and how long a step takes."""

import statistics
import time
from collections.abc import Callable

from keras_transformer.system.hosts import of_first
from keras_transformer.training.buckets import LengthBuckets
from keras_transformer.training.programs import Programs

STEPS, SECONDS = 5, 0.5
"""A length is timed for so many steps, or no more once so much time has passed."""


def warm_up(
    programs: Programs,
    train: LengthBuckets,
    passes: float,
    expect: Callable[[float], None] | None = None,
) -> None:
    """Compile the step for every bucket; what it makes of the model, undo afterwards.

    Args:
        programs: The programs of the model.
        train: Batches to train on.
        passes: How many passes over them are to come.
        expect: Called with the seconds that these take, at the pace of a few steps.
    """
    order = train.order(0)
    first = {width: i for i, (width, _) in reversed([*enumerate(order)])}
    pace = {}
    for width in sorted(first):
        batch = train.batch(0, first[width])
        programs.train(*batch)
        if expect is not None:
            pace[width] = _seconds(programs, batch)
    if expect is not None:
        expect(passes * sum(pace[width] for width, _ in order))


def _seconds(programs, batch):
    taken = []
    # Hosts take a step together: the first one's clock says when it is enough.
    while len(taken) < STEPS and of_first(lambda: sum(taken) < SECONDS):
        began = time.perf_counter()
        programs.train(*batch)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
