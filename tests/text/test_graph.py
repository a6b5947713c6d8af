"""The tokenizer in TensorFlow's graph does what the one in Python does."""

import random

import numpy as np
import pytest
import tensorflow as tf

from keras_transformer.text import CASES, Tokenizer, normalize
from keras_transformer.text.graph import normalization
from keras_transformer.text.options import FORMS

# One with letters in one form only, symbols in one form, ideographs, marks.
SENTENCES = ["Ab, ab! 你好 été ￭", " ．．ﬁ ½ Straße ₂ ", "日本 の - --- ... (a)"] * 2
CODES = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return request.param


@pytest.fixture(scope="module", params=FORMS)
def tokenizer(request, case):
    return Tokenizer.learn(SENTENCES, 420, case, request.param)


def piece_of_noise(rng):
    if rng.random() < 0.5:
        return rng.choice([" ", "a", "ab", "é", "你", ",", "...", "-", "\u0301", "ﬁ"])
    return chr(CODES[rng.randrange(rng.choice([0x250, 0x3000, 0xF000, len(CODES)]))])


def noise(rng, count):
    return [
        "".join(piece_of_noise(rng) for _ in range(rng.randrange(30)))
        for _ in range(count)
    ]


def test_every_character_has_the_same_ids(tokenizer):
    # Alone, and beside letters: joined, and as a mark on one of them.
    parts = [chr(code) for code in CODES]
    parts += [f"a{chr(code)} e{chr(code)}." for code in CODES[:0x3000]]
    texts = [
        " ".join(parts[start : start + 500]) for start in range(0, len(parts), 500)
    ]
    there = tokenizer.encode_graph(tf.constant(texts)).to_list()
    for text, ids, expected in zip(texts, tokenizer.encode(texts), there, strict=True):
        assert ids.tolist() == expected, ascii(text)


def test_any_text_has_the_same_ids_and_comes_back_alike(tokenizer):
    texts = noise(random.Random(1), 2000)
    ids = tokenizer.encode_graph(tf.constant(texts))
    assert [row.tolist() for row in tokenizer.encode(texts)] == ids.to_list()
    back = [text.decode() for text in tokenizer.decode_graph(ids).numpy()]
    assert tokenizer.decode(ids.to_list()) == back == tokenizer.normalize(texts)


def test_any_ids_make_the_same_text(tokenizer):
    # Halves of characters, spaces in a row, [END] in the middle.
    rng = np.random.default_rng(1)
    size = len(tokenizer.vocabulary)
    rows = []
    for _ in range(5000):
        bytes_only = rng.integers(5, 261, rng.integers(0, 12))
        anything = rng.integers(0, size, len(bytes_only))
        rows.append(np.where(rng.random(len(anything)) < 0.5, bytes_only, anything))
    ragged = tf.ragged.constant([row.tolist() for row in rows], tf.int32, 1)
    there = [text.decode() for text in tokenizer.decode_graph(ragged).numpy()]
    assert tokenizer.decode(rows) == there


def test_bytes_that_are_not_utf8_are_replaced():
    texts = normalization.normalize(tf.constant([b"a\xffb"]))
    assert texts.numpy()[0].decode() == "a\ufffdb"


def test_the_shape_stays():
    texts = tf.constant([["A", "b "], ["c", "D"], ["", "É"]])
    expected = [[b"a", b"b"], [b"c", b"d"], [b"", "é".encode()]]
    assert normalization.normalize(texts, "lower").numpy().tolist() == expected


@pytest.mark.parametrize("form", FORMS)
def test_texts_are_brought_to_the_same_form(case, form):
    texts = noise(random.Random(2), 500)
    there = normalization.normalize(tf.constant(texts), case, form).numpy()
    assert [normalize(text, case, form) for text in texts] == [
        text.decode() for text in there
    ]
