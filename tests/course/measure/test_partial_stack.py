import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import functools

import keras
import numpy as np
import pytest

from keras_transformer import Block, FeedForward, MultiHeadAttention, Stack
from keras_transformer.course.measure import PartialStack

BATCH, LENGTH, WIDTH, HIDDEN = 2, 5, 6, 7


@functools.cache
def shared(norm):
    keras.utils.set_random_seed(1)
    random = np.random.default_rng(1)
    made = [
        Block(MultiHeadAttention(2, WIDTH), FeedForward(WIDTH, HIDDEN), norm=norm)
        for _ in range(2)
    ]
    for block in made:
        block.build((BATCH, LENGTH, WIDTH))
        for weight in block.weights:  # gains and biases that do something
            weight.assign(weight + random.normal(scale=0.3, size=weight.shape))
    return made


def blocks(norm="pre", count=2):
    """Blocks that are read, not changed."""
    return shared(norm)[:count]


@pytest.fixture
def x():
    return np.random.default_rng(3).normal(size=(BATCH, LENGTH, WIDTH)).astype("f4")


@pytest.fixture
def mask():
    return np.array([[True] * 5, [True] * 3 + [False] * 2])[:, None]  # [b, 1, t]


def values(tensor):
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_with_nothing_left_out_it_is_a_stack(norm, x, mask):
    made = blocks(norm)
    whole, stack = Stack(made), PartialStack(made, norm=norm)
    wanted = values(whole(x, attention_mask=mask))
    np.testing.assert_allclose(values(stack(x, mask)), wanted, atol=1e-5)
    assert stack.count_params() == whole.count_params()


def test_without_residual_and_norm_the_sublayers_are_a_chain(x):
    made = blocks(count=2)
    chain = x
    for block in made:
        chain = block.feed_forward(block.self_attention(chain, chain))
    got = PartialStack(made, residual=False, norm=None)(x)
    np.testing.assert_allclose(values(got), values(chain), rtol=1e-4, atol=1e-5)


def test_without_norm_each_sublayer_is_added_to_what_it_read(x):
    (block,) = made = blocks(count=1)
    total = x + values(block.self_attention(x, x))
    total = total + values(block.feed_forward(total))
    got = PartialStack(made, norm=None)(x)
    np.testing.assert_allclose(values(got), total, rtol=1e-5, atol=1e-5)


def test_without_residual_a_pre_norm_sublayer_is_not_added(x):
    (block,) = made = blocks(count=1)
    inner = block.self_residual.enter(x)
    inner = block.self_attention(inner, inner)
    wanted = block.feed_forward(block.feed_forward_residual.enter(inner))
    (got,) = PartialStack(made, residual=False).stream(x)
    np.testing.assert_allclose(values(got), values(wanted), rtol=1e-5, atol=1e-5)


def test_without_feed_forward_a_block_is_its_attention(x):
    made = blocks(count=2)
    stack = PartialStack(made, norm=None, feed_forward=False)
    total = x
    for block in made:
        total = total + values(block.self_attention(total, total))
    np.testing.assert_allclose(values(stack(x)), total, rtol=1e-5, atol=1e-5)
    sizes = [block.self_attention.count_params() for block in made]
    assert stack.count_params() == sum(sizes)


def test_the_stream_ends_with_what_the_last_norm_reads(x):
    stack = PartialStack(blocks())
    whole, stages = values(stack(x)), stack.stream(x)
    assert len(stages) == 2
    np.testing.assert_allclose(values(stack.final_norm(stages[-1])), whole, atol=1e-6)


def test_batch_normalisation_depends_on_the_other_sentence_in_training(x):
    other = np.stack([x[0], 3 + 2 * x[1]])
    for kind, depends in (("layer", False), ("batch", True)):
        stack = PartialStack(blocks(), normalization=kind)
        one, two = (values(stack(a, training=True))[0] for a in (x, other))
        assert bool(np.abs(one - two).max() > 1e-2) is depends
        one, two = (values(stack(a, training=False))[0] for a in (x, other))
        np.testing.assert_allclose(one, two, atol=1e-4)


def test_only_a_masked_batch_normalisation_is_blind_to_padding(x, mask):
    padded = x.copy()
    padded[1, 3:] += 7.0
    for kind, depends in (("layer", False), ("batch", True), ("masked_batch", False)):
        stack = PartialStack(blocks(), normalization=kind)
        one, two = (values(stack(a, mask, training=True))[0] for a in (x, padded))
        assert bool(np.abs(one - two).max() > 1e-2) is depends, kind


def test_a_batch_normalised_stream_has_mean_0_and_variance_1(x):
    stack = PartialStack(blocks(), norm="post", normalization="batch")
    made = values(stack(x, training=True)).reshape(-1, WIDTH)
    np.testing.assert_allclose(made.mean(0), 0.0, atol=1e-5)
    np.testing.assert_allclose(made.var(0), 1.0, atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"blocks": []}, "a stack needs at least one block, got none"),
        ({"norm": "middle"}, r"norm must be one of .*, got 'middle'"),
        ({"normalization": "group"}, r"normalization must be one of .*, got 'group'"),
    ],
)
def test_a_stack_says_what_is_wrong(options, message):
    options = {"blocks": blocks(count=1), **options}
    with pytest.raises(ValueError, match=message):
        PartialStack(**options)
