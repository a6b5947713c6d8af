import numpy as np
import pytest

from keras_transformer.corpora import Pairs
from keras_transformer.corpora.corpus import words
from keras_transformer.tokens import END, START
from keras_transformer.translation import alignment
from keras_transformer.translation.words import token_words, word_of_token


def test_a_token_belongs_to_the_word_that_it_spells():
    letters = ["E", "-", "Mail", "s", "an", "Anna", "!"]
    assert word_of_token(letters, ["E-Mails", "an", "Anna", "!"]) == [
        *(0, 0, 0, 0),
        *(1, 2, 3),
    ]


def test_tokens_that_do_not_spell_the_words_are_refused():
    with pytest.raises(ValueError, match="must spell the words, got 'a b' for 'ac'"):
        word_of_token(["a", "b"], ["ac"])


def test_weights_of_tokens_become_weights_of_words():
    # Source words: 0 = tokens 0 and 1, 1 = token 2; token 3 is the end.
    # Target words: 0 = token 0, 1 = tokens 1 and 2; token 3 is the end.
    weights = np.array(
        [
            [0.1, 0.2, 0.3, 0.4],
            [0.5, 0.1, 0.4, 0.0],
            [0.1, 0.1, 0.6, 0.2],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
    found = alignment.word_weights(weights, target=[0, 1, 1], source=[0, 0, 1])
    np.testing.assert_allclose(found, [[0.3, 0.3], [0.4, 0.5]], rtol=1e-6)


def test_a_word_that_looks_at_the_end_most_has_no_link():
    weights = np.array([[0.2, 0.1], [0.1, 0.6], [0.3, 0.3]])
    assert alignment.links(weights) == ((1, 1),)
    assert alignment.links(np.zeros((0, 3))) == ()


def test_two_directions_link_a_word_with_both_of_its_sources():
    """“ruft … an” is “calls”: only the way back sees that both words are."""
    forward = np.array([[0.9, 0.0, 0.0], [0.1, 0.5, 0.3], [0.0, 0.1, 0.1]])
    backward = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.0], [0.0, 0.7, 0.1]])
    both_ways = alignment.links_both_ways
    assert alignment.links(forward) == ((0, 0), (1, 1))
    assert both_ways(forward, backward) == ((0, 0), (1, 1), (2, 1))
    # What neither looked at enough is no link, and nothing is linked twice.
    assert both_ways(forward, backward, least=0.6) == ((0, 0), (1, 1))
    assert both_ways(np.zeros((2, 0)), np.zeros((0, 2))) == ()
    with pytest.raises(ValueError, match=r"one pair, got shapes \(3, 3\) and \(3, 2\)"):
        both_ways(forward, backward[:, :2])


def test_the_error_counts_wrong_and_missing_links():
    # 3 found, 4 gold, 2 common: 1 - 4 / 7.
    found = [((0, 0), (1, 1)), ((0, 0),)]
    gold = [((0, 0), (2, 1)), ((0, 0), (1, 1))]
    assert alignment.alignment_error_rate(found, gold) == pytest.approx(3 / 7)
    assert alignment.alignment_error_rate(gold, gold) == 0


def test_alignments_that_cannot_be_compared_are_refused():
    with pytest.raises(
        ValueError, match="as many alignments as gold ones, got 1 and 2"
    ):
        alignment.alignment_error_rate([()], [(), ()])
    with pytest.raises(ValueError, match="needs links, got none"):
        alignment.alignment_error_rate([()], [()])


def test_attention_between_words_keeps_the_order_of_the_pairs(translator, pairs):
    source, target = zip(*pairs[:5], strict=True)
    five = Pairs(source=source, target=target)
    found = list(alignment.attention_of(translator, five, batch_size=2))
    for index, weights in enumerate(found):
        alone = five.pick([index])
        (expected,) = alignment.attention_of(translator, alone)
        np.testing.assert_allclose(weights, expected, atol=1e-5)
        layers, heads, t, s = weights.shape
        assert (layers, heads) == (1, 2)
        assert (t, s) == (len(words(target[index])), len(words(source[index])))
        assert weights.sum(axis=-1).max() <= 1 + 1e-5


def test_the_encoder_looks_from_source_words_at_source_words(translator, pairs):
    source, target = zip(*pairs[:3], strict=True)
    three = Pairs(source=source, target=target)
    found = alignment.attention_of(translator, three, batch_size=2, kind="encoder")
    for text, weights in zip(source, found, strict=True):
        ids = translator.source_tokenizer.encode([text])
        told = translator.explain(text)
        spelled = words(translator.source_tokenizer.normalize([text])[0])
        letters = translator.source_tokenizer.letters(ids[0])
        parts = word_of_token(letters, spelled)
        for head in range(2):
            wanted = alignment.word_weights(told.encoder[0, head], parts, parts)
            np.testing.assert_allclose(weights[0, head], wanted, atol=1e-5)


def test_an_unknown_kind_of_attention_is_refused(translator):
    pairs = Pairs(source=("a",), target=("b",))
    with pytest.raises(ValueError, match="'cross' or 'encoder', got 'decoder'"):
        next(alignment.attention_of(translator, pairs, kind="decoder"))


def test_a_model_that_looks_where_the_gold_says_has_no_error(translator, monkeypatch):
    pairs = Pairs(source=("a b",), target=("c d",), alignments=(((1, 0), (0, 1)),))
    weights = np.array([[0.1, 0.9], [0.8, 0.1]])[None, None]
    monkeypatch.setattr(alignment, "attention_of", lambda *_, **__: iter([weights]))
    assert alignment.attention_alignment_error(translator, pairs) == 0
    monkeypatch.setattr(alignment, "attention_of", lambda *_, **__: iter([None]))
    assert alignment.attention_alignment_error(translator, pairs) is None


def test_pairs_without_gold_alignments_have_no_error_rate(translator):
    with pytest.raises(ValueError, match="needs gold alignments, got none"):
        alignment.attention_alignment_error(
            translator, Pairs(source=("a",), target=("b",))
        )


def test_the_step_that_reads_a_word_is_the_one_after(translator, pairs):
    source, target = zip(*pairs[:3], strict=True)
    three = Pairs(source=source, target=target)
    found = alignment.attention_of(translator, three, batch_size=2, step="reads")
    for text, weights, written in zip(source, found, target, strict=True):
        (ids,) = translator.source_tokenizer.encode([text])
        (said,) = translator.target_tokenizer.encode([written])
        rows = translator.attention([[*ids, END]], [[START, *said]])["cross"][0]
        reads = token_words(translator.source_tokenizer, ids, text)
        writes = token_words(translator.target_tokenizer, said, written)
        for head in range(2):
            wanted = alignment.word_weights(rows[0, head, 1:], writes, reads)
            np.testing.assert_allclose(weights[0, head], wanted, atol=1e-5)
    with pytest.raises(ValueError, match="'writes' or 'reads', got 'sees'"):
        next(alignment.attention_of(translator, three, step="sees"))
