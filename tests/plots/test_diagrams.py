import numpy as np
import pytest
from drawn import assert_readable, boxes, spilling, words
from matplotlib.patches import FancyArrowPatch

from keras_transformer.plots import (
    attention_steps,
    flow,
    heads,
    recurrent_encoder_decoder,
    transformer_block,
)
from keras_transformer.plots.diagrams.canvas import Canvas

SOURCE = ["Das", "Kind", "sieht", "heute", "[END]"]
TARGET = ["The", "child", "sees", "[END]"]


def text_of_boxes(figure):
    return [inside[0][0] for _, inside in boxes(figure)]


def arrows(figure):
    """(start, end) of every arrow."""
    return [patch._posA_posB for patch in figure.findobj(FancyArrowPatch)]


def joined(figure):
    """(text, text) for every arrow from box to box."""
    frames = [
        (inside[0][0], frame.transformed(figure.axes[0].transData.inverted()))
        for frame, inside in boxes(figure)
    ]

    def at(point):
        for text, frame in frames:
            if frame.padded(0.03).contains(*point):
                return text
        return None

    ends = [(at(start), at(end)) for start, end in arrows(figure)]
    return [(a, b) for a, b in ends if a and b]


def test_a_flow_goes_from_stage_to_stage_with_shapes_between():
    figure = flow([("tokens", "b s"), ("GRU", "b d", "encoder"), "c"], title="Fixed")
    assert text_of_boxes(figure) == ["tokens", "GRU", "c"]
    assert joined(figure) == [("tokens", "GRU"), ("GRU", "c")]
    assert {"b s", "b d", "Fixed"} <= words(figure)
    assert_readable(figure)


def test_a_long_flow_goes_on_in_a_next_row():
    stages = [(f"stage number {i}", "b t d") for i in range(13)]
    figure = flow(stages)
    assert_readable(figure)
    assert figure.get_size_inches()[0] <= 9
    rows = {}
    for frame, inside in boxes(figure):
        rows.setdefault(round(frame.y0), []).append(inside[0][0])
    assert [name for row in rows.values() for name in row] == [n for n, _ in stages]
    sizes = [len(row) for row in rows.values()]
    assert len(sizes) > 1 and max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("context", ["start", "every_step", "attention"])
def test_an_encoder_and_a_decoder_are_unrolled(context, bidirectional):
    figure = recurrent_encoder_decoder(
        SOURCE, TARGET, context, title="A title", bidirectional=bidirectional
    )
    assert_readable(figure)
    texts = text_of_boxes(figure)
    assert [t for t in texts if t.startswith("$m")] == [
        f"$m_{{{i}}}$" for i in range(1, 6)
    ]
    assert [t for t in texts if t.startswith("$h")] == [
        f"$h_{{{i}}}$" for i in range(1, 5)
    ]
    pairs = joined(figure)
    assert ("Das", "$m_{1}$") in pairs
    assert ("$m_{4}$", "$m_{5}$") in pairs
    assert ("$h_{1}$", "$h_{2}$") in pairs
    assert ("$h_{2}$", "child") in pairs


def test_a_fixed_context_begins_the_decoder():
    figure = recurrent_encoder_decoder(SOURCE, TARGET, "start")
    pairs = joined(figure)
    assert ("$m_{5}$", "$c$") in pairs
    assert ("$c$", "$h_{1}$") in pairs
    assert ("[START]", "$h_{1}$") in pairs


def test_a_context_at_every_step_has_an_arrow_to_every_step():
    once = recurrent_encoder_decoder(SOURCE, TARGET, "start")
    always = recurrent_encoder_decoder(SOURCE, TARGET, "every_step")
    assert len(arrows(always)) == len(arrows(once)) + len(TARGET)


def test_attention_makes_a_context_a_step():
    figure = recurrent_encoder_decoder(SOURCE, TARGET, "attention")
    pairs = joined(figure)
    for step in range(1, 5):
        assert (f"$c_{{{step}}}$", f"$h_{{{step}}}$") in pairs
    assert ("$h_{1}$", "$c_{2}$") in pairs  # the state before is the query
    thin = [line for line in figure.axes[0].lines if line.get_linewidth() < 1]
    assert len(thin) == len(SOURCE) * len(TARGET)


def test_long_tokens_have_room():
    long = ["Donaudampfschifffahrt", "$5 to $6", "##ung"]
    for context in ("start", "attention"):
        figure = recurrent_encoder_decoder(long, long, context)
        assert "$5 to $6" in words(figure)
        assert_readable(figure)


def test_the_three_steps_show_their_numbers():
    figure = attention_steps(
        "to",
        ["huānyíng", "lái", "Běijīng"],
        scores=[1.1, 1.8, 0.0],
        weights=np.array([0.3, 0.6, 0.1]),
        title="One query",
    )
    assert_readable(figure)
    assert {"$e_{1}$ = 1.10", "$\\alpha_{2}$ = 0.60", "softmax", "$c$"} <= words(figure)
    pairs = joined(figure)
    assert ("lái", "$e_{2}$ = 1.80") in pairs
    assert ("$\\alpha_{3}$ = 0.10", "$\\times\\; v_{3}$") in pairs
    assert ("$\\times\\; v_{1}$", "$c$") in pairs


@pytest.mark.parametrize("count", [1, 2, 7])
def test_any_number_of_keys_has_room(count):
    assert_readable(attention_steps("a rather long query", ["key"] * count))


@pytest.mark.parametrize(
    ("norm", "decoder", "order"),
    [
        ("pre", False, "layer norm, self-attention, +, layer norm, feed-forward, +"),
        ("post", False, "self-attention, +, layer norm, feed-forward, +, layer norm"),
        (
            "pre",
            True,
            "layer norm, causal self-attention, +, layer norm, cross-attention, +, "
            "layer norm, feed-forward, +",
        ),
        (
            "post",
            True,
            "causal self-attention, +, layer norm, cross-attention, +, layer norm, "
            "feed-forward, +, layer norm",
        ),
    ],
)
def test_a_block_is_stacked_in_the_order_of_its_norm(norm, decoder, order):
    figure = transformer_block(norm, decoder, title="A block with a rather long title")
    assert_readable(figure)
    stack = sorted(boxes(figure), key=lambda box: box[0].y0)
    assert [inside[0][0] for _, inside in stack] == order.split(", ")
    assert ("memory\n(b, s, d)" in words(figure)) is decoder


@pytest.mark.parametrize(
    ("count", "shown"), [(1, [1]), (4, [1, 2, 3, 4]), (5, [1, 2, 5]), (8, [1, 2, 8])]
)
def test_heads_split_the_width(count, shown):
    figure = heads(count, 40, title="Heads")
    assert_readable(figure)
    names = [f"head {i}: attend" for i in shown]
    assert [text for text in text_of_boxes(figure) if "head" in text] == names
    assert ("⋮" in words(figure)) is (count > 4)
    assert f"{count} × (b, t, {40 // count})" in words(figure)
    assert (names[-1], "concatenate") in joined(figure)


def test_a_text_is_made_smaller_until_it_fits_its_box():
    canvas = Canvas(3, 1)
    canvas.box(1.5, 0.5, 1.0, 0.4, "a text that needs more room")
    figure = canvas.done()
    assert spilling(figure) == []
    assert figure.axes[0].texts[0].get_fontsize() < 9.5


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: flow([]), "at least one stage, got none"),
        (
            lambda: flow([("a", "b", "c", "d")]),
            r"a stage is \(name, shape, kind\), got",
        ),
        (lambda: flow([("a", "", "magic")]), "kind must be one of .* got 'magic'"),
        (lambda: flow(["欢迎"]), "needs a glyph"),
        (lambda: recurrent_encoder_decoder("ab", "cd", "always"), "got 'always'"),
        (lambda: recurrent_encoder_decoder([], ["a"]), "need a token, got 0 source, 1"),
        (lambda: recurrent_encoder_decoder(["欢"], ["a"]), "needs a glyph"),
        (lambda: attention_steps("q", []), "at least one key, got none"),
        (lambda: attention_steps("q", ["k"], scores=[1, 2]), "scores needs one number"),
        (lambda: attention_steps("q", ["k"], weights=[]), "got 0 for 1 keys"),
        (lambda: transformer_block("both"), "norm must be one of .* got 'both'"),
        (lambda: heads(3, 256), "must divide width, got num_heads=3, width=256"),
        (lambda: heads(0, 256), "got num_heads=0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
