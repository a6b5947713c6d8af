import numpy as np
import pytest

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.positions import RelativeVectors

HEADS, WIDTH, FAR = 6, 12, 2
SIZE = WIDTH // HEADS


def numbers(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype("float32")


def built(use_values=True, **options):
    positions = RelativeVectors(FAR, use_values)
    layer = MultiHeadAttention(HEADS, WIDTH, positions=positions, **options)
    layer.build((None, None, WIDTH), (None, None, WIDTH))
    tables = numbers(2, 2 * FAR + 1, SIZE, seed=5)
    positions.set_weights(list(tables[: 1 + use_values]))
    return layer, tables.astype("float64")


def by_hand(layer, tables, x, mask):
    """Shaw et al. 2018, equations 3 and 4, one pair at a time, in float64."""

    def heads(part):
        kernel, bias = (np.asarray(w, "float64") for w in part.get_weights())
        y = x @ kernel + bias
        return y.reshape(*x.shape[:2], -1, SIZE)

    parts = (layer.query_projection, layer.key_projection, layer.value_projection)
    q, k, v = map(heads, parts)
    shared = HEADS // layer.groups
    out = np.zeros((*x.shape[:2], HEADS, SIZE))
    for b, t, h in np.ndindex(*out.shape[:3]):
        seen = np.flatnonzero(np.broadcast_to(mask, (len(x), *mask.shape[1:]))[b, t])
        place = np.clip(seen - t, -FAR, FAR) + FAR
        keys = k[b, seen, h // shared] + tables[0, place]
        scores = keys @ q[b, t, h] / np.sqrt(SIZE)
        weights = np.exp(scores - scores.max())
        values = v[b, seen, h // shared] + tables[1, place]
        out[b, t, h] = weights / weights.sum() @ values
    kernel, bias = (
        np.asarray(w, "float64") for w in layer.output_projection.get_weights()
    )
    return out.reshape(x.shape) @ kernel + bias


@pytest.mark.parametrize("groups", [None, 2])
@pytest.mark.parametrize("use_values", [True, False])
def test_keys_and_values_get_the_vectors_of_their_distance(groups, use_values):
    layer, tables = built(use_values, num_key_value_heads=groups)
    tables[1] *= use_values
    x, mask = numbers(2, 7, WIDTH), np.tri(7, dtype=bool)[None]
    found = layer(x, x, attention_mask=mask)
    np.testing.assert_allclose(found, by_hand(layer, tables, x, mask), atol=1e-5)


def test_dropped_weights_drop_the_vectors_too():
    layer, _ = built(dropout=0.9, seed=1, use_bias=False)
    layer.value_projection.kernel.assign(np.zeros((WIDTH, WIDTH)))
    x = numbers(16, 1, WIDTH)  # one key: dropped or not, nothing between
    calm = np.asarray(layer(x, x))
    drawn = np.asarray(layer(x, x, training=True))
    assert np.abs(calm).min() > 0
    layer.output_projection.kernel.assign(np.eye(WIDTH))
    heads = np.asarray(layer(x, x, training=True)).reshape(-1, SIZE)
    dropped = (heads == 0).all(-1)
    assert 0.8 < dropped.mean() < 1
    assert np.abs(drawn - calm).max() > 0


def test_the_call_is_what_is_added_to_the_scores():
    layer = RelativeVectors(FAR, use_values=False)
    query = numbers(2, 3, 5, 7)
    layer.build(query.shape)
    table = np.asarray(layer.key_table)
    found = np.asarray(layer(query[:, :, 3:], key_length=5, offset=3))
    for b, h, t, s in np.ndindex(2, 3, 2, 5):
        vector = table[np.clip(s - t - 3, -FAR, FAR) + FAR]
        wanted = query[b, h, t + 3] @ vector / np.sqrt(7)
        np.testing.assert_allclose(found[b, h, t, s], wanted, atol=1e-5)


def test_no_distance_is_refused():
    with pytest.raises(ValueError, match="max_distance must be at least 1, got 0"):
        RelativeVectors(0)
