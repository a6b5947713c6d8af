import functools

import keras
import numpy as np
import pytest

from keras_transformer.attention import Attention, Dot, Softmax
from keras_transformer.decoding import GreedyDecoder, greedy
from keras_transformer.models.recurrent import RecurrentSeq2Seq
from keras_transformer.training import LengthBuckets, Run, TrainingConfig
from keras_transformer.training.config import compile_model

SOURCE, TARGET, WIDTH, UNITS, B, S, T = 13, 17, 11, 14, 3, 7, 5

VARIANTS = {
    "start": {"context": "start"},
    "every_step": {"context": "every_step"},
    "bahdanau": {"context": "attention"},
    "luong": {"context": "attention", "wiring": "luong"},
    "feeding": {"context": "attention", "wiring": "luong", "input_feeding": True},
}
ATTENDING = ("bahdanau", "luong", "feeding")
every_variant = pytest.mark.parametrize("variant", VARIANTS)


def make(variant, seed=19, **kwargs):
    keras.utils.set_random_seed(seed)
    options = {"width": WIDTH, "units": UNITS, **VARIANTS[variant], **kwargs}
    model = RecurrentSeq2Seq(SOURCE, TARGET, **options)
    model.build()
    random = np.random.default_rng(seed)
    for weight in model.trainable_variables:  # biases too, and no small logits
        weight.assign(random.normal(size=weight.shape, scale=0.5))
    return model


@functools.cache
def shared(variant):
    """A model that many tests read, and none changes."""
    return make(variant)


@functools.cache
def logits_of_the_batch(variant):
    return numpy(shared(variant)(batch()))


def batch(seed=23):
    random = np.random.default_rng(seed)
    source = random.integers(3, SOURCE, (B, S)).astype("int32")
    target = random.integers(3, TARGET, (B, T)).astype("int32")
    target[:, 0] = 1
    source[1, 4:] = 0
    source[2, 2:] = 0
    target[1, 3:] = 0
    return {"source": source, "target": target}


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


@every_variant
def test_teacher_forced_logits_equal_step_by_step_logits(variant):
    model, inputs = shared(variant), batch()
    whole = logits_of_the_batch(variant)
    state = model.start(inputs["source"], T)
    for position in range(T):
        logits, state = model.step(inputs["target"][:, position], state)
        np.testing.assert_allclose(numpy(logits), whole[:, position], atol=1e-5)


@every_variant
def test_a_padded_batch_equals_its_sentences_alone(variant):
    model, inputs = shared(variant), batch()
    together = logits_of_the_batch(variant)
    for row in range(B):
        source, target = (inputs[side][row : row + 1] for side in ("source", "target"))
        s, t = (int(np.count_nonzero(side)) for side in (source, target))
        alone = numpy(model({"source": source[:, :s], "target": target[:, :t]}))
        np.testing.assert_allclose(together[row, :t], alone[0], atol=1e-5)


@every_variant
def test_no_logit_looks_at_a_later_token(variant):
    model, inputs = shared(variant), batch()
    before = logits_of_the_batch(variant)
    inputs["target"][:, 3:] = 5
    after = numpy(model(inputs))
    np.testing.assert_array_equal(before[:, :3], after[:, :3])
    assert np.abs(before[0, 3:] - after[0, 3:]).max() > 1e-3


@every_variant
def test_the_source_reaches_every_logit(variant):
    model, inputs = shared(variant), batch()
    before = logits_of_the_batch(variant)
    inputs["source"][:, 1] = 4
    assert np.abs(before - numpy(model(inputs))).max(axis=(0, 2)).min() > 1e-6


@every_variant
def test_padding_gets_no_gradient(variant):
    model, inputs = make(variant, tie_output=False, dropout=0.0), batch()
    inputs["target"] = inputs["target"][:, :4]  # each step is compiled by itself
    labels = np.where(inputs["target"] == 0, 0, 4)
    rows = [model.source_embedding.embeddings, model.target_embedding.embeddings]
    before = [numpy(row).copy() for row in rows]
    model.compile(
        keras.optimizers.SGD(1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=0
        ),
        # Each of JAX's operations would be compiled by itself, and its derivative.
        run_eagerly=keras.backend.backend() != "jax",
        jit_compile=keras.backend.backend() == "jax",
    )
    model.train_on_batch(inputs, labels)
    for was, now in zip(before, map(numpy, rows), strict=True):
        np.testing.assert_array_equal(was[0], now[0])
        assert np.isfinite(now).all() and np.abs(was - now).max() > 1e-4


@every_variant
def test_an_empty_source_disturbs_nothing(variant):
    model, inputs = shared(variant), batch()
    whole = logits_of_the_batch(variant)
    inputs["source"][1] = 0
    emptied = numpy(model(inputs))
    assert np.isfinite(emptied).all()
    np.testing.assert_allclose(emptied[[0, 2]], whole[[0, 2]], atol=1e-6)


@every_variant
def test_every_leaf_of_the_state_is_batch_first(variant):
    model, inputs = shared(variant), batch()
    _, state = model.step(inputs["target"][:, 0], model.start(inputs["source"], T))
    order = np.array([2, 0, 0])
    reordered = keras.tree.map_structure(
        lambda leaf: keras.ops.take(leaf, order, axis=0), state
    )
    tokens = inputs["target"][:, 1]
    straight, _ = model.step(tokens, state)
    shuffled, _ = model.step(tokens[order], reordered)
    np.testing.assert_allclose(numpy(shuffled), numpy(straight)[order], atol=1e-6)


@pytest.mark.parametrize("variant", ATTENDING)
def test_attention_weights_sum_to_one_over_the_source(variant):
    model, inputs = shared(variant), batch()
    cross = numpy(model.attention_weights(inputs).cross)
    assert cross.shape == (B, 1, 1, T, S)
    np.testing.assert_allclose(cross.sum(-1), 1.0, atol=1e-6)
    hidden = np.broadcast_to((inputs["source"] == 0)[:, None, None, None], cross.shape)
    assert not cross[hidden].any()


@pytest.mark.parametrize("variant", ["start", "every_step"])
def test_a_fixed_context_has_no_attention_weights(variant):
    assert shared(variant).attention_weights(batch()) is None


@every_variant
def test_a_saved_model_is_the_same_model(variant, tmp_path):
    model, inputs = make(variant, dropout=0.25, seed=5), batch()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    np.testing.assert_array_equal(numpy(loaded(inputs)), numpy(model(inputs)))


def test_a_saved_model_keeps_its_attention(tmp_path):
    model, inputs = make("luong", attention=Attention(Dot(), Softmax())), batch()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(loaded.decoder.attention.score, Dot)
    np.testing.assert_array_equal(numpy(loaded(inputs)), numpy(model(inputs)))


def test_shared_and_tied_embeddings_are_one_matrix():
    sizes = {}
    for shared, tied in ((True, True), (True, False), (False, True), (False, False)):
        model = RecurrentSeq2Seq(
            SOURCE, SOURCE, WIDTH, UNITS, share_embeddings=shared, tie_output=tied
        )
        model.build()
        sizes[shared, tied] = model.count_params()
    matrix = SOURCE * WIDTH
    assert sizes[True, False] == sizes[True, True] + matrix
    assert sizes[False, True] == sizes[True, True] + matrix
    assert sizes[False, False] == sizes[True, True] + 2 * matrix


@pytest.mark.parametrize(
    ("variant", "policy"),
    [
        ("every_step", "mixed_bfloat16"),
        ("bahdanau", "mixed_float16"),
        ("luong", "mixed_bfloat16"),
        ("feeding", "mixed_float16"),
    ],
)
def test_half_precision_stays_near_float32(variant, policy):
    inputs = batch()
    inputs["source"][1] = 0
    exact = numpy(shared(variant)(inputs))
    model = make(variant, dtype=policy)
    half = numpy(model(inputs))
    np.testing.assert_allclose(half, exact, atol=0.15)
    output = greedy(model, inputs["source"], T)
    assert not numpy(output)[1].any()


@every_variant
def test_xla_equals_eager(variant):
    model, inputs = shared(variant), batch()
    wanted = logits_of_the_batch(variant)[:, :3]
    inputs["target"] = inputs["target"][:, :3]  # each step is compiled by itself
    model.compile(jit_compile=True)  # changes nothing that another test reads
    compiled = np.asarray(model.predict_on_batch(inputs))
    np.testing.assert_allclose(compiled, wanted, atol=1e-5)


def padded(rows, width):
    """Ids `[rows, width]`, or more where a row is longer."""
    width = max(width, *map(len, rows))
    return np.array([[*row, *[0] * (width - len(row))] for row in rows], "int32")


@pytest.mark.parametrize("variant", ["every_step", "feeding"])
def test_greedy_decoding_takes_the_likeliest_token_compiled_or_not(variant):
    model = shared(variant)
    sources = [[5, 9, 4], [7], [], [3, 12, 6, 6, 8]]
    outputs = [
        GreedyDecoder(model, batch_size=3, lengths=(S,), length_ratio=0.1, xla=xla)(
            sources
        )
        for xla in (False, True)
    ]
    for eager, compiled in zip(*outputs, strict=True):
        np.testing.assert_array_equal(eager, compiled)
    assert len(outputs[0][2]) == 0
    pairs = [pair for pair in zip(sources, outputs[0], strict=True) if pair[0]]
    inputs = {
        "source": padded([[*source, 2] for source, _ in pairs], S),
        "target": padded([[1, *output] for _, output in pairs], T),
    }
    logits = numpy(model(inputs))
    logits[..., :2] = -np.inf
    for row, (_, output) in enumerate(pairs):
        found = logits[row].argmax(-1)[: len(output)]
        np.testing.assert_array_equal(found, output)


def reversal(count, length, seed):
    """Sequences over seven tokens, and the same sequences back to front."""
    random = np.random.default_rng(seed)
    source = random.integers(3, 10, (count, length))
    return source.tolist(), source[:, ::-1].tolist()


def test_a_few_compiled_steps_reduce_the_loss(tmp_path):
    keras.utils.set_random_seed(1)
    # A quarter of a minute each: the two halves on two backends.
    on_tensorflow = keras.backend.backend() == "tensorflow"
    policy = keras.DTypePolicy("mixed_float16" if on_tensorflow else "mixed_bfloat16")
    model = RecurrentSeq2Seq(
        10, 10, 16, 16, **VARIANTS["feeding"], seed=1, dtype=policy
    )
    short, long = reversal(65, 1, seed=1), reversal(48, 2, seed=3)
    pairs = [left + right for left, right in zip(short, long, strict=True)]
    batches = LengthBuckets(*pairs, lengths=(3,), batch_tokens=54)
    config = TrainingConfig(epochs=8, peak_learning_rate=0.02, warmup_steps=10)
    run = Run(model, batches, batches, config, tmp_path, progress=False)
    history = run()
    assert len(batches) == 7  # the last of them with empty rows
    first, last = history[0]["valid_cross_entropy"], history[-1]["valid_cross_entropy"]
    assert first < np.log(10) + 0.2
    assert last < 0.8 * first


def test_attention_learns_to_reverse_four_tokens():
    keras.utils.set_random_seed(1)
    model = RecurrentSeq2Seq(10, 10, 16, 32, context="attention", dropout=0.0, seed=1)
    model.build()
    batches = LengthBuckets(*reversal(1024, 4, seed=1), lengths=(5,), batch_tokens=320)
    config = TrainingConfig(
        peak_learning_rate=0.015,
        warmup_steps=30,
        label_smoothing=0.0,
        # XLA takes longer to compile these few steps than the steps take without.
        xla=keras.backend.backend() == "jax",
    )
    compile_model(model, config)
    model.optimizer.build(model.trainable_variables)  # or TensorFlow traces it twice
    for epoch, index in np.ndindex(9, len(batches)):
        model.train_on_batch(*batches.batch(epoch, index))
    sources, targets = reversal(199, 4, seed=2)
    unseen = [i for i, s in enumerate(sources) if s not in batches.source]
    inputs = {
        "source": np.array([[*sources[i], 2] for i in unseen], "int32"),
        "target": np.array([[1, *targets[i]] for i in unseen], "int32"),
    }
    outputs = numpy(greedy(model, inputs["source"], 5))
    assert np.mean((outputs[:, :4] == inputs["target"][:, 1:]).all(1)) > 0.95
    assert (outputs[:, 4] == 2).mean() > 0.95
    cross = numpy(model.attention_weights(inputs).cross)[:, 0, 0, :4]
    place = cross @ np.arange(5)  # where in the source a step looks, on average
    assert np.mean(np.diff(place, axis=1) < 0) > 0.8  # from the back to the front


def test_vocabularies_of_two_sizes_share_no_embedding():
    with pytest.raises(ValueError, match=r"needs one vocabulary.*=13.*=17"):
        RecurrentSeq2Seq(SOURCE, TARGET, share_embeddings=True)


def test_unknown_context_is_refused():
    with pytest.raises(ValueError, match="'every_step' or 'attention', got 'middle'"):
        RecurrentSeq2Seq(SOURCE, TARGET, context="middle")


def test_an_attention_without_its_context_is_refused():
    with pytest.raises(ValueError, match=r"needs context='attention', got .*'start'"):
        RecurrentSeq2Seq(SOURCE, TARGET, attention=Attention())
