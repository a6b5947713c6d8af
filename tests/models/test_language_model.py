"""A decoder alone: what it sees, prompts in one pass, every search, packed rows."""

import functools

import keras
import numpy as np
import pytest
from keras import ops, tree

from keras_transformer.decoding import BatchDecoder, Greedy
from keras_transformer.laws import check
from keras_transformer.models import Backbone, LanguageModel, layout_map
from keras_transformer.tokens import END, PADDING, START
from keras_transformer.training import (
    LengthBuckets,
    PackedRows,
    SmoothedCrossEntropy,
    TokenAccuracy,
    TrainingConfig,
    compile_model,
)

VOCABULARY, WIDTH, HEADS, HIDDEN = 13, 12, 6, 17
PROMPTS = [[1, 5, 6, 7], [1], [1, 9, 8]]
PADDED = np.array([[1, 5, 6, 7], [1, 0, 0, 0], [1, 9, 8, 0]])
FOLLOW = np.array([[3, 4, 12], [7, 8, 3], [11, 3, 3]])
RMS = keras.layers.RMSNormalization
KINDS = {
    "sinusoidal": {},
    "learned": {"positions": "learned", "max_length": 19},
    "rotary, grouped": {"positions": "rotary", "num_key_value_heads": 2},
    "relative, post-norm": {
        "positions": "relative",
        "max_length": 23,
        "norm": "post",
    },
    "no positions, not tied": {"positions": "none", "tie_output": False},
    "parallel, gated, both norms": {
        "parallel": True,
        "gated": True,
        "activation": "silu",
        "norm": "both",
        "normalization": RMS(),
    },
}
EACH = pytest.mark.parametrize("kind", KINDS)


def tiny(policy=None, **changes):
    options = {
        "vocabulary": VOCABULARY,
        "width": WIDTH,
        "num_layers": 2,
        "num_heads": HEADS,
        "hidden_width": HIDDEN,
        "dropout": 0.0,
        "causal": True,
        "dtype": policy,
    }
    keras.utils.set_random_seed(7)
    model = LanguageModel(Backbone(**(options | changes)), dtype=policy)
    model.build()
    # Large weights: a mistake shows, and no two tokens are equally likely.
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        noise = random.normal(0, 0.4, weight.shape)
        weight.assign(array(weight) + noise.astype("float32"))
    return model


@functools.cache
def read_only(kind):
    """A model that many tests read, and none changes."""
    return tiny(**KINDS[kind])


def array(tensor):
    return ops.convert_to_numpy(tensor)


def stepped(model, prompts, follow, room=5):
    """The logits after each prompt, and after each token that follows."""
    state = model.start(prompts, room)
    tokens, made = np.full(len(prompts), START), []
    for t in range(follow.shape[1] + 1):
        logits, state = model.step(tokens, state)
        made.append(array(logits))
        tokens = follow[:, min(t, follow.shape[1] - 1)]
    return np.stack(made, 1)


@EACH
def test_prompts_of_all_lengths_go_on_as_each_does_alone(kind):
    model = read_only(kind)
    found = stepped(model, PADDED, FOLLOW)
    for row, prompt in enumerate(PROMPTS):
        ids = [*prompt, *FOLLOW[row]]
        whole = array(model(np.array([ids])))[0, len(prompt) - 1 :]
        np.testing.assert_allclose(found[row], whole, atol=2e-5)


def test_an_end_that_closes_a_prompt_is_not_read():
    model = read_only("sinusoidal")
    closed = np.array([[1, 5, 6, 7, END], [1, END, 0, 0, 0], [1, 9, 8, END, 0]])
    found, wanted = (stepped(model, ids, FOLLOW) for ids in (closed, PADDED))
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_more_padding_behind_the_prompts_changes_nothing():
    model = read_only("learned")
    wide = np.pad(PADDED, ((0, 0), (0, 3)))
    found, wanted = (stepped(model, ids, FOLLOW) for ids in (wide, PADDED))
    np.testing.assert_allclose(found, wanted, atol=2e-5)


def test_a_prompt_is_read_in_one_pass():
    model, passes = tiny(), []
    attend = model.backbone.stack.blocks[0].self_attention.attend

    def counted(query, *arguments, **keywords):
        passes.append(query.shape)
        return attend(query, *arguments, **keywords)

    model.backbone.stack.blocks[0].self_attention.attend = counted
    model.start(PADDED, 5)
    assert passes == [(3, 3, WIDTH)]


@EACH
def test_logits_at_t_ignore_what_comes_after_t(kind):
    model = read_only(kind)
    ids = np.repeat([[1, 4, 5, 6, 7]], 4, axis=0)
    before, places = array(model(ids)), (1, 2, 3, 4)
    ids[[0, 1, 2, 3], places] = 10
    after = array(model(ids))
    for row, t in enumerate(places):
        np.testing.assert_allclose(after[row, :t], before[row, :t], atol=1e-6)
        assert np.abs(after[row, t] - before[row, t]).max() > 1e-3


@EACH
def test_several_sentences_in_a_row_are_as_each_alone(kind):
    model = read_only(kind)
    ids = np.array([[1, 5, 6, 7, 1, 9, 1, 3, 4, 0]])
    segments = np.array([[1, 1, 1, 1, 2, 2, 3, 3, 3, 0]])
    packed = array(model({"ids": ids, "segments": segments}))[0]
    for number in (1, 2, 3):
        mine = segments[0] == number
        alone = array(model(ids[:, mine]))[0]
        np.testing.assert_allclose(packed[mine], alone, atol=2e-5)


def test_a_step_changes_no_earlier_state():
    model = read_only("sinusoidal")
    first = model.start(PADDED, 5)
    before = [array(leaf).copy() for leaf in tree.flatten(first)]
    model.step(PADDED[:, 0], first)
    for leaf, kept in zip(tree.flatten(first), before, strict=True):
        assert np.array_equal(array(leaf), kept)


def test_parameters_counted_by_hand():
    attention = 4 * (12 * 12 + 12)
    feed_forward = 12 * 17 + 17 + 17 * 12 + 12
    norm = 2 * 12
    blocks = 2 * (attention + feed_forward + 2 * norm) + norm
    assert read_only("sinusoidal").count_params() == blocks + 13 * 12
    untied = read_only("no positions, not tied")
    assert untied.count_params() == blocks + 2 * 13 * 12
    learned = read_only("learned")
    assert learned.count_params() == blocks + 13 * 12 + 19 * 12
    gate, norms = 12 * 17 + 17, 2 * (2 * 12) + 12
    gated = 2 * (attention + feed_forward + gate) + norms
    parallel = read_only("parallel, gated, both norms")
    assert parallel.count_params() == gated + 13 * 12


def test_reported_weights_are_causal_and_sum_to_one():
    ids = np.array([[1, 5, 6, 0], [1, 9, 8, 3]])
    weights = array(read_only("sinusoidal").attention_weights(ids))
    assert weights.shape == (2, 2, HEADS, 4, 4)
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-6)
    assert not weights[..., ~np.tri(4, dtype=bool)].any()
    assert not weights[0, ..., 3].any()


@EACH
def test_a_saved_model_comes_back(kind, tmp_path):
    model = read_only(kind)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_config() == model.get_config()
    np.testing.assert_allclose(array(again(PADDED)), array(model(PADDED)), atol=1e-6)
    np.testing.assert_allclose(
        stepped(again, PADDED, FOLLOW), stepped(model, PADDED, FOLLOW), atol=1e-5
    )


SENTENCES = [[5, 6, 7], [8], [9, 10, 11, 12], [5, 6], [7, 8, 9], [3]]


def mean_loss(model, batches):
    total = count = 0.0
    for index in range(len(batches)):
        inputs, labels = batches.batch(0, index)
        losses = array(SmoothedCrossEntropy(0.1, reduction=None)(labels, model(inputs)))
        total, count = total + losses.sum(), count + (labels != PADDING).sum()
    return total / count


def test_packed_rows_cost_what_their_sentences_cost_alone():
    model = read_only("sinusoidal")
    packed = PackedRows(SENTENCES, length=9, batch_tokens=18)
    alone = PackedRows(SENTENCES, length=5, batch_tokens=5)
    assert len(packed.rows) == 3 and max(map(len, packed.rows)) > 1
    np.testing.assert_allclose(
        mean_loss(model, packed), mean_loss(model, alone), rtol=1e-5
    )
    labels = LengthBuckets(SENTENCES, SENTENCES, (5,), 30).batch(0, 0)
    ids = labels[0]["target"]
    loss = array(SmoothedCrossEntropy(0.1)(labels[1], model(ids)))
    np.testing.assert_allclose(mean_loss(model, packed), loss, rtol=1e-5)


def test_fit_learns_sentences_by_heart_from_packed_rows():
    model = LanguageModel(
        Backbone(13, 24, 1, 2, 32, dropout=0.0, causal=True, positions="rotary")
    )
    rows = PackedRows([[5, 6, 7], [8, 9, 10, 11]], length=10, batch_tokens=10)
    config = TrainingConfig(warmup_steps=0, peak_learning_rate=1e-2, xla=False)
    compile_model(model, config)
    history = model.fit(rows, epochs=40, verbose=0).history
    assert history["loss"][0] > 2 and history["token_accuracy"][-1] > 0.8
    xla = keras.backend.backend() == "jax"
    decode = BatchDecoder(model, Greedy(), lengths=(4,), xla=xla)
    found = decode([[START, 5], [START, 8]])
    assert [ids.tolist() for ids in found] == [[6, 7], [9, 10, 11]]


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_is_near_full_precision(policy):
    model, half = tiny(), tiny(policy)
    wanted = stepped(model, PADDED, FOLLOW)
    found = [array(ops.cast(x, "float32")) for x in (half(PADDED),)]
    assert np.abs(found[0] - array(model(PADDED))).max() < 0.3
    state = half.start(PADDED, 4)
    assert {keras.backend.standardize_dtype(c.key.dtype) for c in state.past} == {
        policy.removeprefix("mixed_")
    }
    logits, _ = half.step(PADDED[:, 0], state)
    far = np.abs(array(ops.cast(logits, "float32")) - wanted[:, 0]).max()
    assert far < 0.3


@EACH
def test_a_language_model_obeys_every_law(kind):
    if keras.backend.backend() != "tensorflow" and kind != "rotary, grouped":
        pytest.skip("each eager step is compiled there: one model is enough")
    model = LanguageModel(
        Backbone(13, 12, 2, 6, 17, causal=True, **{"dropout": 0.0, **KINDS[kind]})
    )
    report = check(model, like=model, craft=True, show=False)
    assert report.ok, str(report)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_a_language_model_obeys_in_half_precision(policy):
    backbone = Backbone(13, 12, 2, 6, 17, causal=True, dropout=0.0, dtype=policy)
    model = LanguageModel(backbone, dtype=policy)
    report = check(model, like=model, craft=True, show=False)
    assert report.ok, str(report)


def test_lora_and_quantisation_reach_the_model():
    model = tiny()
    before = array(model(PADDED))
    model.backbone.embedding.enable_lora(2)
    for block in model.backbone.stack.blocks:
        block.self_attention.query_projection.enable_lora(2)
    kernel = model.backbone.stack.blocks[0].self_attention.query_projection
    kernel.lora_kernel_b.assign(np.ones(kernel.lora_kernel_b.shape))
    assert np.abs(array(model(PADDED)) - before).max() > 1e-3
    other = tiny()
    other.quantize("int8", filters=lambda x: isinstance(x, keras.layers.Dense))
    after = array(other(PADDED))
    assert 0 < np.abs(after - before).max() < 0.5


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's"
)
def test_a_functional_model_is_exported(tmp_path):
    import tensorflow as tf

    model = read_only("rotary, grouped")
    ids = keras.Input((None,), dtype="int32")
    functional = keras.Model(ids, model(ids))
    assert functional.output_shape == (None, None, VOCABULARY)
    functional.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    found = served.serve(tf.constant(PADDED, "int32"))
    np.testing.assert_allclose(found, array(model(PADDED)), atol=1e-5)


def test_a_layout_splits_what_is_worth_splitting():
    class Mesh:
        """A mesh of names only: a real one needs two devices."""

        axis_names = ("batch", "model")

    model = tiny(gated=True, tie_output=False)
    found = {w.path.split("/", 2)[2]: layout_map(Mesh())[w.path] for w in model.weights}
    split = {path: tuple(x.axes) for path, x in found.items() if x is not None}
    block = "stack/block_1/"
    assert split[f"{block}self_attention/key/kernel"] == (None, "model")
    assert split[f"{block}feed_forward/gate/kernel"] == (None, "model")
    assert split[f"{block}feed_forward/gate/bias"] == ("model",)
    assert split[f"{block}feed_forward/output/kernel"] == ("model", None)
    assert split["embedding/embeddings"] == ("model", None)
    assert split["embedding/reverse_embeddings"] == (None, "model")
    assert not [path for path in split if "normalization" in path or "norm" in path]


def test_blocks_of_the_model_are_rematerialised():
    model = tiny()
    with keras.RematScope(mode="list_of_layers", layer_names=["block_0", "stack"]):
        again = LanguageModel.from_config(model.get_config())
    again.build()
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(array(again(PADDED)), array(model(PADDED)), atol=1e-5)


def test_paths_of_variables_do_not_depend_on_what_was_made_before():
    def paths():
        # Without the model's own name, which Keras numbers.
        variables = tiny(name="backbone", dropout=0.1).backbone.variables
        return [variable.path.partition("/")[2] for variable in variables]

    before = paths()
    keras.layers.Dense(3), keras.layers.LayerNormalization()
    assert paths() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: tiny(causal=False), "needs a causal backbone, got causal=False"),
        (lambda: tiny(positions="spiral"), "positions must be one of"),
        (
            lambda: read_only("learned").start(PADDED, 17),
            "end at max_length=19, got prompts of length 4 and max_length=17",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_metrics_of_a_packed_batch_count_each_token_once():
    model = read_only("sinusoidal")
    accuracies = []
    for rows in (
        PackedRows(SENTENCES, length=9, batch_tokens=18),
        PackedRows(SENTENCES, length=5, batch_tokens=5),
    ):
        metric = TokenAccuracy()
        for index in range(len(rows)):
            inputs, labels = rows.batch(0, index)
            metric.update_state(labels, model(inputs))
        accuracies.append(float(metric.result()))
    assert accuracies[0] == pytest.approx(accuracies[1])
