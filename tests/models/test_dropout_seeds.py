import numpy as np
from keras import ops

from keras_transformer.attention import Dropout
from keras_transformer.models import Transformer
from keras_transformer.randomness.seeds import spread_seed

IDS = {"source": np.array([[4, 5, 6, 2]]), "target": np.array([[1, 7, 8]])}


def dropping(seed, num_layers=1):
    model = Transformer(
        11,
        11,
        width=6,
        num_layers=num_layers,
        num_heads=2,
        hidden_width=6,
        dropout=0.5,
        attention_dropout=0.5,
        hidden_dropout=0.5,
        seed=seed,
    )
    model.build()
    return model


def dropouts(model):
    layers = model._flatten_layers()
    return [layer for layer in layers if isinstance(layer, Dropout)]


def test_every_dropout_drops_other_units():
    layers = dropouts(dropping(seed=3, num_layers=2))
    # Two for the embeddings; 4 in each encoder block, 6 in each decoder block.
    assert len(layers) == 2 + 2 * (4 + 6)
    ones = np.ones((1, 64), "float32")
    kept = {tuple(ops.convert_to_numpy(d(ones, training=True))[0]) for d in layers}
    assert len(kept) == len(layers)


def test_a_seed_fixes_what_is_dropped():
    first, second, other = dropping(3), dropping(3), dropping(4)
    second.set_weights(first.get_weights())
    other.set_weights(first.get_weights())
    run = [ops.convert_to_numpy(m(IDS, training=True)) for m in (first, second, other)]
    assert np.array_equal(run[0], run[1])
    assert not np.allclose(run[0], run[2])


def test_nothing_is_dropped_outside_training():
    model = dropping(3)
    first, second = (ops.convert_to_numpy(model(IDS)) for _ in range(2))
    assert np.array_equal(first, second)


def test_spread_seeds_differ_and_are_a_function_of_the_seed():
    assert spread_seed(5, 4) == spread_seed(5, 4)
    seeds = [s for seed in range(50) for s in spread_seed(seed, 6)]
    assert len(set(seeds)) == 300
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert spread_seed(None, 3) == [None] * 3
