"""A progress bar with the time that is left, where there is tqdm.

The library needs Keras and NumPy alone; `pip install tqdm` brings the bar.
"""

import contextlib
import importlib
from collections.abc import Iterable
from typing import Any


class NoBar:
    """What stands in for a bar: it takes the same calls, and shows nothing.

    Args:
        iterable: What to iterate over, if anything.
    """

    def __init__(self, iterable: Iterable = ()):
        self.iterable = iterable

    def __iter__(self):
        return iter(self.iterable)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def update(self, count: int = 1) -> None:
        """So many more are done."""

    def set_description(self, text: str) -> None:
        """What is being done."""

    def set_postfix(self, refresh: bool = True, **numbers: Any) -> None:
        """What was measured so far."""


def progress_bar(
    iterable: Iterable | None = None, shown: bool = True, **options: Any
) -> Any:
    """A bar of tqdm, or nothing that looks like one.

    Args:
        iterable: What to iterate over; without it `update` counts.
        shown: Whether to show it.
        **options: Passed on to `tqdm`: `total`, `initial`, `unit`.

    Returns:
        A bar of `tqdm.auto`, which knows a notebook from a terminal, and shows nothing
        where there is neither; a `NoBar` if it is not to be shown, or there is no tqdm.

    Example:
        >>> list(progress_bar([1, 2], shown=False))
        [1, 2]
    """
    if shown:
        with contextlib.suppress(ImportError):
            bar = importlib.import_module("tqdm.auto").tqdm
            # In a notebook it is defined there; elsewhere None asks for a terminal.
            is_notebook = bar.__module__ == "tqdm.auto"
            return bar(iterable, disable=False if is_notebook else None, **options)
    return NoBar(() if iterable is None else iterable)
