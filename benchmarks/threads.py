"""As many threads for everybody as this process may use cores, and the same device."""

import keras

from keras_transformer.system.devices import accelerated, cores, devices


def torch():
    """PyTorch, with the threads and the rounding of products that the others have."""
    import torch

    torch.set_num_threads(cores())
    # JAX and TensorFlow multiply float32 in TF32 where the device has it.
    torch.set_float32_matmul_precision("high")
    return torch


def torch_device() -> str:
    """Where PyTorch computes: on the GPU if Keras does.

    Raises:
        RuntimeError: If Keras computes on a GPU that PyTorch cannot use.
    """
    if not accelerated():
        return "cpu"
    if not torch().cuda.is_available():
        raise RuntimeError(f"PyTorch has no GPU, but Keras has {devices()}")
    return "cuda"


def torch_precision():
    """What PyTorch computes in: 16 bits where the policy of Keras says so."""
    half = keras.config.dtype_policy().compute_dtype == "bfloat16"
    return torch().autocast(torch_device(), torch().bfloat16, enabled=half)
