import pytest
from drawn import assert_readable, boxes, words
from test_diagrams import joined

from keras_transformer.plots import transformer


def test_the_whole_machine_has_two_towers():
    figure = transformer(6, title="The Transformer")
    assert_readable(figure)
    names = [inside[0][0] for _, inside in boxes(figure)]
    assert names.count("embedding × √d") == names.count("+ positions") == 2
    assert names.count("feed-forward") == names.count("layer norm") == 2
    pairs = joined(figure)
    assert ("+ positions", "self-attention") in pairs
    assert ("causal self-attention", "cross-attention") in pairs
    assert ("layer norm", "embedding, transposed") in pairs


def test_every_attention_has_its_mask():
    found = [text.get_text() for text in transformer(2).axes[0].texts]
    assert found.count("padding mask\n(b, 1, s)") == 2
    assert found.count("causal mask\n(1, t, t)") == 1


def test_the_number_of_blocks_is_written_at_both_stacks():
    found = [text.get_text() for text in transformer(3).axes[0].texts]
    assert found.count("3 ×") == 2
    assert {"memory  (b, s, d)", "source  (b, s)"} <= words(transformer(1))


def test_a_machine_without_blocks_is_refused():
    with pytest.raises(ValueError, match="at least one block, got 0"):
        transformer(0)
