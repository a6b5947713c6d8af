import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_transformer.text import CASES, normalize


def normalized(text, case="keep"):
    return normalize(tf.constant([text]), case).numpy()[0].decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        (" \t a\n\nb\u00a0\u3000c\u2028 ", "a b c"),
        ("a\x00b\x1fc\x7f", "a b c"),
        ("o\u0308 ﬁ ½ …", "ö fi 1⁄2 ..."),
        ("你好，世界！", "你好,世界!"),
        ("￭", "■"),
        ("Straße ẞ", "Straße ẞ"),
    ],
)
def test_texts_are_brought_to_one_form(text, expected):
    assert normalized(text) == expected


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("ÜBER DIE STRASSE", "über die strasse"),
        ("Straße ẞ", "straße ß"),
        ("I İ", "i i"),
        ("ÉTÉ ÑU ΣΑΣ ПРИВЕТ", "été ñu σασ привет"),
        ("J\u030c", "ǰ"),
        ("\N{BLACK-LETTER CAPITAL H}", "h"),
    ],
)
def test_lower_case_keeps_accents_and_sharp_s(text, lowered):
    assert normalized(text, "lower") == lowered


def test_bytes_that_are_not_utf8_are_replaced():
    assert normalize(tf.constant([b"a\xffb"])).numpy()[0].decode() == "a\ufffdb"


def test_the_shape_stays():
    texts = tf.constant([["A", "b "], ["c", "D"], ["", "É"]])
    expected = [[b"a", b"b"], [b"c", b"d"], [b"", "é".encode()]]
    assert normalize(texts, "lower").numpy().tolist() == expected


@settings(deadline=None, max_examples=150)
@given(st.lists(st.text(), min_size=1), st.sampled_from(CASES))
def test_normalising_again_changes_nothing(texts, case):
    once = normalize(tf.constant(texts), case)
    assert normalize(once, case).numpy().tolist() == once.numpy().tolist()


def test_an_unknown_case_is_refused():
    with pytest.raises(ValueError, match=r"case must be one of .* got 'upper'"):
        normalize(tf.constant(["a"]), "upper")
