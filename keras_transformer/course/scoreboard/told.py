"""Words and figures that every part of `SCOREBOARD.md` says alike."""

import statistics
from collections.abc import Sequence


def not_measured(command: str) -> str:
    """What stands where nothing is stored.

    Args:
        command: What measures it.
    """
    return f"Not measured yet (`{command}`).\n"


def spread(values: Sequence[float], form: str = ".1f") -> str:
    """A mean, and the standard deviation where there are several seeds.

    Args:
        values: A figure for each seed.
        form: How a number is written.
    """
    mean = format(statistics.fmean(values), form)
    several = len(values) > 1
    return f"{mean} ± {statistics.stdev(values):{form}}" if several else mean
