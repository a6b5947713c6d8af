"""What a training that somebody interrupted leaves behind, said where it stopped."""

import contextlib
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def told(run: Any) -> Iterator[None]:
    """Add to an interrupt what the run holds, and how it goes on.

    Args:
        run: A `Run`: its epoch, its batch, its folder.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        epoch, index = f"{run.epoch + 1} of {run.config.epochs}", run.index
        interrupt.add_note(
            f"The model holds what it had learned by epoch {epoch}, batch {index} of "
            f"{len(run.train)}, and can be used. Called again, the run goes on: from "
            f"its last checkpoint in {run.folder}, or, without one, from these weights."
        )
        raise
