import collections

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_transformer.training.buckets import LengthBuckets

sentences = st.lists(st.integers(3, 50), max_size=10)
corpora = st.lists(st.tuples(sentences, sentences), min_size=1, max_size=40)


def buckets(pairs, **options):
    source, target = zip(*pairs, strict=True)
    options = {"lengths": (3, 5, 11), "batch_tokens": 17} | options
    return LengthBuckets(list(source), list(target), **options)


def epoch(batches, number=0):
    return [batches.batch(number, index) for index in range(len(batches))]


def unpadded(row):
    return tuple(row[row != 0].tolist())


@settings(max_examples=50, deadline=None)
@given(corpora, st.integers(0, 5))
def test_every_pair_comes_exactly_once_an_epoch(pairs, number):
    seen = collections.Counter()
    for inputs, labels in epoch(buckets(pairs), number):
        for source, target, label in zip(*inputs.values(), labels, strict=True):
            source, target, label = map(unpadded, (source, target, label))
            if source:  # else the row fills up a batch
                assert source[-1] == 2 and target[0] == 1 and label[-1] == 2
                assert target[1:] == label[:-1]
                seen[source[:-1], label[:-1]] += 1
            else:
                assert not target and not label
    assert seen == collections.Counter((tuple(s), tuple(t)) for s, t in pairs)


@settings(max_examples=50, deadline=None)
@given(corpora)
def test_a_bucket_has_one_shape(pairs):
    shapes = {
        array.shape
        for inputs, labels in epoch(buckets(pairs))
        for array in (*inputs.values(), labels)
    }
    assert shapes <= {(17 // 3, 3), (17 // 5, 5), (17 // 11, 11)}


@settings(max_examples=30, deadline=None)
@given(corpora)
def test_fill_is_the_share_of_real_tokens(pairs):
    batches = buckets(pairs)
    real = positions = 0
    for inputs, _ in epoch(batches):
        for ids in inputs.values():
            real, positions = real + np.count_nonzero(ids), positions + ids.size
    assert batches.fill() == pytest.approx(real / positions)


def test_a_batch_by_hand():
    batches = buckets([([7], [8, 9]), ([5, 6, 4, 3], [5])], batch_tokens=11)
    by_width = {
        inputs["source"].shape[1]: (inputs, labels) for inputs, labels in epoch(batches)
    }
    inputs, labels = by_width[3]
    assert inputs["source"].tolist() == [[7, 2, 0], [0] * 3, [0] * 3]
    assert inputs["target"].tolist() == [[1, 8, 9], [0] * 3, [0] * 3]
    assert labels.tolist() == [[8, 9, 2], [0] * 3, [0] * 3]
    inputs, labels = by_width[5]
    assert inputs["source"].tolist() == [[5, 6, 4, 3, 2], [0] * 5]
    assert inputs["target"].tolist() == [[1, 5, 0, 0, 0], [0] * 5]
    assert labels.tolist() == [[5, 2, 0, 0, 0], [0] * 5]
    assert inputs["source"].dtype == labels.dtype == np.int32


def test_the_longer_side_chooses_the_bucket():
    pairs = [([3], [3] * 2), ([3] * 3, [3]), ([3], [3] * 10)]
    assert [m.tolist() for m in buckets(pairs).members] == [[0], [1], [2]]


PAIRS = [([3 + i], [3 + i]) for i in range(60)]


def order(batches, number):
    return [pairs.tolist() for _, pairs in batches.order(number)]


def test_the_order_is_a_function_of_seed_and_epoch_alone():
    first, second = buckets(PAIRS, seed=5), buckets(PAIRS, seed=5)
    second.batch(7, 3)  # whatever was asked for before
    second.batch(0, 0)
    assert order(first, 4) == order(second, 4)
    assert order(first, 4) == order(first, 4)
    assert order(first, 4) != order(first, 5)
    assert order(first, 4) != order(buckets(PAIRS, seed=6), 4)


def test_seeds_and_epochs_are_not_added():
    # Else epoch 1 of one seed would be epoch 0 of the next.
    assert order(buckets(PAIRS, seed=5), 1) != order(buckets(PAIRS, seed=6), 0)


def test_batches_of_all_lengths_are_mixed():
    pairs = [([3] * (1 + 8 * (i % 2)), [3]) for i in range(200)]
    lengths = [length for length, _ in buckets(pairs).order(0)]
    assert lengths != sorted(lengths) and lengths != sorted(lengths, reverse=True)


def test_a_fingerprint_tells_data_apart():
    same = buckets(PAIRS).fingerprint()
    assert buckets(PAIRS).fingerprint() == same
    assert buckets([*PAIRS[:-1], ([99], PAIRS[-1][1])]).fingerprint() != same
    assert buckets([*PAIRS[:-1], (PAIRS[-1][0], [99])]).fingerprint() != same
    assert buckets(PAIRS[::-1]).fingerprint() != same


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[3]], []), "at least one, got 1 sources, 0 targets"),
        (([], []), "at least one, got 0 sources, 0 targets"),
        (([[3]], [[3]], ()), "lengths must ascend from at least 1"),
        (([[3]], [[3]], (5, 3)), "lengths must ascend from at least 1"),
        (([[3]], [[3]], (3, 3)), "lengths must ascend from at least 1"),
        (([[3]], [[3]], (0, 3)), "lengths must ascend from at least 1"),
        (([[3]], [[3]], (3, 9), 8), r"got batch_tokens=8, lengths=\(3, 9\)"),
        (([[3], [3]], [[3], [3] * 5], (5,)), "bucket of 5 tokens, got 6 .* pair 1"),
    ],
)
def test_what_cannot_be_batched_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        LengthBuckets(*arguments)
