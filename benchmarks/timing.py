"""Times of programs that are compared: taken in turns, told as medians."""

import statistics
import time
from collections.abc import Callable

# Threads of a library may spin for a fifth of a second in case more work comes; the
# next program is not to share its cores with them.
REST = 0.25


def in_turns(programs: dict[str, Callable], rounds: int, rest: float = REST) -> dict:
    """Time programs in turns, so that a slow moment of the machine meets them all.

    Args:
        programs: Functions that return when their work is done, by name.
        rounds: How often each is timed, after one call that is not.
        rest: Seconds of rest before each.

    Returns:
        For each name the `median` and all the `seconds`.
    """
    for program in programs.values():
        program()
    seconds: dict[str, list[float]] = {name: [] for name in programs}
    for round_ in range(rounds):
        # Every other round backwards: nobody always runs after the same one.
        names = list(programs)[:: -1 if round_ % 2 else 1]
        for name in names:
            time.sleep(rest)
            started = time.perf_counter()
            programs[name]()
            seconds[name].append(time.perf_counter() - started)
    return {
        name: {
            "median": statistics.median(taken),
            "seconds": [round(second, 6) for second in taken],
        }
        for name, taken in seconds.items()
    }


def milliseconds(taken: dict) -> dict:
    """Medians in milliseconds."""
    return {name: round(1e3 * times["median"], 2) for name, times in taken.items()}


def ratios(taken: dict, ours: str = "ours") -> dict:
    """How many times as fast as each peer we are: its median over ours."""
    return {
        name: round(taken[name]["median"] / taken[ours]["median"], 3)
        for name in taken
        if name != ours
    }
