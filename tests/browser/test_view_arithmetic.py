"""What the views compute in JavaScript is what the package computes in Python."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from keras import ops

from keras_transformer.decoding import filters
from keras_transformer.plots.views.attention import AttentionMap
from keras_transformer.plots.views.script import script
from keras_transformer.positions.rotary import rotate


@pytest.fixture(scope="module")
def compute(request):
    """`compute("softmax", scores)`: in Node, or in the browser where there is none."""
    node = shutil.which("node")
    if node is None:
        page = request.getfixturevalue("browser").new_page()

    def call(name, *arguments):
        asked = f"{name}(...{json.dumps(arguments)})"
        if node is None:
            return page.evaluate(f"() => {{ {script('arrays')}; return {asked}; }}")
        program = f"{script('arrays')}; console.log(JSON.stringify({asked}))"
        done = subprocess.run([node, "-e", program], capture_output=True, check=True)
        return json.loads(done.stdout)

    yield call
    if node is None:
        page.close()


@pytest.mark.parametrize("temperature", [0.1, 1.0, 3.0])
def test_softmax_under_temperature(compute, temperature):
    scores = [3.0, -1.0, 700.0, 699.0]
    expected = ops.softmax(np.array(scores, "float64") / temperature)
    np.testing.assert_allclose(
        compute("softmax", scores, temperature), expected, atol=1e-6
    )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    ("temperature", "k", "p", "least"),
    [
        (1.0, None, 1.0, 0.0),
        (0.5, None, 1.0, 0.0),
        (1.0, 3, 1.0, 0.0),
        (1.0, None, 0.7, 0.0),
        (1.0, None, 1.0, 0.3),
        (2.0, 5, 0.8, 0.4),
    ],
)
def test_filters_keep_what_sampling_keeps(compute, seed, temperature, k, p, least):
    chances = np.random.default_rng(seed).dirichlet(np.ones(8))
    logits = filters.temper(np.log(chances)[None].astype("float32"), temperature)
    logits = logits if k is None else filters.keep_top_k(logits, k)
    logits = logits if p == 1 else filters.keep_top_p(logits, p)
    logits = logits if least == 0 else filters.keep_min_p(logits, least)
    options = {"temperature": temperature, "topK": k, "topP": p, "minP": least}
    found = compute("cut", chances.tolist(), options)
    np.testing.assert_allclose(found, ops.softmax(logits)[0], atol=1e-6)


def test_tokens_that_tie_with_the_last_one_are_kept_too(compute):
    found = compute("cut", [0.4, 0.2, 0.2, 0.2], {"topK": 2})
    np.testing.assert_allclose(found, [0.4, 0.2, 0.2, 0.2])


def test_weights_are_unpacked_and_averaged(compute):
    weights = np.random.default_rng(3).dirichlet(np.ones(5), (2, 3, 4))
    packed = AttentionMap(weights, "abcd", "vwxyz").packed()
    for layer, head in [(None, None), (1, None), (None, 2), (0, 1)]:
        chosen = weights[[layer] if layer is not None else slice(None)]
        chosen = chosen[:, [head] if head is not None else slice(None)]
        found = compute("matrix", packed, layer, head)
        np.testing.assert_allclose(found, chosen.mean((0, 1)), atol=2e-5)


@pytest.mark.parametrize(
    ("before", "after", "new"),
    [
        ("the man calls", "the man calls", []),
        ("the man calls", "the woman calls", [1]),
        ("the man calls", "calls the man", [0]),
        ("the man", "", []),
        ("", "the man", [0, 1]),
        ("a b c d", "b x d y", [1, 3]),
    ],
)
def test_words_that_are_new_are_found(compute, before, after, new):
    assert compute("changed", before.split(), after.split()) == new


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The man's dog.", ["The", " ", "man's", " ", "dog", "."]),
        ("欢迎来！ok", ["欢", "迎", "来", "！", "ok"]),
        ("أهلاً بك", ["أهلاً", " ", "بك"]),
        ("", []),
    ],
)
def test_a_text_is_taken_to_pieces(compute, text, words):
    assert compute("pieces", text) == words


def test_pairs_turn_as_rotary_positions_turn_them(compute):
    x = np.array([0.3, -1.2], "float32")
    turned = np.asarray(rotate(np.tile(x, (4, 1))))
    found = compute("turned", x.tolist(), 3.0)  # a pair turns by 1 a position
    np.testing.assert_allclose(found, turned[3], atol=1e-6)


def test_equal_weights_are_as_spread_as_they_are_many(compute):
    assert compute("spread", [0.25] * 4) == pytest.approx(4)
    assert compute("spread", [1.0, 0.0]) == pytest.approx(1)
