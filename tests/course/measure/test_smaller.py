import keras_transformer  # noqa: F401 - first, so that Keras is loaded quietly

# isort: split
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer import Transformer
from keras_transformer.corpora import Pairs
from keras_transformer.course.measure import smaller
from keras_transformer.course.measure.exported import copied, saved_bytes, weighed
from keras_transformer.text import Tokenizer
from keras_transformer.training import TrainingConfig

TEXTS = ["Er ruft an.", "Sie ruft.", "Wir rufen an.", "Er schläft."]
IDS = {"source": np.array([[5, 2]]), "target": np.array([[1, 6]])}


def model(seed=1, **measures):
    given = {"width": 8, "num_layers": 1, "num_heads": 2, "hidden_width": 12}
    made = Transformer(400, 400, **(given | {"seed": seed, "dropout": 0.0} | measures))
    made.build()
    return made


def test_the_smallest_go_of_every_matrix_and_of_nothing_else():
    made = model()
    before = made.get_weights()
    masks = smaller.prune(made, 0.75)
    assert len(masks) == len(smaller.matrices(made))
    for old, new in zip(before, made.get_weights(), strict=True):
        if old.ndim != 2:
            np.testing.assert_array_equal(new, old)
            continue
        stays = new != 0
        assert stays.sum() == old.size - int(0.75 * old.size)
        assert np.abs(old[stays]).min() >= np.abs(old[~stays]).max()
        np.testing.assert_array_equal(new[stays], old[stays])


def test_by_lot_as_many_go_and_not_the_smallest():
    made = model()
    before = np.concatenate([np.ravel(w) for w in smaller.matrices(made)])
    masks = smaller.prune(made, 0.5, seed=3)
    stays = np.concatenate([mask.ravel() for mask in masks])
    assert abs(stays.mean() - 0.5) < 0.01
    means = [np.abs(before[who]).mean() for who in (stays, ~stays)]
    assert 0.9 < means[0] / means[1] < 1.1


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("bits", [8, 4, 2])
def test_a_rounded_weight_is_half_a_step_off_at_most(bits, axis):
    matrix = np.random.default_rng(bits).normal(size=(7, 5)).astype("float32")
    matrix[:, 2] = 0.0
    back = smaller.rounded(matrix, bits, axis)
    steps = np.abs(matrix).max(axis=axis, keepdims=True) / (2 ** (bits - 1) - 1)
    assert (np.abs(back - matrix) <= steps / 2 + 1e-6).all()
    for row in back if axis == 1 else back.T:  # who shares a step
        assert len(np.unique(row)) <= 2**bits - 1


def test_a_student_that_says_what_its_teacher_says_learns_from_labels_alone():
    teacher = model()
    labels = np.array([[6, 2]])
    hard = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    losses = []
    for student in (copied(teacher), model(seed=2)):
        taught = smaller.Taught(student, teacher, share=0.5)
        taught.compile(loss=hard)
        said = taught(IDS)
        losses.append(float(taught.compute_loss(IDS, labels, said)))
        losses[-1] -= 0.5 * float(hard(labels, said))
    assert abs(losses[0]) < 1e-5
    assert losses[1] > 1e-3
    assert not teacher.trainable


def test_padding_teaches_nothing():
    taught = smaller.Taught(model(seed=2), model(), share=1.0, temperature=2.0)
    taught.compile(loss=lambda wanted, said: 0.0 * ops.sum(said))
    said = taught(IDS)
    first = float(taught.compute_loss(IDS, np.array([[6, 0]]), said))
    both = float(taught.compute_loss(IDS, np.array([[6, 6]]), said))
    other = ops.concatenate([said[:, :1], 9 * said[:, 1:]], axis=1)
    again = float(taught.compute_loss(IDS, np.array([[6, 0]]), other))
    assert abs(first - again) < 1e-5 < abs(first - both)


def test_training_step_by_step_lowers_the_loss():
    tokenizer = Tokenizer.learn(TEXTS, 300)
    keras.utils.set_random_seed(1)
    made, fresh = model(width=16), model(width=16)
    how = {"batch_tokens": 64, "lengths": (16,), "peak_learning_rate": 1e-2}
    how = TrainingConfig(epochs=30, warmup_steps=3, **how)
    steps = list(smaller.steps(made, Pairs(TEXTS, TEXTS), tokenizer, how))
    assert steps == [1] * 30
    inputs, labels = {}, []
    ids = tokenizer.encode(TEXTS)
    pad = keras.utils.pad_sequences
    inputs["source"] = pad([[*row, 2] for row in ids], 16, padding="post")
    inputs["target"] = pad([[1, *row] for row in ids], 16, padding="post")
    labels = pad([[*row, 2] for row in ids], 16, padding="post")
    trained, untrained = (
        float(made.compute_loss(y=labels, y_pred=each(inputs)))
        for each in (made, fresh)
    )
    assert trained < untrained - 2


def test_zeros_save_nothing_unless_they_are_left_out():
    made = model()
    whole = weighed(made)
    smaller.prune(made, 0.9)
    pruned = weighed(made)
    assert pruned["dense"] == whole["dense"] == 4 * made.count_params()
    assert pruned["zipped"] < 0.5 * whole["zipped"]
    places = sum(-(-w.size // 8) for w in made.get_weights())
    kept = sum(np.count_nonzero(w) for w in made.get_weights())
    assert pruned["sparse"] == 4 * kept + places


def test_a_copy_has_the_weights_and_no_optimizer():
    made = model()
    made.compile("adam", "mse")
    made.optimizer.build(made.trainable_variables)
    copy = copied(made)
    for ours, theirs in zip(made.get_weights(), copy.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert saved_bytes(copy) < saved_bytes(made)
