import contextlib

import keras
import pytest

ON_JAX = keras.backend.backend() == "jax"


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "compiles: a test that is slow where each loop is compiled anew"
    )


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("compiles") and ON_JAX:
            reason = "there each loop is compiled anew"
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def uncompiled():
    """Run loops step by step: JAX would compile every loop that is called eagerly."""
    if ON_JAX:
        import jax

        context = jax.disable_jit()
    else:
        context = contextlib.nullcontext()
    with context:
        yield
