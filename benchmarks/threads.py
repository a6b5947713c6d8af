"""As many threads for everybody as this process may use cores."""

import os


def cores() -> int:
    """The cores that this process may use; TensorFlow and JAX take all of them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def torch():
    """PyTorch, with as many threads as the others have."""
    import torch

    torch.set_num_threads(cores())
    return torch
