"""What shows whether two candidates of one kind compute the same."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from keras_transformer.laws import (
    blocks,
    decoders,
    filters,
    losses,
    metrics,
    models,
    recurrent_decoders,
    recurrent_encoders,
    temperatures,
    training_steps,
)
from keras_transformer.laws import inputs as probes
from keras_transformer.laws.answers import NotApplicable
from keras_transformer.laws.attention import inputs
from keras_transformer.laws.inputs import (
    BATCH,
    HEADS,
    KEYS,
    QUERIES,
    WIDTH,
    numbers,
    plain,
)
from keras_transformer.laws.roles import guarded
from keras_transformer.laws.subject import Subject
from keras_transformer.laws.toy_models import Script, Tree

_IDS = np.array([[5, 9, 0, 0, 0], [3, 4, 7, 2, 0]])

Comparison = tuple[Callable[[Subject], Any], Callable[[Any], Any]]


def _as_it_is(result):
    return result


def _in_order(result):
    """Weights of a query from small to large: of equal scores any may be chosen."""
    return np.sort(result, -1)


def comparisons(reference: Subject) -> Iterator[Comparison]:
    """Questions to ask both of, each with the view in which the answers are compared.

    Args:
        reference: Its kind says what is asked, its sizes with what.

    Raises:
        NotApplicable: If nothing is compared for that kind.
    """
    if reference.kind in _ASKED:
        for ask in _ASKED[reference.kind](reference):
            yield ask, _as_it_is
        return
    for roles, view in _calls(reference):
        yield lambda judged, roles=roles: _outcome(judged, roles), view


def _outcome(judged, roles):
    """What is compared of an answer: weights that came with it are not."""
    made = judged(**roles)
    both = judged.kind == "recurrent_encoder"
    return made if both or not isinstance(made, tuple | list) else made[0]


def _calls(judged):
    kind = judged.kind
    if kind == "score":
        query, key = numbers(BATCH, QUERIES, WIDTH), numbers(BATCH, KEYS, WIDTH, seed=1)
        yield {"query": query, "key": key}, _as_it_is
    elif kind == "weighting":
        scores = numbers(BATCH, QUERIES, KEYS, scale=2.0)
        yield {"scores": scores}, _as_it_is
        yield {"scores": np.sign(scores)}, _in_order
        yield {"scores": 0 * scores, "mask": probes.blind_mask()}, _in_order
        yield {"scores": scores, "mask": probes.blind_mask()}, _as_it_is
    elif kind in ("attention", "multi_head"):
        yield inputs(), _as_it_is
        yield {**inputs(), "mask": probes.masks()["a scattered mask"]}, _as_it_is
    elif kind == "padding_mask":
        yield {"ids": _IDS}, _as_it_is
    elif kind == "causal_mask":
        yield {"query_length": 5}, _as_it_is
    elif kind == "positions":
        yield {"x": numbers(BATCH, KEYS, 8)}, _as_it_is
        yield {"x": numbers(BATCH, KEYS, 8), "offset": 3}, _as_it_is
    elif kind == "position_table":
        yield {"length": 11, "width": 8}, _as_it_is
    elif kind == "position_bias":
        scores = numbers(BATCH, judged.get("num_heads", HEADS), QUERIES, KEYS)
        yield {"scores": scores}, _as_it_is
        yield {"scores": scores, "offset": 2}, _as_it_is
    elif kind in blocks.BLOCKS:
        yield blocks.given(judged), _as_it_is
    elif kind == "feed_forward":
        yield {"x": numbers(BATCH, KEYS, 6)}, _as_it_is
    elif kind == "residual":
        x, y = numbers(BATCH, KEYS, 6), numbers(BATCH, KEYS, 6, seed=1)
        yield {"x": x, "y": y}, _as_it_is
    elif kind == "rotary":
        yield {"x": numbers(BATCH, 3, KEYS, 8)}, _as_it_is
        yield {"x": numbers(BATCH, 3, KEYS, 8), "offset": 3}, _as_it_is
    elif kind == "loss":
        labels = losses.LABELS
        yield {"labels": labels, "logits": numbers(*labels.shape, 7)}, _as_it_is
    elif kind == "recurrent_encoder":
        yield recurrent_encoders.sentences(), _as_it_is
    else:
        raise NotApplicable(f"nothing is compared for a {kind}")


def _models(_):
    yield models.logits
    yield lambda judged: models.logits(judged, models.SOURCE[:1], models.TARGET[:1])


def _metrics(_):
    logits = numbers(*metrics.RIGHT.shape, scale=2.0)
    wide = np.pad(metrics.LABELS, ((0, 0), (0, 2)))
    batches = [(metrics.LABELS, logits), (wide, numbers(*wide.shape, 7, seed=1))]
    yield lambda judged: metrics.measured(judged, batches[0])
    yield lambda judged: metrics.measured(judged, *batches)


def _bleus(_):
    said = [metrics.REFERENCES[0], "we like green tea but only with it ."]
    yield lambda judged: metrics.bleu_score(judged, said, metrics.REFERENCES)


def _decoders(reference):
    """Models whose best sentence is the same for all that search well enough."""
    yield lambda judged: decoders.decoded(judged, Script(), decoders.SOURCES, 6)
    few = decoders.SOURCES[:2]
    for seed in Tree.SEEDS:
        yield lambda judged, s=seed: decoders.decoded(judged, Tree(s), few, 5)


def _filters(_):
    logits = numbers(3, 17, scale=1.5)
    yield lambda judged: filters.filtered(judged, logits)[1]


def _masks(_):
    masks = (_IDS != 0)[:, None], np.tri(5, dtype=bool)[None]
    yield lambda judged: plain(guarded(judged.candidate, *masks)) != 0


def _schedules(_):
    for step in (0, 3, 7, 8, 100):
        yield lambda judged, s=step: training_steps.rate(judged, s)


def _clippings(_):
    for scale in (0.01, 10.0):
        yield lambda judged, s=scale: training_steps.clipped(judged, s, 0.5)


def _shifts(_):
    yield lambda judged: plain(guarded(judged.candidate, [[5, 6, 7], [8, 9]]))


def _written(_):
    yield lambda judged: recurrent_decoders.written(
        judged, **recurrent_decoders.read(judged)
    )


def _tempers(_):
    logits = numbers(3, 17, scale=1.5)
    for temperature in (0.5, 2.0):
        yield lambda judged, t=temperature: temperatures.tempered(judged, logits, t)


_ASKED = {
    "model": _models,
    "accuracy": _metrics,
    "cross_entropy": _metrics,
    "perplexity": _metrics,
    "bleu": _bleus,
    "decoding": _decoders,
    "filter": _filters,
    "recurrent_decoder": _written,
    "temperature": _tempers,
    "combine_masks": _masks,
    "schedule": _schedules,
    "clipping": _clippings,
    "teacher_forcing": _shifts,
}
