import functools

import keras
import numpy as np
import pytest
from keras import ops, tree

from keras_transformer.masks import causal_mask
from keras_transformer.models import Transformer
from keras_transformer.models import state as transformer_state

# The sizes of `test_mechanisms.py`: JAX compiles every operation for every shape.
SOURCE_VOCABULARY, TARGET_VOCABULARY, HEADS, WIDTH, HIDDEN = 17, 13, 6, 48, 7
SOURCE = np.array([[5, 6, 7, 8, 2], [9, 2, 0, 0, 0], [16, 3, 11, 2, 0]])
TARGET = np.array([[1, 4, 5, 6], [1, 12, 0, 0], [1, 7, 3, 0]])


def tiny(**changes):
    options = {
        "width": WIDTH,
        "num_layers": 2,
        "num_heads": HEADS,
        "hidden_width": HIDDEN,
        "dropout": 0.0,
    }
    model = Transformer(SOURCE_VOCABULARY, TARGET_VOCABULARY, **(options | changes))
    model.build()
    return model


@functools.cache
def read_only(**changes):
    """A model that many tests read, and none changes."""
    keras.utils.set_random_seed(7)
    return tiny(**changes)


@functools.cache
def known_logits(**changes):
    return logits(read_only(**changes))


def array(tensor):
    return ops.convert_to_numpy(tensor)


def logits(model, source=SOURCE, target=TARGET):
    return array(model({"source": source, "target": target}))


VARIANTS = pytest.mark.parametrize(
    "changes",
    [
        {"norm": "pre"},
        {"norm": "post"},
        {"positions": "learned", "max_length": 19},
        {"tie_output": False},
    ],
    ids=lambda changes: "-".join(map(str, changes.values())),
)


@VARIANTS
def test_a_padded_batch_and_its_sentences_alone_give_the_same_logits(changes):
    model, together = read_only(**changes), known_logits(**changes)
    for row in range(len(SOURCE)):
        source, target = SOURCE[row], TARGET[row]
        source, target = source[source != 0][None], target[target != 0][None]
        alone = logits(model, source, target)
        length = target.shape[1]
        np.testing.assert_allclose(together[row, :length], alone[0], atol=1e-5)


def test_more_padding_changes_nothing():
    wider = logits(
        read_only(), np.pad(SOURCE, ((0, 0), (0, 2))), np.pad(TARGET, [(0, 0), (0, 3)])
    )
    np.testing.assert_allclose(wider[:, :4], known_logits(), atol=1e-5)


@VARIANTS
def test_logits_at_t_ignore_the_target_after_t(changes):
    # The first sentence, changed at another place in each row.
    model, source, places = read_only(**changes), SOURCE[[0, 0, 0]], (1, 2, 3)
    target = TARGET[[0, 0, 0]]
    before = logits(model, source, target)
    target[[0, 1, 2], places] = 10
    after = logits(model, source, target)
    for row, t in enumerate(places):
        np.testing.assert_allclose(after[row, :t], before[row, :t], atol=1e-6)
        assert np.abs(after[row, t] - before[row, t]).max() > 1e-3


def test_every_source_token_counts_at_every_target_position():
    for places in ((0, 1, 2), (3, 4, 4)):  # another one in each row
        source = SOURCE[[0, 0, 0]]
        source[[0, 1, 2], places] = 15
        changed = logits(read_only(), source, TARGET[[0, 0, 0]])
        assert (np.abs(changed - known_logits()[:1]).max(-1) > 1e-5).all()


@VARIANTS
def test_cached_steps_equal_the_whole_sequence(changes):
    model, whole = read_only(**changes), known_logits(**changes)
    state = model.start(SOURCE, 7)  # more room than tokens
    for t in range(TARGET.shape[1]):
        step, state = model.step(TARGET[:, t], state)
        np.testing.assert_allclose(array(step), whole[:, t], atol=1e-5)
    assert array(state.position).tolist() == [4, 4, 4]


def test_a_step_changes_no_earlier_state():
    model = read_only()
    first = model.start(SOURCE, 5)
    before = [array(leaf).copy() for leaf in tree.flatten(first)]
    model.step(TARGET[:, 0], first)
    for leaf, kept in zip(tree.flatten(first), before, strict=True):
        assert np.array_equal(array(leaf), kept)


def test_a_reordered_state_continues_the_reordered_sentences():
    # What a beam does: one tree.map_structure over batch-first leaves.
    model = read_only()
    _, state = model.step(TARGET[:, 0], model.start(SOURCE, 5))
    plain, _ = model.step(TARGET[:, 1], state)
    order = np.array([2, 0, 0])
    taken = tree.map_structure(lambda leaf: ops.take(leaf, order, axis=0), state)
    reordered, _ = model.step(TARGET[order, 1], taken)
    np.testing.assert_allclose(array(reordered), array(plain)[order], atol=1e-6)


def test_hypotheses_of_a_sentence_share_its_memory_and_its_cache():
    model = read_only()
    state = model.start(SOURCE, max_length=4).spread(2)
    for shared in tree.flatten((state.memory, state.memory_mask, state.past)):
        assert shared.shape[0] == len(SOURCE)
    assert {leaf.shape[2] for leaf in tree.flatten(state.past)} == {2 * 4}
    after = state.reorder(np.array([0, 0, 2, 3, 5, 4]))
    assert after.past is state.past


def test_many_hypotheses_of_a_sentence_have_a_cache_each():
    model, count = read_only(), transformer_state.FEW + 1
    many = model.start(SOURCE, max_length=4).spread(count)
    assert {leaf.shape[0] for leaf in tree.flatten(many.past)} == {count * len(SOURCE)}
    assert {leaf.shape[2] for leaf in tree.flatten(many.past)} == {4}
    for shared in tree.flatten((many.memory, many.memory_mask)):
        assert shared.shape[0] == len(SOURCE)


@pytest.mark.parametrize(
    ("few", "options"),
    [
        (2, {}),
        (2, {"num_layers": 1, "positions": "rotary"}),
        (2, {"num_layers": 1, "positions": "relative"}),
        (2, {"num_key_value_heads": 1, "num_layers": 1, "positions": "relative"}),
        (1, {"num_key_value_heads": 1, "num_layers": 1, "positions": "relative"}),
    ],
)
def test_hypotheses_step_as_if_each_had_a_memory_of_its_own(few, options, monkeypatch):
    monkeypatch.setattr(transformer_state, "FEW", few)
    model = read_only(**options)
    tokens = np.array([[4, 9], [11, 3], [7, 7]])
    parents = np.array([1, 1, 2, 3, 5, 4])  # each a row of the same sentence
    start = model.start(SOURCE, max_length=4)
    alone = tree.map_structure(
        lambda leaf: ops.convert_to_tensor(np.repeat(array(leaf), 2, axis=0)), start
    )
    shared = start.spread(2)
    for _ in range(3):
        wanted, alone = model.step(tokens.ravel(), alone)
        found, shared = model.step(tokens.ravel(), shared)
        np.testing.assert_allclose(array(found), array(wanted), atol=1e-5)
        past = tree.map_structure(lambda leaf: ops.take(leaf, parents, 0), alone.past)
        alone, shared = alone._replace(past=past), shared.reorder(parents)
        tokens = (tokens + 1) % TARGET_VOCABULARY


def test_parameters_counted_by_hand():
    attention = 4 * (48 * 48 + 48)
    feed_forward = 48 * 7 + 7 + 7 * 48 + 48
    norm = 2 * 48
    encoder = 2 * (attention + feed_forward + 2 * norm) + norm
    decoder = 2 * (2 * attention + feed_forward + 3 * norm) + norm
    blocks = encoder + decoder
    tables = 17 * 48 + 13 * 48
    assert read_only().count_params() == blocks + tables
    assert read_only(tie_output=False).count_params() == blocks + tables + 13 * 48
    assert read_only(norm="post").count_params() == blocks - 2 * norm + tables
    learned = read_only(positions="learned", max_length=19)
    assert learned.count_params() == blocks + tables + 2 * 19 * 48


def test_build_makes_every_weight():
    model = tiny()
    before = [weight.path for weight in model.weights]
    logits(model)
    assert [weight.path for weight in model.weights] == before
    assert len(set(before)) == len(before)


def test_shared_embeddings_are_one_matrix():
    model = Transformer(
        13, 13, WIDTH, 1, HEADS, HIDDEN, share_embeddings=True, dropout=0.0
    )
    model.build()
    assert model.source_embedding is model.target_embedding
    tables = [w for w in model.weights if tuple(w.shape) == (13, WIDTH)]
    assert len(tables) == 1
    before = logits(model, SOURCE % 13, TARGET)
    tables[0].assign(array(tables[0]) * 2)
    after = logits(model, SOURCE % 13, TARGET)
    assert not np.allclose(before, after)


def test_the_tied_output_is_the_embedding_transposed():
    model = read_only()
    x = np.random.default_rng(1).normal(size=(1, 1, WIDTH)).astype("float32")
    table = array(model.target_embedding.embeddings)
    output = array(model.target_embedding(x, reverse=True))
    np.testing.assert_allclose(output, x @ table.T, atol=1e-5)


def test_an_untied_output_has_a_matrix_of_its_own():
    model = tiny(tie_output=False)
    before = logits(model)
    model.target_embedding.reverse_embeddings.assign(np.zeros((WIDTH, 13)))
    assert np.abs(before).max() > 0.01
    assert not logits(model).any()


def test_embeddings_are_scaled_before_positions_are_added():
    model = read_only()
    ids = np.array([[4, 9]])
    x = array(model._embed_target(ids))
    table = array(model.target_embedding.embeddings)
    angles = np.arange(2)[:, None] / 10_000 ** (np.arange(0, WIDTH, 2) / WIDTH)
    positions = np.stack([np.sin(angles), np.cos(angles)], -1).reshape(2, WIDTH)
    expected = table[ids] * np.sqrt(WIDTH) + positions
    np.testing.assert_allclose(x, expected, atol=1e-5)


def test_logits_of_an_untrained_model_have_variance_near_one():
    model = Transformer(101, 211, 64, 1, 4, 32, dropout=0.0)
    random = np.random.default_rng(0)
    ids = {k: random.integers(3, 101, (5, 11)) for k in ("source", "target")}
    assert 0.7 < array(model(ids)).std() < 1.4


def recorded_weights(model, inputs):
    """What each attention of the model weighed with in a call, in order."""
    seen = []
    for block in (*model.encoder.blocks, *model.decoder.blocks):
        for layer in ("self_attention", "cross_attention"):
            if getattr(block, layer) is not None:
                weighting = getattr(block, layer).attention.weighting

                def record(*arguments, call=weighting.call, **keywords):
                    seen.append(array(call(*arguments, **keywords)))
                    return seen[-1]

                weighting.call = record
    model(inputs)
    return seen


def test_reported_weights_are_those_that_the_blocks_used():
    model = tiny()
    inputs = {"source": SOURCE, "target": TARGET}
    reported = [array(weights) for weights in model.attention_weights(inputs)]
    encoder, decoder, cross = reported
    used = recorded_weights(model, inputs)
    assert len(used) == 2 + 2 * 2
    for layer in range(2):
        for mine, theirs in (
            (encoder, used[layer]),
            (decoder, used[2 + 2 * layer]),
            (cross, used[3 + 2 * layer]),
        ):
            np.testing.assert_allclose(mine[:, layer], theirs, atol=1e-6)


@VARIANTS
def test_weights_of_real_tokens_do_not_depend_on_padding(changes):
    model = read_only(**changes)
    together = model.attention_weights({"source": SOURCE, "target": TARGET})
    for row in range(len(SOURCE)):
        source, target = SOURCE[row], TARGET[row]
        source, target = source[source != 0][None], target[target != 0][None]
        alone = model.attention_weights({"source": source, "target": target})
        for mine, theirs in zip(together, alone, strict=True):
            *_, queries, keys = theirs.shape
            found = array(mine)[row, ..., :queries, :]
            np.testing.assert_allclose(found[..., :keys], array(theirs)[0], atol=1e-5)
            assert not found[..., keys:].any()


def test_reported_weights_sum_to_one_over_what_is_visible():
    reported = read_only().attention_weights({"source": SOURCE, "target": TARGET})
    encoder, decoder, cross = (array(weights) for weights in reported)
    assert encoder.shape == (3, 2, HEADS, 5, 5)
    assert decoder.shape == (3, 2, HEADS, 4, 4)
    assert cross.shape == (3, 2, HEADS, 4, 5)
    for weights in (encoder, decoder, cross):
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-6)
    for row, ids in enumerate(SOURCE):
        assert not encoder[row][..., ids == 0].any()
        assert not cross[row][..., ids == 0].any()
    assert not decoder[:, :, :, ~array(causal_mask(4))[0]].any()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_half_precision_is_finite_even_for_a_source_of_padding_only(policy):
    model = read_only(dtype=policy)
    source = SOURCE.copy()
    source[1] = 0
    output = model({"source": source, "target": TARGET})
    memory, _ = model.encode(source)
    half = policy.removeprefix("mixed_")
    assert keras.backend.standardize_dtype(memory.dtype) == half
    full = tiny()
    for mine, theirs in zip(full.weights, model.weights, strict=True):
        mine.assign(ops.cast(theirs.value, "float32"))
    output = array(ops.cast(output, "float32"))
    np.testing.assert_allclose(output, logits(full, source), atol=0.2)
    for leaf in tree.flatten(model.start(source, 3)):
        assert np.isfinite(array(ops.cast(leaf, "float32"))).all()


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision_keeps_float32_weights(policy):
    assert {weight.dtype for weight in read_only(dtype=policy).weights} == {"float32"}


def test_learned_positions_end():
    model = tiny(positions="learned", max_length=5)
    with pytest.raises(ValueError, match="end at max_length=5, got max_length=6 to"):
        model.start(SOURCE, 6)
    with pytest.raises(ValueError, match="end at max_length=5, got positions up to 6"):
        logits(model, np.full((1, 6), 3), np.full((1, 2), 3))
    with pytest.raises(ValueError, match="end at max_length=5, got positions up to 6"):
        logits(model, SOURCE, np.full((3, 6), 3))
    assert np.isfinite(logits(model)).all()


def test_sinusoidal_positions_have_no_end():
    long = np.full((3, 7), 4)
    assert np.isfinite(logits(tiny(max_length=3), long, long)).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"share_embeddings": True}, "source_vocabulary=17, target_vocabulary=13"),
        ({"positions": "spiral"}, "positions must be one of .* got 'spiral'"),
        ({"norm": "none"}, "norm must be one of .* got 'none'"),
        ({"num_heads": 5}, "num_heads must divide width, got num_heads=5, width=48"),
        ({"num_layers": 0}, "a stack needs at least one block"),
        ({"width": 5, "num_heads": 1}, "need an even width, got width=5"),
        ({"attention_dropout": 1.0}, r"dropout must be in \[0, 1\), got dropout=1.0"),
    ],
)
def test_options_that_do_not_fit_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        tiny(**changes)
