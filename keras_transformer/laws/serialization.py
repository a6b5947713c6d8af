"""Laws of what is saved, and of the weights that a layer begins with."""

import inspect
import json
import os
import tempfile
import warnings
from typing import Any

import keras
import numpy as np
from keras import tree

from keras_transformer.laws import blocks, models
from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.attention import BOTH, inputs, ready, same_of_all
from keras_transformer.laws.inputs import (
    BATCH,
    HEADS,
    KEYS,
    QUERIES,
    WIDTH,
    filled,
    numbers,
    plain,
    require_equal,
)
from keras_transformer.laws.law import law
from keras_transformer.laws.roles import assign, first_line
from keras_transformer.laws.subject import Subject

MODELS_OF_ONE = ("language_model", "encoder_model")
LAYERS = (
    "score",
    "weighting",
    "attention",
    "multi_head",
    "positions",
    "rotary",
    "position_bias",
    "relative_vectors",
    "encoder_block",
    "decoder_block",
    "residual",
    "feed_forward",
    "recurrent_encoder",
    "model",
    *MODELS_OF_ONE,
)
CONFIGURED = (*LAYERS, "loss", "accuracy", "cross_entropy")


def example(judged: Subject) -> Any:
    """Inputs by role, as many as a layer of this kind needs."""
    kind = judged.kind
    if kind == "score":
        query = numbers(BATCH, QUERIES, WIDTH)
        return {"query": query, "key": numbers(BATCH, KEYS, WIDTH, seed=1)}
    if kind == "weighting":
        return {"scores": numbers(BATCH, QUERIES, KEYS)}
    if kind in ("attention", "multi_head"):
        return filled(inputs())[0]
    if kind == "position_bias":
        heads = judged.get("num_heads", HEADS)
        return {"scores": numbers(BATCH, heads, QUERIES, KEYS)}
    if kind == "relative_vectors":
        return {"query": numbers(BATCH, HEADS, KEYS, 8)}
    if kind == "rotary":
        return {"x": numbers(BATCH, HEADS, KEYS, 8)}
    if kind == "positions":
        return {"x": numbers(BATCH, KEYS, 8)}
    if kind in blocks.BLOCKS:
        return filled(blocks.given(judged))[0]
    if kind == "residual":
        return {"x": numbers(BATCH, KEYS, 6), "y": numbers(BATCH, KEYS, 6, seed=1)}
    if kind == "feed_forward":
        return {"x": numbers(BATCH, KEYS, 6)}
    if kind == "recurrent_encoder":
        return {
            "x": numbers(BATCH, KEYS, WIDTH),
            "mask": np.ones((BATCH, 1, KEYS), bool),
        }
    if kind in MODELS_OF_ONE:
        return {"inputs": models.filled(models.TARGET)}
    sides = {"source": models.SOURCE, "target": models.TARGET}
    return {"inputs": {side: models.filled(ids) for side, ids in sides.items()}}


def _config(judged):
    if not judged.has("get_config"):
        raise NotApplicable("a function is not saved")
    try:
        return judged.given.get_config()
    except Exception as error:
        raise LawBroken(
            f"get_config raised {type(error).__name__}: {first_line(error)}"
        ) from error


@law(*CONFIGURED, craft=True)
def a_config_builds_the_same_again(judged: Subject) -> None:
    """What get_config returns is plain data, and builds an equal object."""
    config = _config(judged)
    try:
        text = json.dumps(config, sort_keys=True)
    except TypeError as error:
        raise LawBroken(f"the config is no plain data: {error}") from error
    try:
        again = type(judged.given).from_config(json.loads(text)).get_config()
    except Exception as error:
        raise LawBroken(f"from_config raised: {first_line(error)}") from error
    for name, value in json.loads(text).items():
        other = json.loads(json.dumps(again)).get(name)
        if other != value:
            raise LawBroken(
                f"{name} is {value!r} in the config, and {other!r} after it"
            )


@law(*CONFIGURED, craft=True)
def a_config_names_every_argument(judged: Subject) -> None:
    """Whatever a constructor takes, the config names."""
    config = _config(judged)
    parameters = inspect.signature(type(judged.given).__init__).parameters.values()
    free = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    taken = [p.name for p in parameters if p.kind not in free]
    of_keras = inspect.signature(keras.layers.Layer.__init__).parameters  # and self
    if missing := [name for name in taken if name not in {*config, *of_keras}]:
        raise LawBroken(
            f"the constructor takes {', '.join(missing)}, and the config does not "
            "name it: a loaded layer would have the default"
        )


@law(*CONFIGURED, craft=True)
def a_changed_option_comes_back(judged: Subject) -> None:
    """An option that is not at its default is in the config as it was set."""
    config = _config(judged)
    changes = {}
    for name, value in config.items():
        if isinstance(value, bool):
            changes[name] = not value
        elif isinstance(value, float):
            changes[name] = value / 2 + 0.125
    # All at once; one by one where not every option goes with the others.
    for some in ([changes], [{name: other} for name, other in changes.items()]):
        refused = False
        for changed in some:
            try:
                made = type(judged.given).from_config({**config, **changed})
            except (TypeError, ValueError):
                refused = True
                continue
            for name, other in changed.items():
                found = made.get_config().get(name)
                if found != other:
                    raise LawBroken(
                        f"{name} was set to {other!r}, and the config says {found!r}: "
                        "a loaded layer would not be the saved one"
                    )
        if not refused:
            return


@keras.saving.register_keras_serializable("keras_transformer.laws")
class _Holder(keras.Model):
    """A model of one layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def build(self, input_shape):
        self.built = True  # the layer is: by a call, or from the shapes that it saved

    def call(self, inputs):
        return self.layer(**inputs)

    def get_config(self):
        return {"layer": keras.saving.serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config["layer"]))


def _as_model(judged, roles):
    if isinstance(judged.given, keras.Model):
        return judged.candidate, roles["inputs"]
    _, keywords = assign(judged.candidate, roles)
    return _Holder(judged.candidate), keywords


def _ready(judged, roles):
    if judged.kind in BOTH:
        return ready(judged)
    if judged.kind in blocks.BLOCKS:
        return blocks.ready(judged)
    if judged.kind in ("model", *MODELS_OF_ONE):
        return models.ready(judged)
    return judged.built_by(lambda: judged(**roles))


@law(*LAYERS, craft=True)
def a_saved_layer_computes_the_same(judged: Subject) -> None:
    """Saved as a .keras file and loaded again, it gives equal outputs."""
    if not judged.is_layer:
        raise NotApplicable("a function is not saved")
    _config(judged)
    roles = example(judged)
    _ready(judged, roles)
    try:
        model, arguments = _as_model(judged, roles)
        wanted = tree.flatten(plain(model(arguments)))
        loaded = _saved_and_loaded(model, type(judged.given))
        got = tree.flatten(plain(loaded(arguments)))
    except LawBroken:
        raise
    except Exception as error:
        raise LawBroken(
            f"saving raised {type(error).__name__}: {first_line(error)}"
        ) from error
    for mine, saved in zip(got, wanted, strict=True):
        axes = tuple(f"axis {i}" for i in range(mine.ndim))
        require_equal(mine, saved, axes, "after loading, the output", 1e-5)


def _saved_and_loaded(model, kind):
    registered = keras.saving.get_registered_name(kind) != kind.__name__
    known = {} if registered else {kind.__name__: kind}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # Keras writes TensorFlow's variables in a way that NumPy will give up.
        warnings.simplefilter("ignore", DeprecationWarning)
        path = os.path.join(folder, "saved.keras")
        model.save(path)
        return keras.saving.load_model(path, custom_objects=known)


def _require_different(judged, what=""):
    found = judged.begun
    for i, (one, mine) in enumerate(found):
        for two, yours in found[i + 1 :]:
            if np.ptp(mine) == 0:
                continue
            if np.array_equal(mine, yours) or np.array_equal(mine.T, yours):
                raise LawBroken(
                    f"{what}{one} and {two} begin with the same numbers: "
                    "one initializer, or one copy, served both"
                )


def _begin(judged):
    """Build it, heads for one width, so that their matrices have one shape."""
    if judged.kind in BOTH:
        return ready(judged, **same_of_all())
    return _ready(judged, example(judged))


@law(*LAYERS)
def no_two_matrices_begin_equal(judged: Subject) -> None:
    """Each weight matrix begins with numbers of its own."""
    if not judged.is_layer:
        raise NotApplicable("it has no weights")
    _begin(judged)
    if not judged.candidate.trainable_weights:
        raise NotApplicable("it has no weights")
    _require_different(judged)


@law(*LAYERS, craft=True)
def a_seeded_initializer_serves_each_matrix_anew(judged: Subject) -> None:
    """With a seeded initializer the matrices are fixed by the seed, and yet differ."""
    given = getattr(judged.given, "kernel_initializer", None)
    if not judged.is_layer or given is None:
        raise NotApplicable("it takes no kernel_initializer")
    seeded = keras.initializers.GlorotUniform(seed=5)
    config = keras.initializers.serialize(seeded)
    made = judged.remade(kernel_initializer=config)
    _begin(made)
    _require_different(made, "with a seeded initializer, ")
