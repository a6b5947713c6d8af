"""What a model is fed: ids of its vocabulary, in two arrays, whatever the backend."""

import inspect
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_transformer import models
from keras_transformer.decoding import Beam, Greedy, Sample, beam, greedy
from keras_transformer.models import Transformer
from keras_transformer.models.recurrent import RecurrentSeq2Seq
from keras_transformer.tokens import UNK, known_ids
from keras_transformer.training import SentenceCrossEntropy, SmoothedCrossEntropy

SIZE = 7
MODELS = {
    "transformer": lambda **o: Transformer(
        SIZE, SIZE, width=8, num_layers=1, num_heads=2, hidden_width=8, dropout=0.0, **o
    ),
    "fixed context": lambda **o: RecurrentSeq2Seq(SIZE, SIZE, width=8, units=8, **o),
    "attention": lambda **o: RecurrentSeq2Seq(
        SIZE, SIZE, width=8, units=8, context="attention", **o
    ),
}
GOOD = np.array([[4, 5, 2]])
ON_TENSORFLOW = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="ragged tensors are TensorFlow's"
)


@pytest.fixture(params=MODELS)
def model(request):
    made = MODELS[request.param]()
    made.build()
    return made


def fed(source=GOOD, target=GOOD):
    return {"source": source, "target": target}


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("wrong", [-1, SIZE, 2**31 - 1, 4.5])
def test_an_id_outside_the_vocabulary_is_refused_where_it_can_be_seen(
    model, side, wrong
):
    ids = GOOD.astype(type(wrong))
    ids[0, 1] = wrong
    with pytest.raises(ValueError, match=f"whole numbers from 0 to 6, got {wrong}"):
        model(fed(**{side: ids}))
    if side == "source" and wrong != 4.5:  # a search reads whole numbers
        for search in (greedy, beam):
            with pytest.raises(ValueError, match=f"from 0 to 6, got {wrong}"):
                search(model, ids, 3)


@pytest.mark.parametrize("wrong", [-1, SIZE, 2**31 - 1])
def test_in_a_program_it_is_read_as_unknown(model, wrong):
    ids = np.array([[4, wrong, 2]], "int32")
    known = np.array([[4, UNK, 2]], "int32")
    model.compile()
    for side in ("source", "target"):
        mine, right = (
            model.predict_on_batch(fed(**{side: each})) for each in (ids, known)
        )
        assert np.isfinite(mine).all()
        assert np.array_equal(mine, right)


def test_a_vocabulary_may_be_smaller_than_unknown():
    assert np.asarray(known_ids(np.array([0, 1]), 2)).tolist() == [0, 1]


@pytest.mark.parametrize("loss", [SmoothedCrossEntropy, SentenceCrossEntropy])
@pytest.mark.parametrize("wrong", [-1, SIZE])
def test_a_label_outside_the_vocabulary_is_refused(loss, wrong):
    logits = np.zeros((1, 3, SIZE), "float32")
    with pytest.raises(ValueError, match=f"from 0 to 6, got {wrong}"):
        loss()(np.array([[4, wrong, 2]]), logits)


@pytest.mark.parametrize("inputs", [(GOOD, GOOD), [GOOD, GOOD], GOOD, {"source": GOOD}])
def test_what_is_no_dict_of_two_sides_is_refused_by_its_rule(model, inputs):
    with pytest.raises(ValueError, match='must be a dict of token ids, "source"'):
        model(inputs)


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("shape", [(3,), (1, 2, 3), (1, 3, 1)])
def test_ids_of_other_axes_are_refused_by_name(model, side, shape):
    ids = np.full(shape, 4)
    with pytest.raises(ValueError, match=rf"{side} must be an array \[b, "):
        model(fed(**{side: ids}))


def test_as_many_targets_as_sources(model):
    with pytest.raises(ValueError, match="every source needs one target, got source"):
        model(fed(np.full((3, 2), 4)))


@ON_TENSORFLOW
def test_ragged_ids_are_refused_with_what_pads_them(model):
    import tensorflow as tf

    ragged = tf.ragged.constant([[4, 5], [4]])
    with pytest.raises(ValueError, match=r"got a ragged tensor: .*tokens\.padded"):
        model({"source": ragged, "target": ragged})


@pytest.mark.parametrize("search", [Greedy(), Beam(2), Sample(seed=1)], ids=repr)
@pytest.mark.parametrize("name", MODELS)
def test_a_model_that_is_not_built_decodes_as_one_that_is(name, search):
    keras.utils.set_random_seed(3)
    built = MODELS[name]()
    built.build()
    keras.utils.set_random_seed(3)
    found = search(MODELS[name](), GOOD, 4)
    assert np.array_equal(found.tokens, search(built, GOOD, 4).tokens)


@pytest.fixture
def float64():
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


@pytest.mark.usefixtures("float64")
@pytest.mark.skipif(
    keras.backend.backend() == "jax" and not os.environ.get("JAX_ENABLE_X64"),
    reason="needs another process: the next test",
)
@pytest.mark.parametrize("search", [Greedy(True), Beam(2), Sample(seed=1)], ids=repr)
@pytest.mark.parametrize("name", MODELS)
def test_every_search_runs_under_float64(name, search):
    model = MODELS[name]()
    assert model.compute_dtype == "float64"
    found = search(model, GOOD, 4)
    assert np.isfinite(np.asarray(found.scores)).all()


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="it asks JAX alone")
def test_jax_searches_under_float64_where_it_has_it():
    name = test_every_search_runs_under_float64.__name__
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:nbval"]
    result = subprocess.run(
        [*command, "-p", "no:cacheprovider", f"{__file__}", "-k", name],
        env={**os.environ, "JAX_ENABLE_X64": "1"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout
    assert f"{3 * len(MODELS)} passed" in result.stdout


def test_every_model_of_two_sides_is_tried():
    made = {type(make()) for make in MODELS.values()}
    pairs = {
        each
        for module in (models, models.recurrent)
        for each in vars(module).values()
        if inspect.isclass(each) and issubclass(each, keras.Model)
        and '"source"' in (each.__doc__ or "")
    }  # fmt: skip
    assert pairs == made
