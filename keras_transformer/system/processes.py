"""Work that gives all of its memory back: in a process of its own."""

import multiprocessing
from collections.abc import Callable


def in_its_own_process(function: Callable[..., object], *arguments: object) -> None:
    """Call a function in a new process, whose memory is given back at its end.

    TensorFlow keeps every program that it compiled: a process that trains one model
    after the other grows with each.

    Args:
        function: A function of a module.
        arguments: What it is called with; all of it can be pickled.

    Raises:
        ChildProcessError: If it did not end well; the process has said why.
    """
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=function, args=arguments, daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        raise ChildProcessError(
            f"{function.__name__} must end with exit code 0, got {process.exitcode}"
        )
