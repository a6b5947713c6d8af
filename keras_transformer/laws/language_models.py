"""Laws of language models: `ids [b, t] → logits [b, t, v]`, prompts, packed rows."""

import numpy as np
from keras import ops, tree

from keras_transformer.laws.answers import LawBroken, NotApplicable
from keras_transformer.laws.inputs import plain, require_equal, show
from keras_transformer.laws.law import law
from keras_transformer.laws.models import (
    LOGITS,
    ROWS,
    SOURCE,
    TARGET,
    filled,
    logits,
    ready,
    usual,
)
from keras_transformer.laws.rebuilding import rebuilt
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject
from keras_transformer.tokens.reserved import START

PROMPTS = (4, 2)
"""So many tokens of the two sentences are their prompts."""
PACKED = np.array([[1, 8, 5, 4, 1, 9, 1, 6, 3, 0]] * ROWS)
SEGMENTS = np.array([[1, 1, 1, 1, 2, 2, 3, 3, 3, 0]] * ROWS)


def dropping(model: Subject, rate: float, only: int | None = None) -> Subject:
    """The candidate with another dropout, wherever in its config it stands.

    Args:
        model: The candidate.
        rate: The dropout.
        only: The number of the one option that gets it; all others get 0.
    """
    config = _config_with_dropout(model)
    count = iter(range(10_000))

    def changed(config):
        if isinstance(config, list | tuple):
            return type(config)(changed(part) for part in config)
        if not isinstance(config, dict):
            return config
        return {k: here() if k == "dropout" else changed(v) for k, v in config.items()}

    def here():
        return rate if only in (None, next(count)) else 0.0

    made = rebuilt(model.given, changed(config))
    return Subject(made, model.kind, model.traits, model.reference)


def _config_with_dropout(model):
    if not model.is_layer:
        raise NotApplicable("it has no dropout")
    config = model.given.get_config()
    if "'dropout'" not in repr(config):
        raise NotApplicable("it has no option dropout")
    return config


@law("language_model", "encoder_model")
def dropout_varies_in_training_alone(model: Subject) -> None:
    """With dropout, training varies; inference repeats, and is as without dropout."""
    wet, dry = dropping(model, 0.5), dropping(model, 0.0)
    for judged in (wet, dry):
        ready(judged)
    calm = logits(dry)
    axes = LOGITS if calm.ndim == 3 else ("batch", "class")
    what = "with dropout 0.5 and training=False, the logit"
    require_equal(logits(wet), calm, axes, what, model.tolerance)
    if np.abs(logits(wet, training=True) - calm).max() < 1e-3:
        raise LawBroken("with dropout 0.5 and training=True nothing is dropped")
    owners = _owners(model.given.get_config(), type(model.given).__name__)
    for number, owner in enumerate(owners if len(owners) > 1 else ()):
        one = ready(dropping(model, 0.5, only=number))
        if np.abs(logits(one, training=True) - calm).max() < 1e-3:
            raise LawBroken(
                f"with the dropout of {owner} alone at 0.5 and training=True nothing "
                "is dropped: does training reach it?"
            )


def _owners(config, owner):
    """The class to which each option dropout belongs, in the order of the config."""
    if isinstance(config, list | tuple):
        return [name for part in config for name in _owners(part, owner)]
    if not isinstance(config, dict):
        return []
    owner = config.get("class_name", owner)
    return [
        name
        for key, part in config.items()
        for name in ([owner] if key == "dropout" else _owners(part, owner))
    ]


@law("language_model")
def every_output_reads_all_that_was_said(model: Subject) -> None:
    """The last output depends on each token before it, however far away."""
    ready(model)
    ids = np.repeat(TARGET[:1], ROWS, 0)
    for place in range(TARGET.shape[1]):
        ids[place + 1, place] = 11 - ids[place + 1, place]
    moved = np.abs(logits(model, target=ids, source=ids) - usual(model)[:1]).max(-1)
    last = moved[1 : TARGET.shape[1] + 1, -1]
    if last.min() < 1e-4:
        raise LawBroken(f"token {last.argmin()} changed, and the last output did not")


@law("language_model", needs={"aware of order"})
def the_order_of_what_was_said_counts(model: Subject) -> None:
    """The same tokens in another order let another one follow."""
    ready(model)
    ids = np.repeat(TARGET[:1], ROWS, 0)
    ids[1, [1, 3]] = ids[1, [3, 1]]
    last = logits(model, target=ids, source=ids)[:, -1]
    if np.abs(last[1] - last[0]).max() < 1e-4:
        raise LawBroken("tokens 1 and 3 were swapped, and the last output stayed")


def _begun(model, order=slice(None)):
    """The state after the prompts."""
    said = np.arange(max(PROMPTS)) < np.array(PROMPTS)[:, None]
    prompts = filled(np.where(said, TARGET[:, : max(PROMPTS)], 0))
    return guarded(model.get("start"), prompts[order], TARGET.shape[1])


@law("language_model")
def prompts_and_steps_equal_the_whole_sequence(model: Subject) -> None:
    """Prompts of any lengths, read at once, and steps give what the whole gives."""
    if not model.has("start", "step"):
        raise NotApplicable("it has no start and step")
    ready(model)
    whole, step = usual(model), model.get("step")
    state, tokens = _begun(model), np.full(ROWS, START)
    for t in range(3):
        made, after = guarded(step, tokens, state)
        for row, length in enumerate(PROMPTS):
            what = (
                f"after a prompt of {length} tokens beside one of "
                f"{PROMPTS[1 - row]}, at step {t}, the logit"
            )
            got, wanted = plain(made)[row], whole[row, length - 1 + t]
            require_equal(got, wanted, ("token",), what, 20 * model.tolerance)
        again, _ = guarded(step, tokens, state)
        what = f"step {t} taken twice from one state: the logit"
        require_equal(plain(again), plain(made), ("batch", "token"), what, 1e-6)
        following = [TARGET[row, length + t] for row, length in enumerate(PROMPTS)]
        state, tokens = after, filled(np.array(following))


@law("language_model")
def the_state_after_prompts_can_be_reordered(model: Subject) -> None:
    """Every leaf of the state is batch-first: a beam may swap hypotheses in it."""
    if not model.has("start", "step"):
        raise NotApplicable("it has no start and step")
    ready(model)
    step, order = model.get("step"), np.arange(ROWS)[::-1]
    states = []
    for rows in (slice(None), order):
        _, state = guarded(step, np.full(ROWS, START), _begun(model, rows))
        states.append(state)
    for leaf in tree.flatten(states[0]):
        if tuple(leaf.shape)[:1] != (ROWS,):
            raise LawBroken(
                f"of {ROWS} prompts the state has a part of shape "
                f"{tuple(leaf.shape)}: its first axis is not the batch"
            )
    swapped = tree.map_structure(lambda leaf: ops.take(leaf, order, axis=0), states[0])
    tokens = filled(TARGET[:, 4])[order]
    got, wanted = (guarded(step, tokens, s)[0] for s in (swapped, states[1]))
    what = "from a state whose rows were put in reverse order, the logit"
    axes = ("batch", "token")
    require_equal(plain(got), plain(wanted), axes, what, 10 * model.tolerance)


@law("language_model", "encoder_model", needs={"packs"})
def sentences_of_a_row_are_as_each_alone(model: Subject) -> None:
    """Several sentences in a row: none sees another, and each begins at position 0."""
    ready(model)
    inputs = {"ids": PACKED, "segments": SEGMENTS}
    packed = plain(guarded(model.candidate, inputs, training=False))
    for number in range(1, SEGMENTS.max() + 1):
        mine = SEGMENTS[0] == number
        alone = logits(model, source=SOURCE, target=PACKED[:2, mine])[0]
        what = f"beside others in its row, of sentence {number} the logit"
        require_equal(packed[0, mine], alone, LOGITS[1:], what, 10 * model.tolerance)
    if np.abs(packed - packed[:1]).max() > 10 * model.tolerance:
        raise LawBroken(
            "equal rows gave other logits, by up to "
            + show(np.abs(packed - packed[:1]).max())
        )
