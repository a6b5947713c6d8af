import types

import numpy as np
import pytest

from keras_transformer.corpora import Pairs
from keras_transformer.corpora.corpus import words
from keras_transformer.course.scoreboard.word_accuracy import (
    accuracy_by_sources,
    kinds_of_words,
    words_written,
)
from keras_transformer.text import Tokenizer

PAIRS = Pairs(
    source=("Ruf Anna an!", "Er hat es vergessen."),
    target=("Call Anna!", "He forgot it."),
    alignments=(
        ((0, 0), (2, 0), (1, 1), (3, 2)),
        ((0, 0), (1, 1), (3, 1), (2, 2), (4, 3)),
    ),
)


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.learn([*PAIRS.source, *PAIRS.target] * 3, 310)


def knowing(tokenizer, errors=()):
    """A translator that writes every token of the references, but for some."""
    wrong = [i for i, token in enumerate(tokenizer.vocabulary) if token in errors]

    def model(inputs, training):
        following = np.roll(inputs["target"], -1, axis=1)
        best = np.where(np.isin(following, wrong), 0, following)
        return np.eye(len(tokenizer.vocabulary), dtype="float32")[best]

    return types.SimpleNamespace(
        model=model, source_tokenizer=tokenizer, target_tokenizer=tokenizer
    )


def test_the_kind_of_a_word_counts_its_sources():
    alignment = ((3, 0), (1, 0), (2, 1), (1, 1), (0, 3), (5, 4), (6, 4), (7, 4))
    assert kinds_of_words(alignment, 5) == [
        "two, apart",
        "two, neighbours",
        "none",
        "one",
        "more",
    ]


def test_one_wrong_token_makes_the_whole_word_wrong_and_no_other(tokenizer):
    pieces = tokenizer.pieces(tokenizer.encode(["it"])[0])
    assert len(pieces) > 1
    found = list(words_written(knowing(tokenizer, pieces[-1:]), PAIRS, batch_size=1))
    assert [right.tolist() for right in found] == [
        [True, True, True],
        [True, True, False, True],
    ]


def test_a_model_that_knows_the_references_is_right_everywhere(tokenizer):
    assert accuracy_by_sources(knowing(tokenizer), PAIRS) == {
        "one": (1.0, 5),
        "two, apart": (1.0, 2),
    }


def test_mistakes_are_counted_where_they_are_made(tokenizer):
    found = accuracy_by_sources(
        knowing(tokenizer, tokenizer.pieces(tokenizer.encode(["Call Anna"])[0])), PAIRS
    )
    assert found == {"one": (4 / 5, 5), "two, apart": (1 / 2, 2)}


def test_the_order_of_the_pairs_is_kept_over_batches(translator, pairs):
    sides = list(zip(*pairs[:5], strict=True))
    some = Pairs(source=sides[0], target=sides[1])
    one = list(words_written(translator, some, batch_size=2))
    for i, right in enumerate(one):
        assert len(right) == len(words(some.target[i]))
    for mine, other in zip(
        one, words_written(translator, some, batch_size=5), strict=True
    ):
        np.testing.assert_array_equal(mine, other)


def test_pairs_without_gold_alignments_are_refused(translator):
    bare = Pairs(source=("Brot",), target=("bread",))
    with pytest.raises(ValueError, match="gold alignments, got none"):
        accuracy_by_sources(translator, bare)
