"""An encoder alone: hidden tokens guessed, sentences classified."""

import functools

import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.laws import check
from keras_transformer.models import Backbone, Classifier, MaskedLanguageModel
from keras_transformer.training import (
    MaskedTokens,
    PackedRows,
    SmoothedCrossEntropy,
    TrainingConfig,
    compile_model,
)

MASK = 12
IDS = np.array([[1, 5, 6, 7, 2], [1, 9, 2, 0, 0], [1, 3, 11, 2, 0]])
KINDS = {
    "sinusoidal": {},
    "learned, post-norm": {"positions": "learned", "max_length": 19, "norm": "post"},
    "rotary, parallel": {"positions": "rotary", "parallel": True},
    "relative, gated": {"positions": "relative", "max_length": 23, "gated": True},
}
EACH = pytest.mark.parametrize("kind", KINDS)
POOLINGS = pytest.mark.parametrize("pooling", ["mean", "first"])


def backbone(policy=None, **changes):
    options = {"dropout": 0.0, "dtype": policy, **changes}
    return Backbone(13, 12, 2, 6, 17, **options)


def randomised(model):
    model.build()
    random = np.random.default_rng(3)
    for weight in model.trainable_weights:
        noise = random.normal(0, 0.4, weight.shape)
        weight.assign(array(weight) + noise.astype("float32"))
    return model


@functools.cache
def masked(kind="sinusoidal"):
    """A model that many tests read, and none changes."""
    return randomised(MaskedLanguageModel(backbone(**KINDS[kind])))


@functools.cache
def classifier(pooling="mean", kind="sinusoidal"):
    """A model that many tests read, and none changes."""
    options = {"classes": 3, "pooling": pooling, "dropout": 0.0}
    return randomised(Classifier(backbone(**KINDS[kind]), **options))


def array(tensor):
    return ops.convert_to_numpy(tensor)


@EACH
@pytest.mark.parametrize("head", ["masked", "mean", "first"])
def test_a_padded_batch_and_its_sentences_alone_give_the_same(head, kind):
    model = masked(kind) if head == "masked" else classifier(head, kind)
    together = array(model(np.pad(IDS, ((0, 0), (0, 2)))))
    for row, ids in enumerate(IDS):
        real = ids[ids != 0][None]
        alone = array(model(real))[0]
        found = together[row, : real.shape[1]] if head == "masked" else together[row]
        np.testing.assert_allclose(found, alone, atol=2e-5)


@EACH
def test_every_token_counts_at_every_position(kind):
    for make in (masked(kind), classifier("mean", kind), classifier("first", kind)):
        before = array(make(IDS[:1]))
        ids = np.repeat(IDS[:1], 5, axis=0)
        ids[range(5), range(5)] = 10
        moved = np.abs(array(make(ids)) - before).max(-1)
        assert moved.min() > 1e-4


def test_the_mean_is_that_of_the_real_tokens_by_hand():
    model = classifier()
    x = np.random.default_rng(1).normal(size=(3, 5, 12)).astype("float32")
    wanted = [x[row][IDS[row] != 0].mean(0) for row in range(3)]
    np.testing.assert_allclose(array(model.pool(x, IDS)), wanted, atol=1e-5)
    empty = array(model.pool(x * np.nan, np.zeros_like(IDS)))
    assert not empty.any()
    first = array(classifier("first").pool(x, IDS))
    assert np.array_equal(first, x[:, 0])


def test_the_logits_of_tokens_are_tied_to_their_embedding():
    model = masked()
    x = array(model.backbone(IDS))
    table = array(model.backbone.embedding.embeddings)
    np.testing.assert_allclose(array(model(IDS)), x @ table.T, atol=1e-4)
    assert sum(tuple(w.shape) == (13, 12) for w in model.weights) == 1


def test_packed_sentences_are_guessed_as_alone():
    ids = np.array([[1, 5, MASK, 7, 1, 9, 1, MASK, 4, 0]])
    segments = np.array([[1, 1, 1, 1, 2, 2, 3, 3, 3, 0]])
    for kind in KINDS:
        model = masked(kind)
        packed = array(model({"ids": ids, "segments": segments}))[0]
        for number in (1, 2, 3):
            mine = segments[0] == number
            alone = array(model(ids[:, mine]))[0]
            np.testing.assert_allclose(packed[mine], alone, atol=2e-5)


def test_a_classifier_goes_on_from_what_guessing_taught(tmp_path):
    model = MaskedLanguageModel(backbone(seed=1))
    sentences = [[5, 6, 7], [8, 9, 10, 11]] * 4
    rows = PackedRows(sentences, length=10, batch_tokens=40)
    config = TrainingConfig(warmup_steps=0, peak_learning_rate=1e-2, xla=False)
    compile_model(model, config)
    losses = model.fit(
        MaskedTokens(rows, 13, MASK, rate=0.4), epochs=30, verbose=0
    ).history["loss"]
    assert losses[-1] < losses[0] - 0.5
    vectors = array(model.backbone(IDS))
    model.save(tmp_path / "pretrained.keras")
    again = keras.saving.load_model(tmp_path / "pretrained.keras")
    for pretrained in (model, again):
        head = Classifier(pretrained.backbone, classes=2)
        head.build()
        assert head.backbone is pretrained.backbone
        np.testing.assert_allclose(array(head.backbone(IDS)), vectors, atol=1e-5)
    ids = np.array([[1, *sentence, 0][:5] for sentence in sentences])
    labels = np.array([0, 1] * 4)
    head.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    history = head.fit(ids, labels, epochs=12, verbose=0).history
    assert history["accuracy"][-1] == 1.0
    assert np.abs(array(again.backbone(IDS)) - vectors).max() > 1e-3  # it learns too


def test_only_what_is_hidden_counts():
    model = masked()
    rows = MaskedTokens(PackedRows([[5, 6, 7, 8]] * 3, None, 6, 18), 13, MASK, rate=0.5)
    inputs, labels = rows.batch(0, 0)
    losses = array(SmoothedCrossEntropy(reduction=None)(labels, model(inputs)))
    assert (losses > 0).tolist() == (labels != 0).tolist()
    assert (inputs["ids"] == MASK).any() and 0 < (labels != 0).sum() < 12


@EACH
@pytest.mark.parametrize("head", ["masked", "mean"])
def test_a_saved_model_comes_back(head, kind, tmp_path):
    model = masked(kind) if head == "masked" else classifier(head, kind)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert again.get_config() == model.get_config()
    np.testing.assert_allclose(array(again(IDS)), array(model(IDS)), atol=1e-6)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's"
)
@pytest.mark.parametrize("make", [masked, classifier])
def test_a_functional_model_is_exported(make, tmp_path):
    import tensorflow as tf

    ids, model = keras.Input((None,), dtype="int32"), make()
    functional = keras.Model(ids, model(ids))
    functional.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    found = served.serve(tf.constant(IDS, "int32"))
    np.testing.assert_allclose(found, array(model(IDS)), atol=1e-5)


def everyone(policy, kind):
    options = {"dtype": policy, **KINDS[kind]}
    yield MaskedLanguageModel(backbone(**options), dtype=policy)
    for pooling in ("mean", "first"):
        parts = backbone(**options), 3, pooling
        yield Classifier(*parts, dropout=0.0, dtype=policy)


@EACH
def test_models_of_an_encoder_obey_every_law(kind):
    if keras.backend.backend() != "tensorflow" and kind != "rotary, parallel":
        pytest.skip("each eager step is compiled there: one backbone is enough")
    for model in everyone(None, kind):
        report = check(model, like=model, craft=True, show=False)
        assert report.ok, str(report)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_models_of_an_encoder_obey_in_half_precision(policy):
    for model in everyone(policy, "sinusoidal"):
        report = check(model, like=model, craft=True, show=False)
        assert report.ok, str(report)


def test_a_classifier_answers_in_full_precision():
    model = Classifier(backbone("mixed_bfloat16"), 3, dtype="mixed_bfloat16")
    assert keras.backend.standardize_dtype(model(IDS).dtype) == "float32"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MaskedLanguageModel(backbone(causal=True)), "an encoder sees both"),
        (lambda: Classifier(backbone(causal=True), 3), "an encoder sees both ways"),
        (lambda: Classifier(backbone(), 3, "max"), "pooling must be one of .*'max'"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
