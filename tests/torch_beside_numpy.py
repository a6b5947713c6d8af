"""PyTorch's tensors and NumPy's arrays side by side, as tests write them.

On TensorFlow and JAX `np.testing.assert_allclose(layer(x), wanted)` and
`layer(x) * array` need no word more, nor does `float(loss)`. PyTorch refuses to show
the numbers of a tensor with a gradient, warns of a float made of it, and loses the
gradient of what meets an array. Tests are forgiven that; the library is not.
"""

import functools
import pathlib
import sys

import numpy as np
import torch

TESTS = str(pathlib.Path(__file__).parent)
OPERATORS = ("add", "sub", "mul", "truediv", "matmul")


def asked_by_a_test():
    """Whether the first caller that is neither NumPy nor PyTorch is a test."""
    frame = sys._getframe(2)
    while frame.f_globals.get("__name__", "").partition(".")[0] in ("numpy", "torch"):
        frame = frame.f_back
    return frame.f_code.co_filename.startswith(TESTS)


def readable(read):
    @functools.wraps(read)
    def as_array(self, dtype=None, copy=None):
        if asked_by_a_test():
            self = self.detach()
            if self.dtype == torch.bfloat16:  # NumPy has none
                self = self.float()
        # Without a copy, an array of a weight would change with the weight.
        array = read(self, dtype)
        return array.copy() if copy else array

    return as_array


def without_gradient(read):
    @functools.wraps(read)
    def as_number(self):
        return read(self.detach() if asked_by_a_test() else self)

    return as_number


def beside_arrays(compute):
    @functools.wraps(compute)
    def with_tensors(self, other):
        if isinstance(other, np.ndarray) and asked_by_a_test():
            other = torch.as_tensor(other)
        return compute(self, other)

    return with_tensors


def install():
    # Else it warns once in a process, and which test it fails depends on their order.
    torch.set_warn_always(True)
    torch.Tensor.__array__ = readable(torch.Tensor.__array__)
    torch.Tensor.__float__ = without_gradient(torch.Tensor.__float__)
    for name in OPERATORS:
        for method in (f"__{name}__", f"__r{name}__"):
            setattr(torch.Tensor, method, beside_arrays(getattr(torch.Tensor, method)))
