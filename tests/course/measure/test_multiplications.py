import pytest

from keras_transformer.course.measure.multiplications import forward, of_a_pass
from keras_transformer.training import LengthBuckets, TrainingConfig
from keras_transformer.translation.model_configs import (
    RecurrentConfig,
    TransformerConfig,
)
from keras_transformer.translation.recipes import TextConfig

VOCABULARY = 23
GRUS = {"width": 6, "units": 10}


def kernels(config):
    """The numbers in the matrices of a built model; each is used once a position."""
    model = config.make(VOCABULARY, VOCABULARY, TextConfig(), TrainingConfig())
    model.build()
    return {
        v.path: v.shape[0] * v.shape[1]
        for v in model.trainable_variables
        if len(v.shape) == 2 and not v.path.endswith("bias")
    }


@pytest.mark.parametrize(
    ("config", "attended"),
    [
        # Scores and contexts: one of each in encoder, decoder, and between the two.
        (TransformerConfig(width=8, num_layers=2, hidden_width=7), 3 * 2 * 8 * 2),
        (RecurrentConfig(**GRUS), 2 * 10),
        (RecurrentConfig(**GRUS, score="additive"), 2 * 10),
    ],
    ids=lambda each: getattr(each, "kind", None),
)
def test_over_one_position_each_matrix_is_used_once(config, attended):
    assert forward(config, VOCABULARY, 1, 1) == sum(kernels(config).values()) + attended


@pytest.mark.parametrize(
    "config",
    [
        TransformerConfig(width=8, num_layers=2, hidden_width=7),
        RecurrentConfig(**GRUS, score="additive"),
    ],
    ids=lambda config: config.kind,
)
def test_source_and_target_use_their_own_matrices(config):
    reading = (
        *("/encoder/", "cross_attention/key", "cross_attention/value"),
        "key_kernel",
    )
    read = sum(
        count
        for path, count in kernels(config).items()
        if any(part in path for part in reading) and "bridge" not in path
    )
    layers, width = 1, 10
    squares = 0
    if config.kind == "transformer":
        layers, width = 2, 8
        squares = 2 * layers * width * (5**2 - 3**2)
    longer = forward(config, VOCABULARY, 5, 7) - forward(config, VOCABULARY, 3, 7)
    assert longer == 2 * read + 2 * layers * width * 2 * 7 + squares


def test_a_pass_counts_whole_batches_three_times():
    config = RecurrentConfig(**GRUS)
    batches = LengthBuckets([[5], [5], [5, 6, 7]], [[7]] * 3, (3, 4), batch_tokens=9)
    wanted = 3 * (3 * forward(config, 23, 3, 3) + 2 * forward(config, 23, 4, 4))
    assert of_a_pass(config, 23, batches) == wanted


@pytest.mark.parametrize(
    "other", [{"context": "start"}, {"wiring": "luong"}, {"score": "bilinear"}]
)
def test_other_models_are_refused(other):
    with pytest.raises(ValueError, match=r"multiplications are known of .* got Recurr"):
        forward(RecurrentConfig(**GRUS, **other), 23, 1, 1)
