"""What users hand over as masks, and what Keras hands over by itself."""

import re

import attention_oracles as oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import Attention, MultiHeadAttention, TopK
from keras_transformer.attention.kernels import choose
from keras_transformer.masks import causal_mask

B, T, S, HEADS, WIDTH = 2, 5, 7, 6, 12
IDS = np.array([[3, 1, 4, 1, 5], [2, 7, 1, 0, 0]])
KEPT = IDS != 0


def built(groups=None, **options):
    layer = MultiHeadAttention(HEADS, WIDTH, num_key_value_heads=groups, **options)
    layer.build((None, None, WIDTH), (None, None, WIDTH))
    for number, weight in enumerate(layer.weights):
        if weight.shape:
            weight.assign(oracle.numbers(*weight.shape, seed=number) / 3)
    return layer


def embedding(mask_zero=True):
    layer = keras.layers.Embedding(8, WIDTH, mask_zero=mask_zero)
    layer.build()
    layer.set_weights([oracle.numbers(8, WIDTH)])
    return layer


def seen(*shape):
    mask = oracle.numbers(*shape, seed=4) > 0
    mask[..., 0] = True
    return mask


def array(x):
    return ops.convert_to_numpy(x)


EXPLICIT = {
    "none": None,
    "batch": seen(B, T, T),
    "all heads": seen(B, 1, T, T),
    "each head": seen(B, HEADS, T, T),
    "padding": seen(B, 1, T),
    "no batch": seen(T, T),
}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("explicit", EXPLICIT)
def test_masks_combine_as_those_of_keras(explicit, implicit, causal):
    ours = built()
    theirs = oracle.multi_head_attention_of_keras(ours)
    mask = whole = EXPLICIT[explicit]
    x, plain = embedding(implicit)(IDS), embedding(False)(IDS)
    kept = KEPT if implicit else np.ones_like(KEPT)
    if mask is not None and mask.ndim == 4 and implicit:
        # Of Keras's, a mask of heads meets one of the batch on the wrong axis.
        whole = mask & KEPT[:, None, None]
    wanted = theirs(
        *([x, x] if whole is mask else [plain, plain]),
        attention_mask=whole,
        use_causal_mask=causal,
    )
    x = embedding(implicit)(IDS)  # Keras's layer takes the masks off its inputs
    found = ours(x, x, attention_mask=mask, use_causal_mask=causal)
    # A padded query sees nothing: ours yields the bias, the fused one of Keras a mean.
    np.testing.assert_allclose(array(found)[kept], array(wanted)[kept], atol=1e-5)


class Subclassed(keras.Model):
    def __init__(self, attention):
        super().__init__()
        self.embedding, self.attention = embedding(), attention

    def call(self, ids):
        x = self.embedding(ids)
        return self.attention(x, x)


def ways(attention):
    """The same model, as people write them."""
    inputs = keras.Input((None,), dtype="int32")
    x = embedding()(inputs)
    yield keras.Model(inputs, attention(x, x))
    yield Subclassed(attention)
    embed = embedding()
    yield lambda ids: attention(*[embed(ids)] * 2)


@pytest.mark.parametrize("make", [built, lambda: built(2), Attention])
def test_the_masks_of_an_embedding_arrive_however_the_model_is_written(make):
    attention = make()
    x = embedding(False)(IDS)
    wanted = array(attention(x, x, attention_mask=KEPT[:, None]))[KEPT]
    for model in ways(attention):
        found = model(ops.convert_to_tensor(IDS))
        np.testing.assert_allclose(array(found)[KEPT], wanted, atol=1e-5)
        np.testing.assert_array_equal(array(found._keras_mask), KEPT)


def test_predict_hears_the_masks_of_an_embedding():
    attention = built()
    x = embedding(False)(IDS)
    wanted = array(attention(x, x, attention_mask=KEPT[:, None]))[KEPT]
    model = next(ways(attention))
    np.testing.assert_allclose(model.predict(IDS, verbose=0)[KEPT], wanted, atol=1e-5)


def test_the_padding_of_a_memory_is_hidden_from_a_sequence_without_padding():
    attention, memory = built(), embedding()(IDS)
    query = oracle.numbers(B, 3, WIDTH)
    found = attention(query, memory)
    wanted = attention(query, array(memory), attention_mask=KEPT[:, None])
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_the_padding_of_keys_counts_beside_that_of_values():
    attention = built()
    query, x = oracle.numbers(B, 3, WIDTH), oracle.numbers(B, T, WIDTH)
    one, other = KEPT, np.array([[True, False, True, True, True]] * B)
    found = attention(query, x, x + 1, value_mask=one, key_mask=other)
    wanted = attention(query, x, x + 1, attention_mask=(one & other)[:, None])
    np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("groups", [None, 2, 1])
def test_a_padded_query_yields_the_bias_and_others_do_not_feel_it(groups):
    attention, x = built(groups), oracle.numbers(B, T, WIDTH)
    without, _ = attention(x, x, return_weights=True)
    found, weights = attention(x, x, query_mask=KEPT, return_weights=True)
    np.testing.assert_allclose(array(found)[KEPT], array(without)[KEPT], atol=1e-6)
    bias = array(attention.output_projection.bias.value)
    np.testing.assert_allclose(array(found)[~KEPT], np.tile(bias, (2, 1)), atol=1e-6)
    assert not array(weights).transpose(0, 2, 1, 3)[~KEPT].any()


def test_a_padded_query_of_one_attention_yields_zeros():
    x = oracle.numbers(B, T, 3)
    found = array(Attention()(x, x, query_mask=KEPT))
    np.testing.assert_allclose(found[KEPT], array(Attention()(x, x))[KEPT], atol=1e-6)
    assert not found[~KEPT].any()


@pytest.mark.parametrize("groups", [None, 3, 1])
def test_a_mask_for_each_head_acts_on_that_head(groups):
    attention = built(groups)
    query, value = oracle.numbers(B, T, WIDTH), oracle.numbers(B, S, WIDTH)
    masks = seen(B, HEADS, T, S)
    _, found = attention(query, value, attention_mask=masks, return_weights=True)
    for head in range(HEADS):
        mask = masks[:, head]
        _, wanted = attention(query, value, attention_mask=mask, return_weights=True)
        np.testing.assert_allclose(found[:, head], wanted[:, head], atol=1e-6)


def test_a_causal_mask_lets_the_last_query_see_the_last_key():
    attention = built()
    query, value = oracle.numbers(B, T, WIDTH), oracle.numbers(B, S, WIDTH)
    found = attention(query, value, use_causal_mask=True)
    wanted = attention(query, value, attention_mask=causal_mask(T, S))
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    rule = "needs at least as many keys as queries, got query_length=7, key_length=5"
    with pytest.raises(ValueError, match=rule):
        attention(value, query, use_causal_mask=True)


@pytest.mark.parametrize("explicit", ["none", "padding", "each head"])
def test_masks_work_in_a_model_of_unknown_lengths_and_compiled(explicit, compiled):
    attention, mask = built(2), EXPLICIT[explicit]
    inputs, masks = keras.Input((None,), dtype="int32"), []
    if mask is not None:
        heads = [HEADS] * (mask.ndim == 4)
        masks = [keras.Input((*heads, None if heads else 1, None), dtype="bool")]
    x = embedding()(inputs)
    output = attention(
        x, x, attention_mask=masks[0] if masks else None, use_causal_mask=True
    )
    assert output.shape == (None, None, WIDTH)
    given = [ops.convert_to_tensor(a) for a in (IDS, mask) if a is not None]
    model = keras.Model([inputs, *masks], output)
    x = embedding(False)(IDS)
    whole = KEPT[:, None, None] & np.tri(T, dtype=bool)
    whole = (
        whole if mask is None else whole & (mask[:, None] if mask.ndim == 3 else mask)
    )
    wanted = array(attention(x, x, attention_mask=whole))[KEPT]
    for run in (model, compiled(lambda *given: model(list(given)))):
        found = run(given) if run is model else run(*given)
        np.testing.assert_allclose(array(found)[KEPT], wanted, atol=1e-5)


AXES = "must be [t, s], [b, t, s], [b, 1, t, s] or [b, h, t, s], here with b=2, h=6, "


@pytest.mark.parametrize(
    ("shape", "rule"),
    [
        ((2, 7), f"{AXES}t=5, s=7, got shape (2, 7); a mask of padding [b, s] is"),
        ((7,), f"{AXES}t=5, s=7, got shape (7,)"),
        ((7, 5), f"{AXES}t=5, s=7, got shape (7, 5)"),
        ((3, 5, 7), f"{AXES}t=5, s=7, got shape (3, 5, 7)"),
        ((2, 3, 5, 7), f"{AXES}t=5, s=7, got shape (2, 3, 5, 7)"),
        ((1, 2, 6, 5, 7), f"{AXES}t=5, s=7, got shape (1, 2, 6, 5, 7)"),
    ],
)
def test_a_mask_that_does_not_fit_the_heads_is_refused(shape, rule):
    query, value = oracle.numbers(B, T, WIDTH), oracle.numbers(B, S, WIDTH)
    mask = np.ones(shape, bool)
    with pytest.raises(ValueError, match=re.escape(rule)):
        built()(query, value, attention_mask=mask)


@pytest.mark.parametrize(
    ("masks", "rule"),
    [
        (
            {"attention_mask": np.ones((2, 3), bool)},
            "attention_mask must broadcast to [..., t, s], here (2, 5, 3), got shape "
            "(2, 3); a mask of padding [b, s] is handed over as [b, 1, s], or as "
            "value_mask",
        ),
        (
            {"attention_mask": np.ones((2, 6, 5, 3), bool)},
            "attention_mask must broadcast to [..., t, s], here (2, 5, 3), got shape "
            "(2, 6, 5, 3)",
        ),
        (
            {"value_mask": np.ones((2, 5), bool)},
            "value_mask must have one truth value for each position, here (2, 3), got "
            "shape (2, 5); what a query may see of the keys is the attention_mask",
        ),
        ({"query_mask": np.ones((2, 5, 3), bool)}, "query_mask must have one truth"),
        ({"key_mask": np.ones((2, 3), "int32")}, "a mask must be boolean"),
    ],
)
def test_a_mask_that_does_not_fit_the_scores_is_refused(masks, rule):
    query, value = oracle.numbers(2, 5, 4), oracle.numbers(2, 3, 4)
    with pytest.raises(ValueError, match=re.escape(rule)):
        Attention()(query, value, value + 1, **masks)


@pytest.mark.parametrize("name", ["query", "value", "key"])
def test_sequences_with_other_axes_are_refused_by_name(name):
    given = {part: oracle.numbers(2, 3, WIDTH) for part in ("query", "value", "key")}
    given[name] = oracle.numbers(2, 3, 1, WIDTH)
    rule = f"{name} must have the axes [b, length, width], got {name} of shape (2, 3, 1"
    for layer in (MultiHeadAttention(HEADS, WIDTH), built()):
        with pytest.raises(ValueError, match=re.escape(rule)):
            layer(**given)
    with pytest.raises(ValueError, match="query must have the axes"):
        x = keras.Input((3, 5, WIDTH))
        MultiHeadAttention(HEADS, WIDTH)(x, x)


HIDDEN_FROM_ALL = np.array([[True, True, False], [True, False, True]])[:, None]


@pytest.mark.parametrize("poison", [np.nan, np.inf])
@pytest.mark.parametrize(
    "make", [Attention, lambda: Attention(weighting=TopK(2, True))]
)
@pytest.mark.parametrize("gpu", [False, True])
def test_what_no_query_sees_may_be_nan(make, gpu, poison, gradient, monkeypatch):
    # All at once with TopK, else a block of queries at a time, of one head or of all.
    monkeypatch.setattr(choose, "accelerated", lambda: gpu)
    monkeypatch.setattr(choose, "MANY_SCORES", 2)
    monkeypatch.setattr(choose, "MANY_SCORES_NOT_COMPILED", 2)
    monkeypatch.setattr(choose, "MANY_SCORES_OF_ALL_HEADS", 2)
    layer, hidden = make(), ~HIDDEN_FROM_ALL[:, 0]
    query, value = oracle.numbers(2, 5, 4), oracle.numbers(2, 3, 4)
    spoiled = np.where(hidden[..., None], np.float32(poison), value)
    mask = HIDDEN_FROM_ALL & np.ones((1, 5, 1), bool)

    def total(query, value):
        return ops.sum(layer(query, value, attention_mask=mask) ** 2)

    wanted = array(layer(query, value, attention_mask=mask))
    found = array(layer(query, spoiled, attention_mask=mask))
    np.testing.assert_array_equal(found, wanted)
    for part in (0, 1):
        given = [query, spoiled]

        def of(x, part=part, given=given):
            return total(*(x if i == part else y for i, y in enumerate(given)))

        slope = gradient(of, given[part])
        given[1] = value
        np.testing.assert_allclose(slope, gradient(of, given[part]), atol=1e-5)
    assert not np.asarray(slope)[hidden].any()
