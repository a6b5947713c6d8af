"""Small fixed inputs that laws look with, and how they say what they saw.

Every dimension is another prime, so that a swapped axis cannot pass unseen.
"""

from typing import Any

import keras
import numpy as np

from keras_transformer.laws.answers import LawBroken, NotWritten

BATCH, QUERIES, KEYS, WIDTH, VALUE_WIDTH, HEADS = 2, 3, 5, 7, 11, 3
CASES = 4
"""As many questions are asked in one call: JAX compiles for each size of a batch."""

SCORES = ("batch", "query", "key")
CONTEXT = ("batch", "query", "feature")
SEQUENCE = ("batch", "position", "feature")


def numbers(*shape: tuple, seed: int | None = 0, scale: float = 1.0) -> np.ndarray:
    """The same normal numbers every time, float32."""
    generator = np.random.default_rng([seed, *shape])
    return (scale * generator.normal(size=shape)).astype("float32")


def stacked(cases: Any) -> Any:
    """Arrays by role, of several cases one below the other, the last one repeated."""
    cases = [*cases, *[cases[-1]] * (CASES - len(cases))]
    return {name: np.concatenate([case[name] for case in cases]) for name in cases[0]}


def unstacked(array: Any, cases: Any) -> Any:
    """The parts of an array that belong to each of so many cases."""
    return np.split(np.asarray(array), CASES)[:cases]


def filled(roles: Any) -> Any:
    """Roles with every batch repeated to the size of a stacked one: one size for all.

    Returns:
        The roles, and how many of their sentences were given; the others are copies.
    """
    given = len(next(iter(roles.values())))
    if given != BATCH:
        return roles, given
    return {
        name: np.concatenate([part] * CASES)
        if isinstance(part, np.ndarray) and len(part) == BATCH
        else part
        for name, part in roles.items()
    }, given


def kept(made: Any, sentences: Any) -> Any:
    """What was made for the sentences that were given, without the copies of them.

    What has another count of sentences stays as it is: a law is to see that.
    """
    asked = sentences * CASES if sentences == BATCH else sentences
    return made[:sentences] if made.ndim and len(made) == asked else made


def masks(queries: int = QUERIES, keys: int = KEYS) -> dict[str, np.ndarray]:
    """Boolean masks, each with at least one visible key a query."""
    generator = np.random.default_rng([queries, keys])
    scattered = generator.random((BATCH, queries, keys)) < 0.5
    scattered[..., 1] |= ~scattered.any(-1)
    padding = np.ones((BATCH, 1, keys), bool)
    padding[1, :, -2:] = False
    return {
        "a padding mask": padding,
        "a causal mask": np.tri(queries, keys, keys - queries, dtype=bool)[None],
        "a scattered mask": scattered,
    }


def blind_mask(queries: int = QUERIES, keys: int = KEYS) -> Any:
    """A scattered mask whose query 1 of batch 0 sees nothing."""
    mask = masks(queries, keys)["a scattered mask"].copy()
    mask[0, 1] = False
    return mask


def plain(result: Any) -> Any:
    """A candidate's result as NumPy, whatever the backend and the dtype."""
    if result is None or result is Ellipsis:
        raise NotWritten("it returns nothing yet")
    if isinstance(result, tuple | list):
        return type(result)(plain(part) for part in result)
    if isinstance(result, bool | int | float | np.ndarray | np.generic):
        return np.asarray(result)
    if not hasattr(result, "dtype"):
        raise LawBroken(f"it returned {type(result).__name__}, not an array")
    name = keras.backend.standardize_dtype(result.dtype)
    if name in ("bfloat16", "float16"):
        result = keras.ops.cast(result, "float32")
    return keras.ops.convert_to_numpy(result)


def values(variable: Any) -> Any:
    """The numbers in a Keras variable."""
    value = variable.value
    # NumPy reads no variable of TensorFlow without a warning.
    return plain(value.read_value() if hasattr(value, "read_value") else value)


def place(index: Any, axes: Any) -> str:
    """Where: `batch 0, query 2, key 4`; of four axes, the second is the head."""
    if len(index) == len(axes) + 1:
        axes = (axes[0], "head", *axes[1:])
    if len(index) != len(axes):
        return "index " + ", ".join(str(int(i)) for i in index)
    return ", ".join(f"{axis} {int(i)}" for axis, i in zip(axes, index, strict=True))


def require_shape(got: Any, shape: tuple, what: str) -> None:
    """Break a law if an array has another shape."""
    if tuple(got.shape) != tuple(shape):
        raise LawBroken(f"{what} should have shape {tuple(shape)}, got {got.shape}")


def require_finite(got: Any, axes: Any, what: str) -> None:
    """Break a law if an array holds NaN or infinity."""
    bad = np.argwhere(~np.isfinite(np.asarray(got, "float64")))
    if len(bad):
        value = np.asarray(got)[tuple(bad[0])]
        raise LawBroken(f"{what} is {value} at {place(bad[0], axes)}")


def require_equal(
    got: Any, wanted: Any, axes: Any, what: str, tolerance: float = 1e-4
) -> None:
    """Break a law where two arrays differ, at the place where they differ most.

    Args:
        got: What the candidate computed.
        wanted: What it should be; broadcast to the former.
        axes: Names of the axes.
        what: What the numbers are, the beginning of the sentence.
        tolerance: Allowed difference, relative to numbers above 1.
    """
    got = np.asarray(got, "float64")
    require_finite(got, axes, what)
    wanted = np.broadcast_to(np.asarray(wanted, "float64"), got.shape)
    # Where it should be infinite, a finite number is as wrong as can be.
    excess = np.full(got.shape, np.inf)
    sane = np.isfinite(wanted)
    allowed = tolerance * np.maximum(1.0, np.abs(wanted[sane]))
    excess[sane] = np.abs(got[sane] - wanted[sane]) - allowed
    if excess.size and excess.max() > 0:
        worst = np.unravel_index(np.argmax(excess), got.shape)
        raise LawBroken(
            f"{what} is {show(got[worst])} at {place(worst, axes)}, "
            f"it should be {show(wanted[worst])}"
        )


def show(value: Any) -> str:
    """A number, short."""
    return f"{float(value):.4g}"


def alike(got: Any, rules: dict[str, Any], tolerance: float) -> str:
    """Which well-known rule gives what was got; empty if none does, or more than one.

    Args:
        got: What the candidate computed.
        rules: What each of some wrong rules gives, by its description.
        tolerance: Allowed difference, relative to numbers above 1.
    """
    found = []
    for name, made in rules.items():
        made = np.asarray(made, "float64")
        near = np.abs(got - made) <= tolerance * np.maximum(1.0, np.abs(made))
        if near.all():
            found.append(name)
    return f"; the result equals {found[0]}" if len(found) == 1 else ""
