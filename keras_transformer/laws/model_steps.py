"""Laws of translators: training, cached steps, and the batches they are taught by."""

import numpy as np
from keras import ops, tree

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.gradients import gradients
from keras_transformer.laws.inputs import plain, require_equal, require_finite, show
from keras_transformer.laws.law import law
from keras_transformer.laws.models import (
    LOGITS,
    SOURCE,
    TARGET,
    filled,
    given,
    logits,
    ready,
    usual,
)
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject


@law("model")
def training_drops_and_inference_does_not(model: Subject) -> None:
    """With dropout, training varies; inference repeats, and is as without dropout."""
    wet, dry = model.remade(dropout=0.5), model.remade(dropout=0.0)
    for judged in (wet, dry):
        ready(judged)
    what = "with dropout 0.5 and training=False, the logit"
    calm = usual(dry)
    require_equal(logits(wet), calm, LOGITS, what, model.tolerance)
    if np.abs(logits(wet, training=True) - calm).max() < 1e-3:
        raise LawBroken("with dropout 0.5 and training=True nothing is dropped")


@law("model", "language_model", "encoder_model")
def gradients_reach_the_whole_model(model: Subject) -> None:
    """Every matrix of the model gets a gradient that is finite and not 0."""
    if not model.is_layer:
        raise NotApplicable("it has no weights")
    ready(model)

    def answer():
        inputs = given(model, filled(SOURCE), filled(TARGET))
        return model.candidate(inputs, training=False)

    _, slopes = gradients(answer, [], layer=model.candidate)
    for weight, slope in zip(model.candidate.trainable_weights, slopes, strict=True):
        require_finite(slope, (), f"the gradient of {weight.path}")
        if len(weight.shape) > 1 and np.abs(slope).max() == 0:
            raise LawBroken(f"{weight.path} gets no gradient: nothing depends on it")


@law("model")
def cached_steps_equal_the_whole_sequence(model: Subject) -> None:
    """Token by token, with a cache, the logits are those of the whole sequence."""
    if not model.has("start", "step"):
        raise NotApplicable("it has no start and step")
    ready(model)
    start, step = model.get("start"), model.get("step")
    source, target = filled(SOURCE), filled(TARGET)
    whole = filled(usual(model))
    state = guarded(start, source, target.shape[1])
    for t in range(target.shape[1]):
        made, after = guarded(step, target[:, t], state)
        kept = (target[:, t] != 0)[:, None]
        what = f"by cached steps, at step {t}, the logit"
        got = np.where(kept, plain(made), whole[:, t])
        require_equal(got, whole[:, t], ("batch", "token"), what, 20 * model.tolerance)
        if t == 2:
            again, _ = guarded(step, target[:, t], state)
            what = f"step {t} taken twice from one state: the logit"
            require_equal(plain(again), plain(made), ("batch", "token"), what, 1e-6)
        state = after


@law("model")
def a_state_can_be_reordered(model: Subject) -> None:
    """Every leaf of the state is batch-first: a beam may swap hypotheses in it."""
    if not model.has("start", "step"):
        raise NotApplicable("it has no start and step")
    ready(model)
    start, step = model.get("start"), model.get("step")
    source, target = filled(SOURCE), filled(TARGET)
    states = []
    for rows in (slice(None), slice(None, None, -1)):
        state = guarded(start, source[rows], target.shape[1])
        for t in range(2):
            _, state = guarded(step, target[rows][:, t], state)
        states.append(state)
    for leaf in tree.flatten(states[0]):
        if tuple(leaf.shape)[:1] != (len(source),):
            raise LawBroken(
                f"of {len(source)} sentences the state has a part of shape "
                f"{tuple(leaf.shape)}: its first axis is not the batch"
            )
    order = np.arange(len(source))[::-1]
    swapped = tree.map_structure(lambda leaf: ops.take(leaf, order, axis=0), states[0])
    got, wanted = (guarded(step, target[order, 2], s)[0] for s in (swapped, states[1]))
    what = "from a state whose rows were put in reverse order, the logit"
    axes = ("batch", "token")
    require_equal(plain(got), plain(wanted), axes, what, 10 * model.tolerance)


@law("model", "language_model")
def an_untrained_model_hardly_knows(model: Subject) -> None:
    """Before training the loss is about log V: the model guesses, and is not sure."""
    if not model.is_layer:
        raise NotApplicable("it has no weights")
    made = logits(model).astype("float64")
    labels = np.roll(TARGET, -1, 1)
    chances = (
        made - np.log(np.exp(made - made.max(-1, keepdims=True)).sum(-1))[..., None]
    )
    chances -= made.max(-1, keepdims=True)
    cost = -np.take_along_axis(chances, labels[..., None], -1).mean()
    guess = np.log(made.shape[-1])
    if cost > guess + 2:
        raise LawBroken(
            f"before training the loss is {show(cost)}, a guess costs {show(guess)}"
        )


@law("teacher_forcing")
def the_decoder_reads_what_came_before_its_label(shift: Subject) -> None:
    """The label at t is the input at t + 1: the decoder never reads its own label."""
    target = [[5, 6, 7], [8, 9]]
    made = guarded(shift.candidate, target)
    if not isinstance(made, tuple | list) or len(made) != 2:
        raise LawBroken("it should return (decoder inputs, labels)")
    inputs, labels = (np.asarray(plain(part)) for part in made)
    if inputs.shape != labels.shape:
        raise LawBroken(f"inputs have shape {inputs.shape}, labels {labels.shape}")
    for b, tokens in enumerate(target):
        size = len(tokens)
        if list(inputs[b, 1 : size + 1]) != tokens or list(labels[b, :size]) != tokens:
            raise LawBroken(
                f"sentence {b} is {tokens}: the decoder reads {inputs[b].tolist()} and "
                f"must predict {labels[b].tolist()}; a label should be the next input"
            )
        if inputs[b, 0] == tokens[0] or labels[b, size] in (0, tokens[-1]):
            raise LawBroken(f"sentence {b} lacks its start or its end")


@law("teacher_forcing")
def every_target_starts_alike_and_ends_once(shift: Subject) -> None:
    """A start token of its own, the same for all; after the end only padding."""
    target = [[5, 6, 7], [8, 9]]
    made = guarded(shift.candidate, target)
    inputs, labels = (np.asarray(plain(part)) for part in made)
    start, end = int(inputs[0, 0]), int(labels[0, 3])
    if start == 0 or set(inputs[:, 0].tolist()) != {start}:
        raise LawBroken(
            f"the decoder begins with {inputs[:, 0].tolist()}; a mask hides 0, the "
            "padding, and every sentence begins alike"
        )
    rests = labels[0, 4:], labels[1, 3:], inputs[0, 5:], inputs[1, 4:]
    if labels[1, 2] != end or any(rest.any() for rest in rests):
        raise LawBroken(
            f"after {target[1]} the decoder reads {inputs[1, 3:].tolist()} and must "
            f"predict {labels[1, 2:].tolist()}: one end, then padding, which is 0"
        )
