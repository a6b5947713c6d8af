"""What users of Keras do with any layer, done with a block and with whole models."""

import functools

import block_oracle
import keras
import numpy as np
import pytest
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.models import (
    Backbone,
    Block,
    FeedForward,
    LanguageModel,
    MaskedLanguageModel,
    RecurrentSeq2Seq,
    Stack,
    Transformer,
)

IDS = np.array([[3, 4, 5, 0, 0], [1, 2, 3, 4, 5]])
BOTH = {"source": IDS, "target": IDS[:, :3]}


def block(reads_memory=False, **options):
    return block_oracle.small(12, 2, 7, reads_memory, **options)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def normal(*shape):
    return np.random.default_rng(1).normal(size=shape).astype("float32")


def translator(**options):
    return Transformer(11, 13, 12, 1, 2, 7, **options)


def recurrent(**options):
    options = {"context": "attention", "dropout": 0.0, **options}
    return RecurrentSeq2Seq(11, 13, 6, 10, **options)


def classifier():
    """Embedding, stack and mean: the embedding's mask goes through all of them."""
    ids = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(9, 12, mask_zero=True)(ids)
    x = Stack([block(), block()])(x)
    return keras.Model(ids, keras.layers.GlobalAveragePooling1D()(x))


def test_padding_changes_nothing_in_a_functional_model():
    model = classifier()
    padded = array(model(IDS))
    alone = array(model(IDS[:1, :3]))
    np.testing.assert_allclose(padded[:1], alone, atol=1e-5)


def test_a_functional_model_is_cloned():
    model = classifier()
    clone = keras.models.clone_model(model)
    clone.set_weights(model.get_weights())
    np.testing.assert_allclose(array(clone(IDS)), array(model(IDS)), atol=1e-6)


def test_a_functional_model_is_saved_and_loaded(tmp_path):
    model = classifier()
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(again(IDS)), array(model(IDS)), atol=1e-6)
    assert [v.path for v in again.variables] == [v.path for v in model.variables]


def test_a_functional_model_of_unknown_lengths_gives_weights():
    x, memory = keras.Input((None, 12)), keras.Input((None, 12))
    output, weights = block(True)(x, memory, use_causal_mask=True, return_weights=True)
    assert output.shape == (None, None, 12)
    assert weights["cross_attention"].shape == (None, 2, None, None)
    model = keras.Model([x, memory], {"output": output, **weights})
    found = model([normal(3, 4, 12), normal(3, 5, 12)])
    assert array(found["cross_attention"]).shape == (3, 2, 4, 5)
    np.testing.assert_allclose(array(found["self_attention"])[..., 0, 0], 1.0)


def test_a_functional_model_of_unknown_lengths_has_stacks():
    x = keras.Input((None, 12))
    output, (first, second) = Stack([block(), block()])(x, return_weights=True)
    assert output.shape == (None, None, 12)
    assert first["self_attention"].shape == second["self_attention"].shape
    wanted = Stack([block()])
    assert wanted.compute_output_shape((None, None, 12)) == (None, None, 12)


def test_a_block_is_applied_to_every_sentence_of_a_text():
    layer = block()
    texts = normal(2, 3, 5, 12)  # three sentences each
    each = keras.layers.TimeDistributed(layer)
    for shape in ((3, None, 12), (None, 5, 12), (None, None, 12)):
        assert each(keras.Input(shape)).shape == (None, *shape)
    found = array(each(texts))
    for sentence in range(3):
        wanted = array(layer(texts[:, sentence]))
        np.testing.assert_allclose(found[:, sentence], wanted, atol=1e-5)


def test_a_summary_counts_the_parameters():
    lines = []
    model = classifier()
    model.summary(print_fn=lines.append)
    assert f"{model.count_params():,}" in "\n".join(lines)


@pytest.mark.parametrize("make", [translator, recurrent])
def test_a_model_takes_symbolic_ids(make):
    model = make()
    inputs = {side: keras.Input((None,), dtype="int32", name=side) for side in BOTH}
    functional = keras.Model(inputs, model(inputs))
    assert functional.output_shape == (None, None, 13)
    np.testing.assert_allclose(array(functional(BOTH)), array(model(BOTH)), atol=1e-5)


@pytest.mark.skipif(
    keras.backend.backend() != "tensorflow", reason="a SavedModel is TensorFlow's"
)
def test_a_functional_model_is_exported(tmp_path):
    import tensorflow as tf

    model = classifier()
    model.export(tmp_path / "served", verbose=False)
    served = tf.saved_model.load(tmp_path / "served")
    found = served.serve(tf.constant(IDS[:, :4], "int32"))
    np.testing.assert_allclose(found, array(model(IDS[:, :4])), atol=1e-5)


# Paths


def paths(make):
    return [variable.path for variable in make().variables]


def many_layers():
    for _ in range(3):
        translator(dropout=0.1).build()
        block(), keras.layers.Dense(3), keras.layers.Dropout(0.1)


def built_translator():
    positions = {"positions": "relative", "max_length": 19}
    drops = {"attention_dropout": 0.1, "hidden_dropout": 0.1}
    model = translator(name="model", tie_output=False, **drops, **positions)
    model.build()
    return model


def built_block():
    layer = Block(
        MultiHeadAttention(2, 12, dropout=0.1, name="self_attention"),
        FeedForward(12, 7, dropout=0.1, name="feed_forward"),
        dropout=0.1,
        name="block",
    )
    layer.build((None, None, 12))
    return layer


@pytest.mark.parametrize("make", [built_translator, built_block])
def test_paths_of_variables_do_not_depend_on_what_was_made_before(make):
    before = paths(make)
    many_layers()
    assert paths(make) == before


def test_paths_of_recurrent_weights_do_not_depend_on_what_was_made_before():
    def weights():
        model = recurrent(name="model", dropout=0.1)
        model.build()
        # Not the seeds: Keras's own GRU and Dropout number theirs.
        return [weight.path for weight in model.weights]

    before = weights()
    many_layers()
    keras.layers.GRU(3).build((None, None, 2))
    assert weights() == before


# Children are called, not looked into


def test_a_block_is_rematerialised(gradient):
    layer = block(True)
    x, memory = normal(2, 3, 12), normal(2, 5, 12)
    masks = {
        "attention_mask": np.tri(3, dtype=bool)[None],
        "cross_attention_mask": np.ones((1, 1, 5), bool),
    }
    layer(x, memory, **masks)
    with keras.RematScope(mode="list_of_layers", layer_names=["again"]):
        again = Block.from_config({**layer.get_config(), "name": "again"})
    again.build(x.shape, memory.shape)
    again.set_weights(layer.get_weights())

    def slope(which):
        def total(memory):
            return ops.sum(which(x, memory, **masks) ** 2)

        return gradient(total, memory)

    np.testing.assert_allclose(slope(again), slope(layer), rtol=1e-4, atol=1e-5)


def test_blocks_of_a_model_are_rematerialised():
    model = translator(seed=1)
    model.build()
    with keras.RematScope(mode="list_of_layers", layer_names=["block_0", "encoder"]):
        again = translator(seed=1)
    again.build()
    again.set_weights(model.get_weights())
    np.testing.assert_allclose(array(again(BOTH)), array(model(BOTH)), atol=1e-5)


def test_lora_reaches_the_output_of_a_block():
    layer = block(True)
    x, memory = normal(2, 3, 12), normal(2, 5, 12)
    before = array(layer(x, memory))
    for projection in (
        layer.self_attention.query_projection,
        layer.cross_attention.value_projection,
        layer.feed_forward.hidden,
    ):
        projection.enable_lora(rank=2)
        projection.lora_kernel_b.assign(normal(2, projection.units))
        after = array(layer(x, memory))
        assert np.abs(after - before).max() > 1e-3, projection.name
        before = after


def test_a_block_is_quantised():
    layer = block(True)
    x, memory = normal(2, 3, 12), normal(2, 5, 12)
    before = array(layer(x, memory))
    for part in layer._flatten_layers(include_self=False):
        if isinstance(part, keras.layers.Dense):
            part.quantize("int8")
    after = array(layer(x, memory))
    assert 0 < np.abs(after - before).max() < 0.1


# Keras says so of every layer without a matrix, its own included.
@pytest.mark.filterwarnings("ignore:.*does not have a `quantize` method")
@pytest.mark.filterwarnings("ignore:.*The use of `x.T`")  # Keras, on PyTorch
@pytest.mark.parametrize("make", [translator, recurrent])
@pytest.mark.parametrize("wide", [True, False], ids=["model", "layers"])
def test_a_quantised_model_comes_back(make, wide, tmp_path):
    model = make()
    before = array(model(BOTH))
    if wide:
        model.quantize("int8")
    else:
        model.target_embedding.quantize("int8")
    after = array(model(BOTH))
    assert 0 < np.abs(after - before).max() < 0.2
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(loaded(BOTH)), after, atol=1e-6)
    assert loaded.target_embedding.quantization_mode == "int8"


@pytest.mark.parametrize("make", [translator, recurrent])
def test_a_model_with_lora_comes_back(make, tmp_path):
    model = make()
    before = array(model(BOTH))
    for part in model._flatten_layers(include_self=False):
        if isinstance(part, keras.layers.Dense):
            part.enable_lora(rank=2)
            part.lora_kernel_b.assign(normal(2, part.units))
    after = array(model(BOTH))
    assert np.abs(after - before).max() > 0.1
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(loaded(BOTH)), after, atol=1e-5)


def test_a_quantised_block_comes_back(tmp_path):
    inputs = keras.Input((None, 12))
    model = keras.Model(inputs, block(False)(inputs))
    for part in model._flatten_layers(include_self=False):
        if isinstance(part, keras.layers.Dense):
            part.quantize("int8")
    x = normal(2, 3, 12)
    before = array(model(x))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(array(loaded(x)), before, atol=1e-6)
    hidden = next(
        part for part in loaded._flatten_layers() if part.name == "feed_forward"
    ).hidden
    assert hidden.quantization_mode == "int8"


def language_model(head=LanguageModel, **options):
    return head(Backbone(11, 12, 1, 2, 7, causal=head is LanguageModel, **options))


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16", "bfloat16"])
@pytest.mark.parametrize(
    ("make", "inputs"),
    [
        (translator, BOTH),
        (recurrent, BOTH),
        (language_model, IDS),
        (functools.partial(language_model, MaskedLanguageModel), IDS),
    ],
    ids=["transformer", "recurrent", "language model", "masked language model"],
)
def test_the_dtype_of_logits_is_known_beforehand(make, inputs, policy):
    if make is recurrent and policy == "bfloat16":
        policy = "mixed_bfloat16"  # Keras draws no orthogonal matrix of bfloat16
    model = make(dtype=policy)
    given = keras.tree.map_structure(
        lambda x: keras.KerasTensor(x.shape, "int32"), inputs
    )
    spec = model.compute_output_spec(given)
    logits = model(inputs)
    assert keras.backend.standardize_dtype(logits.dtype) == spec.dtype
    assert tuple(logits.shape) == spec.shape
