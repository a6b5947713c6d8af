import keras
import numpy as np
import pytest
from keras import ops, tree

from keras_transformer.decoding import GreedyDecoder, greedy
from keras_transformer.training import TrainingConfig, compile_model
from keras_transformer.transformer import Transformer

PADDING, START, END = 0, 1, 2
VOCABULARY = 17


class Scripted:
    """Writes what its script says for the first token of the source.

    Its logits are highest for padding and for start: a decoder that does not rule
    them out writes nothing else.
    """

    def __init__(self, script):
        self.script = np.full((VOCABULARY, 31), END, "int32")
        for first, tokens in script.items():
            self.script[first] = (tokens + [END] * 31)[:31]

    def start(self, source, max_length):
        return {
            "lines": ops.take(self.script, source[:, 0], axis=0),
            "position": ops.zeros((ops.shape(source)[0],), "int32"),
        }

    def step(self, tokens, state):
        lines, position = state["lines"], state["position"]
        line = ops.take_along_axis(lines, ops.expand_dims(position, 1), axis=1)[:, 0]
        logits = ops.one_hot(line, VOCABULARY)
        forbidden = ops.one_hot(PADDING, VOCABULARY) + ops.one_hot(START, VOCABULARY)
        return logits + 5 * forbidden, {"lines": lines, "position": position + 1}


class Copying:
    """Writes its source, step by step, if it is fed with what it wrote."""

    def start(self, source, max_length):
        room = ops.zeros((ops.shape(source)[0], max_length), "int32")
        return {
            "source": ops.concatenate([source, room], axis=1),
            "position": ops.zeros((ops.shape(source)[0],), "int32"),
            "before": ops.full((ops.shape(source)[0],), START, "int32"),
        }

    def step(self, tokens, state):
        source, position = state["source"], state["position"]
        place = ops.expand_dims(position, 1)
        token = ops.take_along_axis(source, place, axis=1)[:, 0]
        # A decoder that feeds anything else than its last token gets END.
        token = ops.where(ops.equal(tokens, state["before"]), token, END)
        state = {"source": source, "position": position + 1, "before": token}
        return ops.one_hot(token, VOCABULARY), state


class Uncached:
    """A Transformer that reads the whole prefix anew at each step."""

    def __init__(self, model):
        self.model = model

    def start(self, source, max_length):
        batch = ops.shape(source)[0]
        return (
            source,
            ops.zeros((batch, max_length), "int32"),
            ops.zeros((batch,), "int32"),
        )

    def step(self, tokens, state):
        source, target, position = state
        here = ops.equal(ops.arange(ops.shape(target)[1]), position[0])
        target = ops.where(here, ops.expand_dims(tokens, 1), target)
        logits = self.model({"source": source, "target": target})
        logits = ops.take(logits, position[0], axis=1)
        return logits, (source, target, position + 1)


def array(tensor):
    return ops.convert_to_numpy(tensor)


def strong(seed=7, scale=2.0, **changes):
    """A random Transformer with large weights, equal on every backend."""
    options = {"width": 6, "num_layers": 2, "num_heads": 2, "hidden_width": 7}
    model = Transformer(VOCABULARY, VOCABULARY, dropout=0.0, **(options | changes))
    model.build()
    random = np.random.default_rng(seed)
    for weight in model.trainable_variables:
        if len(weight.shape) == 2:
            deviation = scale / np.sqrt(np.mean(weight.shape))
            weight.assign(random.normal(0, deviation, weight.shape))
    return model


def sources(count, longest=9, seed=3):
    random = np.random.default_rng(seed)
    return [
        random.integers(3, VOCABULARY, random.integers(1, longest + 1)).tolist()
        for _ in range(count)
    ]


# The loop, by hand


def test_sentences_end_where_the_model_ends_them():
    model = Scripted({3: [7, 5], 4: [], 5: [6, 6, 6, 6]})
    output = greedy(model, np.array([[3, 2], [4, 2], [5, 2]]), 5)
    assert array(output).tolist() == [
        [7, 5, 2, 0, 0],
        [2, 0, 0, 0, 0],
        [6, 6, 6, 6, 2],
    ]


def test_a_sentence_without_end_stops_at_the_longest_length():
    output = greedy(Scripted({3: [6] * 31}), np.array([[3, 2]]), 4)
    assert array(output).tolist() == [[6, 6, 6, 6]]


def test_what_a_model_says_after_its_end_is_not_written():
    model = Scripted({3: [7, END, 9, 9], 4: [5, 5, 5, 5]})
    output = greedy(model, np.array([[3, 2], [4, 2]]), 5)
    assert array(output).tolist() == [[7, 2, 0, 0, 0], [5, 5, 5, 5, 2]]


def test_a_row_of_padding_has_an_empty_translation():
    model = Scripted({0: [9, 9], 3: [7]})
    output = greedy(model, np.array([[0, 0], [3, 2], [0, 0]]), 3)
    assert array(output).tolist() == [[0, 0, 0], [7, 2, 0], [0, 0, 0]]
    assert not array(greedy(model, np.zeros((2, 3), int), 3)).any()


def test_each_step_is_fed_with_the_token_before():
    source = np.array([[5, 9, 4, 2, 0], [8, 2, 0, 0, 0]])
    output = array(greedy(Copying(), source, 6))
    assert output.tolist() == [[5, 9, 4, 2, 0, 0], [8, 2, 0, 0, 0, 0]]


# With a Transformer


@pytest.mark.parametrize(
    "changes",
    [{}, {"norm": "post", "scale": 1.0}, {"positions": "learned", "max_length": 23}],
    ids=["pre", "post", "learned"],
)
def test_cached_decoding_equals_reading_the_whole_prefix(changes):
    model = strong(**changes)
    source = np.zeros((8, 10), "int32")
    for row, ids in enumerate(sources(7)):
        source[row, : len(ids) + 1] = [*ids, END]
    cached = array(greedy(model, source, 13))
    uncached = array(greedy(Uncached(model), source, 13))
    assert cached.tolist() == uncached.tolist()
    assert len({tuple(row) for row in cached[:7].tolist()}) > 3  # they say something
    assert (cached == END).any()
    assert not cached[7].any()


def test_the_state_is_batch_first_in_every_leaf():
    state = strong().start(np.array([[3, 2], [4, 2], [5, 2]]), 7)
    assert {leaf.shape[0] for leaf in tree.flatten(state)} == {3}


# Many sentences


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(7)
    return strong()


def decoder(model, **options):
    return GreedyDecoder(
        model, **({"rows": 4, "widths": (4, 7), "xla": False} | options)
    )


def lists(outputs):
    return [output.tolist() for output in outputs]


def test_the_order_of_the_input_is_restored():
    texts = [[9], [], [3, 4, 5, 6, 7, 8], [5, 5], [3], [], [8, 7, 6], [4] * 5, [16]]
    assert lists(decoder(Copying())(texts)) == texts


def test_nothing_gives_nothing():
    assert decoder(Copying())([]) == []
    assert lists(decoder(Copying())([[], []])) == [[], []]


def test_sources_beyond_the_last_width_are_decoded_too():
    texts = [[3 + i % 13 for i in range(length)] for length in (1, 6, 7, 13, 20, 30)]
    assert lists(decoder(Copying())(texts)) == texts


@pytest.mark.parametrize(
    ("length", "width"),
    [(1, 4), (4, 4), (5, 7), (7, 7), (8, 14), (14, 14), (15, 21), (21, 21)],
)
def test_widths_grow_by_multiples_of_the_last(length, width):
    assert decoder(Copying()).width(length) == width


def test_the_longest_translation_grows_with_the_source():
    texts = [[3] * 6, [4] * 25]
    # 0.1 · 7 + 8 = 8 tokens for the first; 0.1 · 28 + 8 = 10 for the second.
    outputs = decoder(Copying(), growth=0.1)(texts)
    assert lists(outputs) == [[3] * 6, [4] * 10]


def test_padding_and_start_are_never_written(model):
    endless = Scripted({first: [6] * 31 for first in range(3, VOCABULARY)})
    for ids in decoder(endless)(sources(5)) + decoder(model)(sources(11)):
        assert not np.isin(ids, [PADDING, START, END]).any()


def test_company_changes_no_translation(model):
    texts = [*sources(11, longest=6), []]
    four, one = decoder(model), decoder(model, rows=1)
    together = lists(four(texts))
    assert together == [one([text])[0].tolist() for text in texts]
    assert together == lists(four(texts[::-1]))[::-1]


def test_wider_padding_changes_no_translation(model):
    texts = sources(7, longest=5)
    narrow, wide = decoder(model, widths=(6,)), decoder(model, widths=(23,))
    short = 1.5 * 6 + 8
    for mine, theirs in zip(narrow(texts), wide(texts), strict=True):
        assert mine.tolist() == theirs[: int(short)].tolist()


def test_xla_changes_no_translation(model):
    texts = sources(5)
    compiled = decoder(model, xla=True, widths=(10,))
    assert lists(compiled(texts)) == lists(decoder(model, widths=(10,))(texts))


def test_the_decoder_uses_the_weights_of_the_moment():
    model = strong()
    kept = decoder(model)
    texts = sources(6)
    before = lists(kept(texts))
    compile_model(
        model, TrainingConfig(xla=False, peak_learning_rate=1.0, warmup_steps=1)
    )
    ids = np.array([[1, 5, 9, 3]])
    model.train_on_batch({"source": ids, "target": ids}, ids)
    after = lists(kept(texts))
    assert after != before
    assert after == lists(decoder(model)(texts))


@pytest.mark.parametrize("options", [{"rows": 0}, {"growth": 0}])
def test_numbers_outside_their_range_are_refused(options):
    with pytest.raises(ValueError, match="rows must be at least 1 and growth positive"):
        decoder(Copying(), **options)
