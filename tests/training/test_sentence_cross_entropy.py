import math

import keras
import numpy as np
import pytest

from keras_transformer.attention import Additive, Attention, Reinforce, Sampled
from keras_transformer.models.recurrent import RecurrentSeq2Seq
from keras_transformer.training import (
    LengthBuckets,
    Run,
    SentenceCrossEntropy,
    SmoothedCrossEntropy,
    TrainingConfig,
)


def test_a_sentence_counts_its_own_tokens():
    labels = np.array([[1, 2, 0], [2, 0, 0], [0, 0, 0]])
    logits = np.zeros((3, 3, 3), "float32")
    logits[0, 0, 1] = math.log(2)  # p = 2 / 4; the second token: 1 / 3
    losses = keras.ops.convert_to_numpy(SentenceCrossEntropy().call(labels, logits))
    np.testing.assert_allclose(
        losses, [(math.log(2) + math.log(3)) / 2, math.log(3), 0], rtol=1e-6
    )


def test_one_sentence_has_the_loss_of_its_tokens():
    random = np.random.default_rng(1)
    labels, logits = np.array([[4, 1, 0]]), random.normal(size=(1, 3, 5))
    logits = logits.astype("float32")
    one = SentenceCrossEntropy(0.1).call(labels, logits)[0]
    all_tokens = SmoothedCrossEntropy(0.1)(labels, logits)
    assert float(one) == pytest.approx(float(all_tokens), rel=1e-6)


def test_smoothing_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"in \[0, 1\), got label_smoothing=1"):
        SentenceCrossEntropy(1)


# On JAX, without XLA every operation of every step is sent off by itself.
@pytest.mark.parametrize(
    "xla", [True, False] if keras.backend.backend() == "tensorflow" else [True]
)
def test_a_run_trains_hard_attention_by_reinforce(tmp_path, xla):
    """Both the translator's weights and the score, which only REINFORCE reaches."""
    model = RecurrentSeq2Seq(
        11,
        11,
        width=6,
        units=8,
        context="attention",
        attention=Attention(Additive(5), Sampled(seed=3)),
        dropout=0.0,
        seed=2,
    )
    model.build()
    score = model.decoder.attention.score
    before = [np.array(w) for w in score.get_weights()]
    learner = Reinforce(model, SentenceCrossEntropy(0.1))
    learner.built = True
    source = [[4], [6], []] * 4  # the steps of a sentence are compiled each
    batches = LengthBuckets(source, source, lengths=(2,), batch_tokens=8, seed=1)
    config = TrainingConfig(
        epochs=10, lengths=(2,), warmup_steps=5, peak_learning_rate=0.05, xla=xla
    )
    history = Run(learner, batches, batches, config, tmp_path, progress=False)()
    assert history[-1]["train_loss"] < 0.7 * history[0]["train_loss"]
    assert any(
        np.abs(old - new).max() > 1e-3
        for old, new in zip(before, score.get_weights(), strict=True)
    )
