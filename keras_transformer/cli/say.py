"""What a command reports, beside its output."""

import sys


def say(line: str) -> None:
    """Write a line to standard error, at once."""
    print(line, file=sys.stderr, flush=True)
