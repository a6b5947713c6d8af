import keras
import pytest


@pytest.fixture(scope="session")
def compiled():
    """`compiled(function)`: the function, as one XLA program where there is XLA."""
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return lambda function: tf.function(function, jit_compile=True)
    if backend == "jax":
        import jax

        return jax.jit
    return lambda function: function


@pytest.fixture(scope="session")
def in_one_piece():
    """`in_one_piece(function)`: one program on JAX, which else compiles each operation.

    Elsewhere it is the function itself.
    """
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit
    return lambda function: function
