"""Several sentences in a row: each as it is alone, and little padding."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from keras_transformer.models import Transformer
from keras_transformer.tokens import END, PADDING, START
from keras_transformer.training import (
    LengthBuckets,
    PackedRows,
    Run,
    SmoothedCrossEntropy,
    TrainingConfig,
)
from keras_transformer.training.packing import first_fit

SOURCE = [[5, 6, 7], [8], [9, 10, 11, 12], [5, 6], [7, 8, 9, 3, 4], [3]]
TARGET = [[7, 6], [8, 9, 3], [12, 11, 10], [6], [3, 3, 4, 5], [4, 4, 4]]


def array(tensor):
    return ops.convert_to_numpy(tensor)


def sentences_of(ids, segments, frame):
    """What stands in the segments of a batch, without its frame."""
    found = []
    for row, numbers in zip(ids, segments, strict=True):
        assert not row[numbers == 0].any()
        for number in range(1, numbers.max() + 1):
            sentence = row[numbers == number].tolist()
            (places,) = np.nonzero(numbers == number)
            assert np.array_equal(places, np.arange(places[0], places[-1] + 1))
            assert sentence[frame] == (START if frame == 0 else END)
            found.append(tuple(sentence[1:] if frame == 0 else sentence[:-1]))
    return found


SIDES = st.lists(
    st.tuples(
        st.lists(st.integers(3, 12), max_size=6),
        st.lists(st.integers(3, 12), max_size=6),
    ),
    min_size=1,
    max_size=12,
)


@settings(deadline=None, max_examples=40)
@given(SIDES, st.integers(7, 20), st.integers(0, 3))
def test_an_epoch_holds_every_pair_once(pairs, length, epoch):
    source, target = zip(*pairs, strict=True)
    rows = PackedRows(target, source, length, batch_tokens=3 * length, seed=2)
    found = []
    for index in range(len(rows)):
        inputs, labels = rows.batch(epoch, index)
        assert all(x.shape == (3, length) for x in (*inputs.values(), labels))
        sides = [
            sentences_of(inputs["source"], inputs["source_segments"], -1),
            sentences_of(inputs["target"], inputs["target_segments"], 0),
            sentences_of(labels, inputs["target_segments"], -1),
        ]
        assert sides[1] == sides[2]
        found += zip(*sides[:2], strict=True)
    assert sorted(found) == sorted((tuple(s), tuple(t)) for s, t in pairs)
    tokens = sum(len(s) + len(t) + 2 for s, t in pairs)
    assert rows.fill() == pytest.approx(tokens / (2 * len(rows) * 3 * length))


def test_first_fit_by_hand():
    sizes = np.array([[2, 4], [3, 1], [2, 2], [1, 1], [4, 5]])
    assert first_fit(sizes, 6) == [[4, 3], [0, 1], [2]]


def test_an_epoch_depends_on_seed_and_number_alone():
    rows = PackedRows(TARGET, SOURCE, 7, 14, seed=3)
    again = PackedRows(TARGET, SOURCE, 7, 14, seed=3)
    other = PackedRows(TARGET, SOURCE, 7, 14, seed=4)

    def order(rows, epoch):
        return [row for _, some in rows.order(epoch) for row in some]

    assert order(rows, 5) == order(again, 5)
    assert len({tuple(order(rows, epoch)) for epoch in range(6)}) > 1
    assert any(order(rows, e) != order(other, e) for e in range(6))
    assert rows.fingerprint() == again.fingerprint() == other.fingerprint()
    assert rows.fingerprint() != PackedRows(SOURCE, TARGET, 7, 14).fingerprint()


def translator(**changes):
    options = {"width": 12, "num_layers": 2, "num_heads": 6, "hidden_width": 17}
    model = Transformer(13, 13, dropout=0.0, **(options | changes))
    model.build()
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        noise = random.normal(0, 0.4, weight.shape)
        weight.assign(array(weight) + noise.astype("float32"))
    return model


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"positions": "learned", "max_length": 9, "norm": "post"},
        {"positions": "rotary", "num_key_value_heads": 2, "norm": "both"},
        {"positions": "relative", "max_length": 19, "gated": True},
        {"positions": "none", "normalization": keras.layers.RMSNormalization()},
    ],
    ids=lambda changes: "-".join(changes) or "plain",
)
def test_pairs_in_a_row_cost_what_they_cost_in_buckets(changes):
    model = translator(**changes)
    packed = PackedRows(TARGET, SOURCE, 9, 27)
    assert max(map(len, packed.rows)) > 1
    losses = []
    for batches in (packed, LengthBuckets(SOURCE, TARGET, (3, 6), 12)):
        total = count = 0.0
        for index in range(len(batches)):
            inputs, labels = batches.batch(0, index)
            each = SmoothedCrossEntropy(0.1, reduction=None)(labels, model(inputs))
            total, count = total + array(each).sum(), count + (labels != PADDING).sum()
        losses.append(total / count)
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_weights_of_pairs_in_a_row_are_their_own():
    model = translator()
    inputs, _ = PackedRows(TARGET, SOURCE, 9, 27).batch(0, 0)
    weights = model.attention_weights(inputs)
    source, target = inputs["source_segments"], inputs["target_segments"]
    for found, (query, key) in zip(
        weights, ((source, source), (target, target), (target, source)), strict=True
    ):
        strangers = (query[:, :, None] != key[:, None])[:, None, None]
        assert not (array(found) * strangers).any()


def test_segments_of_one_side_are_refused():
    inputs, _ = PackedRows(TARGET, SOURCE, 9, 27).batch(0, 0)
    del inputs["source_segments"]
    with pytest.raises(ValueError, match="come together, got only the latter"):
        translator()(inputs)


def test_fit_and_run_take_packed_rows(tmp_path):
    rows = PackedRows(TARGET, SOURCE, 9, 18)
    config = TrainingConfig(
        epochs=2, warmup_steps=0, peak_learning_rate=3e-3, xla=False
    )
    run = Run(translator(num_layers=1), rows, rows, config, tmp_path, progress=False)
    history = run()
    assert history[-1]["train_loss"] < history[0]["train_loss"]
    model = run.model
    before = model.evaluate(rows, verbose=0)[0]
    model.fit(rows, epochs=2, verbose=0)
    assert model.evaluate(rows, verbose=0)[0] < before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([],), "at least one, got 0"),
        (([[3]], [[4], [5]]), "as many targets as sources, .* got 1, 2"),
        (([[3] * 9], None, 9, 18), "a sentence of 10 tokens with its end, length=9"),
        (([[3]], None, 9, 8), "length=9, batch_tokens=8"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        PackedRows(*arguments)
