"""Laws of the weights that a model shows: whose they are."""

from typing import Any

import numpy as np

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import plain, values
from keras_transformer.laws.law import law
from keras_transformer.laws.models import SOURCE, TARGET, filled, given, ready
from keras_transformer.laws.rebuilding import config_of, rebuilt, with_value
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject


@law("model", "language_model")
def weights_are_shown_in_the_order_of_the_layers(model: Subject) -> None:
    """Of two layers the first one's weights are shown first."""
    if not model.has("attention_weights"):
        raise NotApplicable("it shows no weights")
    config = with_value(config_of(model.given), 2, "num_layers")
    if "'num_layers'" not in repr(config):
        raise NotApplicable("it has no option num_layers")
    made = rebuilt(model.given, config)
    two = ready(Subject(made, model.kind, model.traits, model.reference))
    before = _shown(two)
    alone = {name: set() for name in before}
    for weight in _of_queries(two):
        kept = values(weight)
        weight.assign(-kept)
        for name, shares in _shown(two).items():
            moved = np.abs(shares - before[name]).max((0, 2, 3, 4))
            if len(moved) == 2 and (moved > 1e-4).sum() == 1 and moved.min() < 1e-6:
                alone[name].add(int(moved.argmax()))
        weight.assign(kept)
    for name, layers in alone.items():
        # What the first layer does the second reads; so only the last moves alone.
        if layers == {0}:
            raise LawBroken(
                f"a query's weights were changed, and of what is shown of {name} only "
                "what stands first: a layer that no other one reads is the last, are "
                "they in reverse order?"
            )


def _of_queries(model: Subject) -> list[Any]:
    """The matrices that make queries; where no name says so, all."""
    found = [w for w in model.candidate.trainable_weights if len(w.shape) > 1]
    return [w for w in found if "query" in w.path] or found


def _shown(model: Subject) -> dict[str, Any]:
    """Weights `[b, layers, h, t, s]` by what they are of."""
    inputs = given(model, filled(SOURCE), filled(TARGET))
    made = guarded(model.get("attention_weights"), inputs)
    names = getattr(made, "_fields", None)
    parts = dict(zip(names, made, strict=True)) if names else {"the model": made}
    parts = {name: plain(part) for name, part in parts.items() if part is not None}
    return {name: part for name, part in parts.items() if part.ndim == 5}
