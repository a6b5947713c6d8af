import keras
import pytest

from keras_transformer.training.schedules import InverseSquareRoot


def test_the_rate_rises_to_the_peak_and_falls_with_the_root():
    schedule = InverseSquareRoot(peak=2.0, warmup=4)
    rates = [float(schedule(step)) for step in (0, 1, 2, 3, 15, 35, 399)]
    expected = [0.5, 1.0, 1.5, 2.0, 1.0, 2 / 3, 0.2]
    assert rates == pytest.approx(expected, rel=1e-6)


def test_the_paper_s_schedule():
    width, warmup = 512, 4000
    schedule = InverseSquareRoot((width * warmup) ** -0.5, warmup)
    for step in (0, 100, 3999, 4000, 100_000):
        count = step + 1
        rate = width**-0.5 * min(count**-0.5, count * warmup**-1.5)
        assert float(schedule(step)) == pytest.approx(rate, rel=1e-5)


def test_an_optimizer_follows_the_schedule():
    optimizer = keras.optimizers.SGD(InverseSquareRoot(peak=1.0, warmup=2))
    variable = keras.Variable(0.0)
    optimizer.build([variable])
    seen = []
    for _ in range(4):
        before = float(variable.numpy())
        optimizer.apply([keras.ops.convert_to_tensor(1.0)], [variable])
        seen.append(before - float(variable.numpy()))
    assert seen == pytest.approx([0.5, 1.0, (2 / 3) ** 0.5, 0.5**0.5], rel=1e-5)


def test_numbers_outside_their_range_are_refused():
    with pytest.raises(ValueError, match="peak must be positive, got peak=0"):
        InverseSquareRoot(0, 5)
    with pytest.raises(ValueError, match="warmup must be at least 1, got warmup=0"):
        InverseSquareRoot(1e-3, 0)


def test_a_schedule_comes_back_from_its_config():
    schedule = InverseSquareRoot(3e-3, 17)
    config = keras.saving.serialize_keras_object(schedule)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == {"peak": 3e-3, "warmup": 17}
