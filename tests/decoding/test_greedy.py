import numpy as np
import pytest
from decoding_models import (
    END,
    Copying,
    Scripted,
    array,
    sources,
    strong,
)
from keras import tree

from keras_transformer.decoding import Greedy, Uncached, greedy
from keras_transformer.laws.toy_models import Tree

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
    [
        pytest.param({}, id="pre"),
        pytest.param(
            {"norm": "post", "scale": 1.0}, id="post", marks=pytest.mark.compiles
        ),
        pytest.param(
            {"positions": "learned", "max_length": 23},
            id="learned",
            marks=pytest.mark.compiles,
        ),
    ],
)
def test_cached_decoding_equals_reading_the_whole_prefix(changes):
    model = strong(num_layers=2, **changes)
    source = np.zeros((8, 10), "int32")
    for row, ids in enumerate(sources(7)):
        source[row, : len(ids) + 1] = [*ids, END]
    cached = array(greedy(model, source, 6))
    uncached = array(greedy(Uncached(model), source, 6))
    assert cached.tolist() == uncached.tolist()
    assert len({tuple(row) for row in cached[:7].tolist()}) > 3  # they say something
    assert (cached == END).any()
    assert not cached[7].any()


@pytest.mark.compiles
def test_the_state_is_batch_first_in_every_leaf():
    state = strong().start(np.array([[3, 2], [4, 2], [5, 2]]), 7)
    assert {leaf.shape[0] for leaf in tree.flatten(state)} == {3}


# Scores


def test_the_score_is_the_log_probability_of_the_translation():
    tree_model = Tree(Tree.SEEDS[0])
    source = np.array([[5, 3], [0, 0], [6, 3]])
    found = Greedy(scored=True)(tree_model, source, 4)
    for row, tokens, score in zip(source, *map(array, found), strict=True):
        said = [] if not row.any() else tree_model.greedy(row[0], 4)
        assert tokens[0].tolist() == said + [0] * (4 - len(said))
        assert score[0] == pytest.approx(tree_model.total(row[0], said), abs=1e-4)


def test_what_is_made_impossible_breaks_off_with_the_score_minus_infinity():
    def nothing(log_probabilities, said, index):
        return log_probabilities - np.inf

    found = Greedy(scored=True, constraints=(nothing,))(
        Scripted({3: [7]}), np.array([[3, 2]]), 3
    )
    assert array(found.tokens).tolist() == [[[0, 0, 0]]]
    assert array(found.scores).tolist() == [[-np.inf]]
