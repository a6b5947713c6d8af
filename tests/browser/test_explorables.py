"""What lessons let learners move: the numbers beside a slider are the right ones."""

import math

import numpy as np
import pytest

from keras_transformer import plots

KEYS = ["the", "dog", "sleeps"]
SCORES = {4: [2.0, 1.0, -1.0], 64: [8.0, 4.0, -4.0]}
CHANCES = [0.4, 0.3, 0.2, 0.1]
WAYS = [
    [(0.6, ["[START]", "a"]), (0.4, ["[START]", "the"])],
    [
        (0.36, ["[START]", "the", "sun"]),
        (0.24, ["[START]", "a", "dog"]),
        (0.21, ["[START]", "a", "cat"]),
    ],
    [
        (0.1872, ["[START]", "the", "sun", "[END]"]),
        (0.1728, ["[START]", "the", "sun", "shines"]),
        (0.144, ["[START]", "a", "dog", "sleeps"]),
    ],
]


def numbers(page):
    return page.locator(".kt-bars .kt-number").all_inner_texts()


def press(page, label, keys):
    """Move a slider by the keyboard; the value beside it."""
    slider = page.get_by_label(label, exact=True)
    slider.focus()
    for key in keys.split():
        page.keyboard.press(key)
    shown = page.locator(".kt-slider", has=slider).locator(".kt-value").inner_text()
    assert slider.get_attribute("aria-valuetext") == shown
    return shown


def softmax(scores, temperature=1.0):
    powers = np.exp(np.array(scores) / temperature)
    return [f"{weight:.2f}" for weight in powers / powers.sum()]


def status(page):
    return page.get_by_role("status").inner_text()


def test_softmax_sharpens_and_flattens_by_temperature(opened):
    page = opened(plots.softmax_view([2.0, 1.0, 0.0], KEYS))
    assert numbers(page) == softmax([2, 1, 0])
    assert press(page, "Temperature", "ArrowRight ArrowRight") == "2"
    assert numbers(page) == softmax([2, 1, 0], 2)
    assert press(page, "Temperature", "Home") == "0.1"
    assert numbers(page) == ["1.00", "0.00", "0.00"]
    assert status(page) == ("Most weight: the, 1.00. As spread out as 1.0 equal keys.")
    assert page.locator("input").count() == 1  # no width to choose


def test_wide_vectors_saturate_the_softmax_unless_scores_are_scaled(opened):
    page = opened(plots.softmax_view(SCORES, KEYS))
    assert numbers(page) == softmax([1, 0.5, -0.5])
    assert press(page, "Width d", "End") == "64"
    assert numbers(page) == softmax([1, 0.5, -0.5])
    page.get_by_label("divide scores by √d").uncheck()
    assert numbers(page) == softmax(SCORES[64])
    assert press(page, "Width d", "Home") == "4"
    assert numbers(page) == softmax(SCORES[4])


def test_filters_cut_tokens_and_what_is_left_sums_to_one(opened):
    page = opened(plots.cut_view(CHANCES, list("abcd")))
    assert numbers(page) == ["0.40", "0.30", "0.20", "0.10"]
    assert press(page, "Top-k", "ArrowLeft") == "3"
    assert numbers(page) == ["0.44", "0.33", "0.22", "cut"]
    assert status(page) == "3 of 4 tokens can be drawn."
    press(page, "Top-k", "End")
    assert press(page, "Top-p", "Home") == "0.05"
    assert numbers(page) == ["1.00", "cut", "cut", "cut"]
    press(page, "Top-p", "End")
    page.get_by_label("Min-p").fill("10")  # the tenth twentieth: one half
    assert numbers(page) == ["0.44", "0.33", "0.22", "cut"]


def test_decoding_is_walked_through_step_by_step(opened):
    weights = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    page = opened(plots.step_view(weights, ["Good", "day", "."], ["Guten", "Tag"]))
    press(page, "Decoding step", "Home")
    cells = page.locator("td[data-step='now'] span")
    assert cells.all_inner_texts() == ["0.90", "0.10"]
    assert press(page, "Decoding step", "ArrowRight") == "2 of 3"
    assert cells.all_inner_texts() == ["0.20", "0.80"]
    assert status(page).startswith("Step 2 writes day, looking at Tag 0.80")
    assert status(page).endswith("Written so far: Good day")
    future = page.locator("td[data-step='future'] span")
    assert not any(one.is_visible() for one in future.all())


def test_a_rotary_score_keeps_to_the_distance_while_arrows_turn(opened):
    query, key = np.array([1.0, 0.5, 0.0, 0.2]), np.array([0.3, 1.0, 0.4, 0.0])
    page = opened(plots.rotary_view(query, key, max_wavelength=100, last=8))

    def arrows():
        ends = (
            "all => all.map(one => [+one.getAttribute('x2'), +one.getAttribute('y2')])"
        )
        return np.array(page.locator(".kt-arrow").evaluate_all(ends))

    def score(distance):
        pairs = [complex(a, b) for a, b in zip(query[:2], query[2:], strict=True)]
        others = [complex(a, b) for a, b in zip(key[:2], key[2:], strict=True)]
        angles = [distance * 1.0, distance * 0.1]
        turned = [
            p * complex(math.cos(a), math.sin(a)) * q.conjugate()
            for p, q, a in zip(pairs, others, angles, strict=True)
        ]
        return f"score {sum(t.real for t in turned):.2f}".replace("-", "−")

    before = arrows()
    assert score(1) in status(page)
    assert press(page, "Position of the key", "ArrowRight ArrowRight") == "2"
    assert score(1) in status(page) and "Query at 3, key at 2" in status(page)
    assert np.abs(arrows() - before).max() > 10
    assert press(page, "Distance to the query", "End") == "8"
    assert score(8) in status(page)


def test_a_beam_grows_into_a_tree(opened):
    page = opened(plots.beam_view(WAYS, width=2))
    fates = [
        page.locator(f".kt-{kind} .kt-word").all_text_contents()
        for kind in ("dropped", "ended", "best")
    ]
    assert fates == [["cat"], ["[END]"], ["[START]", "the", "sun", "[END]"]]
    assert status(page) == "Step 3: 2 go on, 1 ends. Best: the sun [END] 0.1872"
    assert press(page, "Step", "ArrowLeft") == "2 of 3"
    assert status(page) == "Step 2: 2 go on, 1 is dropped."
    assert page.locator("[data-node][data-future]").count() == 3
    assert page.locator(".kt-list li").all_inner_texts() == [
        "the sun 0.3600 goes on",
        "a dog 0.2400 goes on",
        "a cat 0.2100 is dropped",
    ]


def test_a_cache_fills_and_saves_what_would_be_computed_again(opened):
    page = opened(plots.cache_view(["[START]", "Good", "day"]))
    press(page, "Step", "Home")
    totals = page.locator(".kt-cache .kt-number")
    kinds = page.locator("td[data-kind]")
    assert totals.all_inner_texts() == ["1", "1"]
    assert press(page, "Step", "End") == "3 of 3"
    assert kinds.all_inner_texts() == ["kept", "kept", "new", "new", "new", "new"]
    assert totals.all_inner_texts() == ["3", "6"]


@pytest.mark.parametrize("keys", ["Home", "End"])
def test_a_slider_stops_at_its_ends(opened, keys):
    page = opened(plots.cache_view(["a", "b"]))
    first = press(page, "Step", keys)
    beyond = {"Home": "ArrowLeft", "End": "ArrowRight"}[keys]
    assert press(page, "Step", beyond) == first
