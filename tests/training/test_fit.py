"""`model.fit` on batches, losses and metrics of ours, as a Keras user writes it."""

import collections
import random

import keras
import numpy as np
import pytest
import small
from keras import ops

from keras_transformer.models import Transformer
from keras_transformer.models.recurrent import RecurrentSeq2Seq
from keras_transformer.training import (
    LengthBuckets,
    SentenceCrossEntropy,
    SmoothedCrossEntropy,
    TokenAccuracy,
)

LENGTHS = (3, 4, 6)


def batches(count=29, seed=1, **options):
    return small.data(count, seed, **{"lengths": LENGTHS} | options)


def transformer():
    sizes = {"width": 6, "num_layers": 1, "num_heads": 2, "hidden_width": 5}
    return Transformer(small.VOCABULARY, small.VOCABULARY, **sizes, seed=3)


def recurrent():
    sizes = {"width": 4, "units": 6, "context": "attention"}
    return RecurrentSeq2Seq(small.VOCABULARY, small.VOCABULARY, **sizes, seed=3)


def compiled(model, loss=None, metrics=None, rate=0.02):
    model.compile(
        keras.optimizers.Adam(rate),
        SmoothedCrossEntropy(0.1) if loss is None else loss,
        metrics=[TokenAccuracy()] if metrics is None else metrics,
        # JAX would send off every operation of every step by itself.
        jit_compile=keras.backend.backend() == "jax",
    )
    return model


class Told(LengthBuckets):
    """Notes the sentences of every batch that it hands out, epoch by epoch."""

    def __init__(self, *arguments, **options):
        self.told = collections.defaultdict(dict)
        super().__init__(*arguments, **options)

    def __getitem__(self, index):
        inputs, labels = super().__getitem__(index)
        rows = (tuple(row[row != 0].tolist()) for row in inputs["source"])
        self.told[self.epoch][index] = [row for row in rows if row]
        return inputs, labels


def told(**options):
    plain = batches()
    return Told(
        plain.source, plain.target, plain.lengths, plain.batch_tokens, 5, **options
    )


def pairs(epoch):
    return collections.Counter(row for rows in epoch.values() for row in rows)


@pytest.mark.parametrize("model", [transformer, recurrent])
def test_fit_takes_length_buckets_for_training_and_validation(model):
    history = compiled(model()).fit(
        batches(), validation_data=batches(11, seed=2), epochs=3, verbose=0
    )
    assert set(history.history) == {
        *("loss", "token_accuracy", "val_loss", "val_token_accuracy")
    }
    losses = history.history["loss"]
    assert np.isfinite([*history.history.values()]).all()
    assert len(losses) == 3 and losses[-1] < losses[0]


def test_fit_sees_every_pair_once_an_epoch_in_a_new_order():
    data = told()
    compiled(small.Tagger()).fit(data, epochs=3, verbose=0)
    source = data.source
    wanted = collections.Counter((*map(int, ids), 2) for ids in source)
    # Before the first epoch Keras looks at a batch or two, and ends an epoch.
    epochs = [data.told[number] for number in (1, 2, 3)]
    assert [pairs(epoch) for epoch in epochs] == [wanted] * 3
    assert epochs[0] != epochs[1] != epochs[2]


def test_two_workers_hand_out_the_batches_of_one():
    one, two, other = told(), told(workers=2, max_queue_size=3), told()
    other.seed = 6
    for data in (one, two, other):
        compiled(small.Tagger()).fit(data, epochs=2, verbose=0)
    assert one.told == two.told
    assert one.told[1] != other.told[1]


def test_without_keras_shuffling_the_seed_of_the_batches_decides_alone():
    def losses(seed, noise):
        data, model = told(), small.Tagger()
        data.seed = seed
        model.build()
        numbers = np.random.default_rng(1)
        for weight in model.trainable_variables:
            weight.assign(numbers.normal(size=weight.shape))
        random.seed(noise)
        fit = compiled(model).fit(data, epochs=2, verbose=0, shuffle=False)
        return fit.history["loss"]

    first = losses(5, noise=1)
    assert losses(5, noise=2) == first != losses(6, noise=1)


@pytest.mark.parametrize("seed", range(8))
def test_the_first_two_batches_have_two_lengths(seed):
    data = batches()
    data.seed = seed
    widths = [inputs["source"].shape[1] for inputs, _ in data]
    assert len(widths) == len(data) and widths[0] != widths[1]
    assert sorted(widths) == sorted(length for length, _ in data.order(0))
    assert set(widths) == set(LENGTHS)


def test_one_bucket_or_one_batch_is_enough_for_fit():
    for data in (batches(lengths=(7,)), batches(2, lengths=(7,))):
        history = compiled(small.Tagger()).fit(data, epochs=1, verbose=0)
        assert np.isfinite(history.history["loss"]).all()


def test_evaluate_takes_length_buckets():
    data = batches()
    found = compiled(small.Tagger()).evaluate(data, verbose=0, return_dict=True)
    assert set(found) == {"loss", "token_accuracy"}


class Table(keras.layers.Layer):
    """Logits that depend on one token."""

    def __init__(self):
        super().__init__()
        sizes = small.VOCABULARY, small.VOCABULARY
        self.table = keras.layers.Embedding(*sizes, mask_zero=True)

    def call(self, tokens):
        return 9.0 * self.table(tokens)


def table_model():
    tokens = keras.Input((None,), dtype="int32", name="target")
    one = keras.Input((None,), dtype="int32", name="source")
    return keras.Model({"source": one, "target": tokens}, Table()(tokens))


def equal_batches():
    """Batches of 3 sentences of 4 tokens each, padded to 6."""
    numbers = np.random.default_rng(3)
    ids = [numbers.integers(3, small.VOCABULARY, 3) for _ in range(12)]
    return LengthBuckets(ids, ids, lengths=(6,), batch_tokens=18, seed=2)


def test_fit_reports_the_mean_over_tokens_for_equal_batches():
    data, model = equal_batches(), table_model()
    losses = []
    for inputs, labels in data:
        logits = np.float64(ops.convert_to_numpy(model(inputs)))
        log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        each = -np.take_along_axis(log_p, labels[..., None], -1)[..., 0]
        losses += each[labels != 0].tolist()
    assert len(losses) == 12 * 4 and np.ptp(losses) > 0.1
    compiled(model, SmoothedCrossEntropy(), metrics=[], rate=0.0)
    reported = model.fit(data, epochs=1, verbose=0).history["loss"]
    assert reported == pytest.approx([np.mean(losses)], rel=1e-5)
    # All sentences have as many tokens: their means have the same mean.
    compiled(model, SentenceCrossEntropy(), metrics=[], rate=0.0)
    reported = model.fit(data, epochs=1, verbose=0).history["loss"]
    assert reported == pytest.approx([np.mean(losses)], rel=1e-5)


def test_fit_takes_sample_weights():
    data, model = equal_batches(), table_model()
    inputs, labels = data[0]
    single = [float(SmoothedCrossEntropy()(labels[i : i + 1], model(
        {name: ids[i : i + 1] for name, ids in inputs.items()})
    )) for i in range(3)]  # fmt: skip
    compiled(model, SmoothedCrossEntropy(), rate=0.0)
    weights = np.array([1.0, 0.0, 3.0])
    history = model.fit(
        inputs, labels, sample_weight=weights, batch_size=3, epochs=1, verbose=0
    ).history
    expected = np.average(single, weights=weights)
    assert history["loss"] == pytest.approx([expected], rel=1e-5)
