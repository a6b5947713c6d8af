import itertools
import random

import pytest

from keras_transformer.text import learning, vocabulary, wordpiece
from keras_transformer.text.vocabulary import RESERVED


def test_reserved_pieces_come_first():
    assert RESERVED[:5] == ("[PAD]", "[START]", "[END]", "[UNK]", "[SPACE]")
    assert (RESERVED[5], RESERVED[5 + 0xF0], RESERVED[260]) == (
        "<0x00>",
        "<0xF0>",
        "<0xFF>",
    )
    assert len(RESERVED) == 261


@pytest.mark.parametrize(
    ("characters", "kind"),
    [
        ("aßÉжا한7\u0301१", "word"),
        (".,-'\"„“«»。、・()#▁€😀\u200d\ue000", "symbol"),
        ("中國のカー々〇㐀豈", "ideograph"),
    ],
)
def test_kinds_of_characters(characters, kind):
    kinds = {character: vocabulary.kind(character) for character in characters}
    assert kinds == dict.fromkeys(characters, kind)


def test_symbols_then_ideographs_then_letters_then_longer_pieces():
    atoms = {"ab": 3, "￭.": 5, "中": 7, "(￭": 9}
    learned = learning.choose_pieces(atoms, 1000)[261:]
    assert learned == ("(￭", "￭.", "中", "a", "b", "##a", "##b", "ab")


def test_rare_characters_are_left_to_the_bytes():
    learned = learning.choose_pieces({"ab": 2, "äb": 1, "中": 1, "￭;": 1}, 1000)[261:]
    assert set(learned) == {"##a", "##b", "a", "b", "ab"}


def test_a_small_vocabulary_holds_the_frequent_characters():
    atoms = {"a": 9, "b": 3, "￭.": 5, "中": 4}
    assert learning.choose_pieces(atoms, 261 + 5)[261:] == ("￭.", "中", "a", "##a")


@pytest.mark.parametrize("size", [262, 300, 320, 400])
def test_the_size_is_never_exceeded(size):
    letters = "abcdefgh"
    atoms = {
        "".join(word): 1 + place % 7
        for place, word in enumerate(itertools.permutations(letters, 3))
    }
    learned = learning.choose_pieces(atoms, size)
    assert len(learned) <= size
    assert len(set(learned)) == len(learned)


def test_the_order_of_the_atoms_does_not_matter():
    atoms = {"".join(word): 2 for word in itertools.permutations("abcde", 4)}
    backwards = dict(reversed(atoms.items()))
    assert learning.choose_pieces(atoms, 350) == learning.choose_pieces(backwards, 350)


def test_a_size_without_room_is_refused():
    rule = r"vocabulary_size must exceed the 261 reserved pieces, got .*=261"
    with pytest.raises(ValueError, match=rule):
        learning.choose_pieces({"a": 2}, 261)


def test_frequent_words_become_pieces_before_rare_ones():
    words = {"haus": 50, "maus": 40, "baum": 3}
    assert wordpiece.learn(words, 2, "##") == ["haus", "maus"]


def test_exactly_as_many_pieces_as_asked_for():
    words = {f"{a}{b}{c}": 9 for a, b, c in itertools.product("abcdef", repeat=3)}
    assert len(wordpiece.learn(words, 37, "##")) == 37


def test_words_beyond_the_learners_length_are_left_out():
    assert wordpiece.learn({"ab" * 5_000: 9, "cd": 9}, 10, "##") == ["cd"]


@pytest.mark.parametrize(
    ("pieces", "rule"),
    [
        (RESERVED[1:], r"reserved pieces, '\[PAD\]' at 0, got \['\[START\]'\]"),
        (RESERVED[:100], r"'<0x5F>' at 100, got \[\]"),
        ((*RESERVED, "a", "a"), "must differ, got 'a' twice"),
        ((*RESERVED, "[START]"), r"must differ, got '\[START\]' twice"),
        ((*RESERVED, ""), "a piece must be one character .* got '' at 261"),
        ((*RESERVED, "##"), "got '##' at 261"),
        ((*RESERVED, "￭"), "got '￭' at 261"),
        ((*RESERVED, "a b"), "got 'a b' at 261"),
    ],
)
def test_what_is_no_vocabulary_is_refused(pieces, rule):
    with pytest.raises(ValueError, match=rule):
        vocabulary.check(pieces)


@pytest.mark.parametrize("threshold", [1, 2, 3, 5, 20, 10**6])
def test_the_pieces_are_those_of_the_learner_of_tensorflow_text(threshold):
    from tensorflow_text.tools.wordpiece_vocab import (
        wordpiece_tokenizer_learner_lib as learner,
    )

    rng = random.Random(threshold)
    words = {"".join(rng.choices("abcä", k=rng.randrange(1, 9))) for _ in range(400)}
    counts = [(word, rng.randrange(1, 12)) for word in sorted(words)]
    params = learner.Params(
        upper_thresh=None,
        lower_thresh=None,
        num_iterations=4,
        max_input_tokens=None,
        max_token_length=50,
        max_unique_chars=None,
        vocab_size=None,
        slack_ratio=None,
        include_joiner_token=True,
        joiner="##",
        reserved_tokens=[],
    )
    theirs = learner.learn_with_thresh(counts, threshold, params)
    longer = [piece for piece in theirs if len(piece.removeprefix("##")) > 1]
    assert wordpiece._at_threshold(counts, threshold, "##") == longer
