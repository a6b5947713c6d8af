"""A short round of `soak.parts.noise`."""

import random

import pytest
from soak.parts.noise import PLANES, SPECIAL, memory, noise, require_sane, require_whole


def test_any_text_is_translated_as_it_is_alone(translator):
    rng = random.Random(11)
    texts = [noise(rng) for _ in range(80)]
    met = {ord(character) for text in texts for character in text}
    assert met & set(SPECIAL) and all(
        any(first <= code <= last for code in met) for first, last in PLANES
    )
    require_sane(translator, texts)


@pytest.mark.parametrize("word", ["a", "\u4f60", "😀", "ß.", "a "], ids=ascii)
def test_one_word_of_great_length_is_split_and_not_cut(translator, word):
    require_whole(translator, word * 600)


def test_memory_stays_flat(translator):
    texts = [noise(random.Random(seed)) for seed in range(16)]
    translator(texts)
    begun = memory()
    for _ in range(12):
        translator(texts)
    assert memory() - begun < 64 * 2**20


def test_half_a_character_is_refused(translator):
    with pytest.raises(ValueError, match=r"a lone surrogate '\\ud800' at character 3"):
        translator(["gut", "so \ud800"])


@pytest.mark.parametrize("texts", ["Brot", b"Brot", None, 7])
def test_what_is_no_list_is_refused(translator, texts):
    with pytest.raises(ValueError, match="texts must be a list of strings, got one"):
        translator(texts)


def test_nothing_to_see_is_nothing_to_translate(translator):
    texts = ["", " ", "\u200b", "\ufeff", "\u00ad\u200d", "\n\t\x00", "\u202e"]
    assert translator(texts) == [""] * len(texts)


def test_invisible_characters_change_no_translation(translator):
    text = "Der Mann sieht Brot."
    hidden = "\ufeffDer\u200b Ma\u00adnn sieht\u200e Brot.\u2060"
    assert translator([hidden]) == translator([text])
