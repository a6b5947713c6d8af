"""`start` and `step` as TensorFlow functions of named tensors, for other engines.

Such an engine knows no nest: each leaf of the state has a name, `past_0_key` or
`memory_mask`, and what a step changes of it comes back as `new_past_0_key`.

Axes: `b` sentence, `s` source position, `v` vocabulary.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras
import tensorflow as tf
from keras import tree

CHANGED = "new_"


class Function(NamedTuple):
    """A function of tensors, and what it is given."""

    call: Callable[..., dict[str, Any]]
    inputs: list[tf.TensorSpec]


def require_float32(model: keras.Model, form: str) -> None:
    """Refuse a model that computes in other numbers.

    Args:
        model: The model.
        form: The form that has none of them.

    Raises:
        ValueError: If it does.
    """
    if model.compute_dtype != "float32":
        raise ValueError(
            f"{form} computes in float32, got a model of training.precision="
            f"{model.dtype_policy.name}: the model cannot be exported to it"
        )


def functions(model: Any) -> dict[str, Function]:
    """The two functions of a model, for any number of sentences, of any length.

    `start` takes `source`, int32 `[b, s]`, and `room`, an int32 scalar: how many tokens
    a translation may have. It returns the leaves of the state by their names. `step`
    takes `tokens`, int32 `[b]`, and these leaves; it returns `logits`, float32
    `[b, v]`, and each leaf that has changed.

    Args:
        model: A built model with `start` and `step`.
    """
    states = []

    def start(source, room):
        states.append(model.start(source, room))
        return dict(leaves(states[-1]))

    source = tf.TensorSpec([None, None], tf.int32, "source")
    inputs = [source, tf.TensorSpec([], tf.int32, "room")]
    tf.function(start, autograph=False).get_concrete_function(*inputs)
    (state,) = states
    names = [name for name, _ in leaves(state)]
    structure = tree.map_structure(lambda leaf: None, state, none_is_leaf=True)

    def step(tokens, *before):
        state = tree.pack_sequence_as(structure, before)
        logits, state = model.step(tokens, state)
        after = zip(names, tree.flatten(state), before, strict=True)
        changed = {CHANGED + name: new for name, new, old in after if new is not old}
        return {"logits": logits, **changed}

    kept = [
        tf.TensorSpec([None, *leaf.shape[1:]], leaf.dtype, name)
        for name, leaf in leaves(state)
    ]
    tokens = tf.TensorSpec([None], tf.int32, "tokens")
    return {"start": Function(start, inputs), "step": Function(step, [tokens, *kept])}


def leaves(nest: Any, *names: str) -> Iterator[tuple[str, Any]]:
    """The leaves of a state and their names, in the order of `tree.flatten`.

    Args:
        nest: The state: tuples, named or not, of tensors.
        *names: Where it stands in a larger one.

    Example:
        >>> from keras_transformer.attention import KeyValueCache
        >>> list(leaves({"past": (KeyValueCache(1, 2),)}))
        [('past_0_key', 1), ('past_0_value', 2)]
    """
    if hasattr(nest, "_asdict"):
        nest = nest._asdict()
    elif isinstance(nest, tuple):
        nest = dict(enumerate(nest))
    if not isinstance(nest, dict):
        yield "_".join(names), nest
        return
    for name, part in nest.items():
        yield from leaves(part, *names, str(name))
