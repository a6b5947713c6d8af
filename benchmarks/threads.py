"""As many threads for everybody as this process may use cores."""

from keras_transformer.training.devices import cores


def torch():
    """PyTorch, with as many threads as the others have."""
    import torch

    torch.set_num_threads(cores())
    return torch
