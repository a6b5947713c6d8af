import gru_oracle
import keras
import numpy as np
import pytest

from keras_transformer.attention import (
    Additive,
    Attention,
    Sampled,
    ScaledDot,
    Softmax,
    log_probabilities,
)
from keras_transformer.models.recurrent import AttentionDecoder, FixedContextDecoder
from keras_transformer.models.recurrent.loop import recur
from keras_transformer.randomness.log_probability import record

# The sizes of `test_recurrent_seq2seq.py`: JAX compiles each operation for each shape.
B, T, S, E, UNITS = 3, 5, 7, 11, 14
KINDS = ("start", "every_step", "bahdanau", "luong", "feeding")
ATTENDING = KINDS[2:]


def make(kind, attention=None, **kwargs):
    if kind in ("start", "every_step"):
        return FixedContextDecoder(UNITS, E, kind, **kwargs)
    return AttentionDecoder(
        UNITS,
        E,
        Attention(ScaledDot(), Softmax()) if attention is None else attention,
        wiring="bahdanau" if kind == "bahdanau" else "luong",
        input_feeding=kind == "feeding",
        **kwargs,
    )


class Case:
    """A decoder with weights that are all different from 0, and what it decodes."""

    def __init__(self, kind, **kwargs):
        random = np.random.default_rng(17)
        draw = lambda *shape: random.normal(size=shape).astype("float32")  # noqa: E731
        self.x, self.final, self.memory = (
            draw(B, T, E),
            draw(B, UNITS),
            draw(B, S, UNITS),
        )
        self.lengths = (7, 4, 2)
        self.mask = (np.arange(S) < np.array(self.lengths)[:, None])[:, None]
        self.decoder = make(kind, **kwargs)
        state = self.start()
        shapes = keras.tree.map_structure(lambda leaf: tuple(leaf.shape), state)
        self.decoder.build((None, None, E), shapes)
        for weight in self.decoder.weights:
            if "seed" not in weight.path:
                weight.assign(random.normal(size=weight.shape, scale=0.5))

    def start(self, memory=None):
        memory = self.memory if memory is None else memory
        return self.decoder.start(self.final, memory, self.mask)


def numpy(tensor):
    return keras.ops.convert_to_numpy(keras.ops.cast(tensor, "float32"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_target_equals_the_equations(kind):
    case = Case(kind)
    output, weights = case.decoder(case.x, case.start(), return_weights=True)
    for row, length in enumerate(case.lengths):
        wanted, rows = gru_oracle.decode(
            case.decoder,
            kind,
            case.x[row].astype("float64"),
            case.final[row].astype("float64"),
            case.memory[row, :length].astype("float64"),
        )
        np.testing.assert_allclose(numpy(output)[row], wanted, atol=1e-5)
        if kind in ATTENDING:
            np.testing.assert_allclose(numpy(weights)[row, :, :length], rows, atol=1e-5)
            assert not numpy(weights)[row, :, length:].any()
        else:
            assert weights is None


@pytest.mark.parametrize("kind", KINDS)
def test_steps_equal_the_whole_target(kind):
    case = Case(kind)
    whole = numpy(case.decoder(case.x, case.start()))
    state = case.start()
    for position in range(T):
        output, state = case.decoder.step(case.x[:, position], state)
        np.testing.assert_allclose(numpy(output), whole[:, position], atol=1e-5)


@pytest.mark.parametrize("kind", ["bahdanau", "feeding"])
def test_a_loop_equals_the_unrolled_target(kind):
    case = Case(kind)
    looped = recur(case.decoder.step, case.x, case.start())
    whole = case.decoder(case.x, case.start())
    np.testing.assert_allclose(numpy(looped), numpy(whole), atol=1e-6)


class Counted(Additive):
    """Counts how often the keys are projected."""

    times = 0

    def project_key(self, key):
        self.times += 1
        return super().project_key(key)


@pytest.mark.parametrize("kind", ["bahdanau", "feeding"])
def test_a_whole_target_projects_the_keys_once(kind):
    score = Counted(17)
    case = Case(kind, attention=Attention(score))
    whole = numpy(case.decoder(case.x, case.start()))
    assert score.times == 1
    state, outputs = case.start(), []
    for position in range(T):
        output, state = case.decoder.step(case.x[:, position], state)
        outputs.append(numpy(output))
    np.testing.assert_allclose(np.stack(outputs, 1), whole, atol=1e-5)
    assert score.times == 1 + T


def test_a_loop_hands_on_what_its_steps_drew():
    case = Case("bahdanau")

    def step(token, state):
        record(token[:, :2])
        return case.decoder.step(token, state)

    with log_probabilities() as drawn:
        recur(step, case.x, case.start())
    wanted = case.x[:, :, :2].sum((1, 2))
    np.testing.assert_allclose(numpy(drawn.total()), wanted, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_changes_no_state_that_it_was_given(kind):
    case = Case(kind)
    state = case.start()
    before = [numpy(leaf).copy() for leaf in keras.tree.flatten(state)]
    case.decoder.step(case.x[:, 0], state)
    for leaf, copy in zip(keras.tree.flatten(state), before, strict=True):
        np.testing.assert_array_equal(numpy(leaf), copy)


@pytest.mark.parametrize("kind", ATTENDING)
def test_hidden_memory_changes_no_output(kind):
    case = Case(kind)
    noisy = np.where(np.swapaxes(case.mask, 1, 2), case.memory, 1e3).astype("float32")
    np.testing.assert_array_equal(
        numpy(case.decoder(case.x, case.start())),
        numpy(case.decoder(case.x, case.start(noisy))),
    )


def test_luongs_weights_come_from_the_new_state_and_bahdanaus_from_the_old():
    for kind, same in (("bahdanau", True), ("luong", False)):
        case = Case(kind)
        other = np.copy(case.x)
        other[:, 0] += 1.0
        rows = [
            numpy(case.decoder(x, case.start(), return_weights=True)[1])[:, 0]
            for x in (case.x, other)
        ]
        assert np.allclose(*rows, atol=1e-6) == same


@pytest.mark.parametrize("kind", ["bahdanau", "luong", "feeding"])
def test_random_attention_draws_anew_at_every_position(kind):
    case = Case(kind, attention=Attention(dropout=0.5, seed=3))
    still = numpy(case.decoder(case.x, case.start()))
    first, second = (
        numpy(case.decoder(case.x, case.start(), training=True)) for _ in range(2)
    )
    assert np.abs(first - still).max() > 0.01
    assert np.abs(first - second).max() > 0.01


@pytest.mark.parametrize("kind", ATTENDING)
def test_the_log_probability_of_every_draw_is_recorded(kind):
    case = Case(kind, attention=Attention(weighting=Sampled(k=1, seed=3)))
    level = np.zeros_like(case.memory)  # scores of 0: all visible keys are as likely
    with log_probabilities() as drawn:
        case.decoder(case.x, case.start(level), training=True)
    wanted = [-T * np.log(length) for length in case.lengths]
    np.testing.assert_allclose(numpy(drawn.total()), wanted, rtol=1e-5)


@pytest.mark.parametrize("kind", ATTENDING)
def test_nothing_is_recorded_where_nothing_is_drawn(kind):
    case = Case(kind)
    with log_probabilities() as drawn:
        case.decoder(case.x, case.start(), training=True)
    assert drawn.total() is None


@pytest.mark.parametrize("kind", ["every_step", "feeding"])
def test_dropout_acts_in_training_only(kind):
    case = Case(kind, dropout=0.5, seed=3)
    still = numpy(case.decoder(case.x, case.start()))
    np.testing.assert_array_equal(
        still, numpy(case.decoder(case.x, case.start(), training=False))
    )
    dropped = numpy(case.decoder(case.x, case.start(), training=True))
    assert 0.2 < np.mean(dropped == 0) < 0.8


@pytest.mark.parametrize("kind", KINDS)
def test_config_rebuilds_the_decoder(kind):
    decoder = make(kind, dropout=0.25, use_cudnn=True, seed=5)
    again = type(decoder).from_config(decoder.get_config())
    assert again.get_config() == decoder.get_config()


def test_unknown_context_is_refused():
    with pytest.raises(ValueError, match="must be 'start' or 'every_step', got 'end'"):
        FixedContextDecoder(UNITS, E, "end")


def test_unknown_wiring_is_refused():
    with pytest.raises(ValueError, match="must be 'bahdanau' or 'luong', got 'cho'"):
        AttentionDecoder(UNITS, E, Attention(), wiring="cho")


def test_input_feeding_is_luongs():
    with pytest.raises(ValueError, match="input_feeding needs wiring='luong'"):
        AttentionDecoder(UNITS, E, Attention(), input_feeding=True)


@pytest.mark.parametrize("kind", ["start", "luong"])
def test_dropout_out_of_range_is_refused(kind):
    with pytest.raises(ValueError, match=r"dropout must be in \[0, 1\), got dropout=1"):
        make(kind, dropout=1)


def test_weights_need_a_target_of_static_length():
    case = Case("bahdanau")
    with pytest.raises(
        ValueError, match=r"weights of wiring='bahdanau' need .*static length"
    ):
        case.decoder.call(keras.Input((None, E)), case.start(), return_weights=True)


def test_a_dot_product_needs_a_memory_as_wide_as_the_state():
    decoder = make("bahdanau")
    state = decoder.start(
        np.ones((B, UNITS), "float32"),
        np.ones((B, S, 3), "float32"),
        np.ones((B, 1, S), bool),
    )
    with pytest.raises(ValueError, match="one width, got query 14, key 3"):
        decoder(np.ones((B, T, E), "float32"), state)
