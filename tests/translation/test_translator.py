import dataclasses
import functools

import numpy as np
import pytest

from keras_transformer.decoding import BatchDecoder, Beam, Greedy, Sample
from keras_transformer.text import END
from keras_transformer.translation.translator import (
    Translator,
)

TEXTS = [
    "Der Mann sieht einen Hund.",
    "",
    "Das Kind malt Brot, oder?",
    " \n\t ",
    "😀 👩‍👩‍👧 ✈️",
    "你好，欢迎来北京。 Привет! שלום مرحبا नमस्ते",
    "[END] [PAD] <0x00> ##a",
    "\u0301\u200b\u202e",
    "x",
]


@pytest.fixture
def copying(translator, monkeypatch):
    """A translator whose decoder writes its source back."""
    copy = Translator(
        translator.model,
        translator.source_tokenizer,
        translator.target_tokenizer,
        translator.recipe,
    )
    parts = []

    def decode(sources, progress=False):
        parts.extend(np.asarray(source) for source in sources)
        return [np.asarray(source, "int32") for source in sources]

    copy.decoder = decode
    copy.parts = parts
    return copy


# Text in, text out


def test_every_text_has_one_translation(translator):
    translations = translator(TEXTS)
    assert len(translations) == len(TEXTS)
    assert all(isinstance(text, str) for text in translations)
    assert [translations[1], translations[3]] == ["", ""]
    assert any(translations)


def test_company_changes_no_translation(translator):
    alone = [translator([text])[0] for text in TEXTS[:5]]
    assert translator(TEXTS)[:5] == alone
    assert translator(TEXTS[::-1]) == translator(TEXTS)[::-1]


def test_no_texts_have_no_translations(translator):
    assert translator([]) == []


def test_one_string_is_not_a_list_of_texts(translator):
    with pytest.raises(ValueError, match="a list of strings, got one str"):
        translator("Der Mann sieht einen Hund.")


def test_what_is_not_text_is_refused(translator):
    with pytest.raises(ValueError, match="texts must be strings, got NoneType at 1"):
        translator(["Der Mann", None])
    with pytest.raises(ValueError, match=r"a lone surrogate '\\ud800' at character 2"):
        translator(["ab\ud800"])


def test_ten_thousand_characters_are_translated(translator):
    text = ("Der Mann sieht einen Hund. " * 400)[:10_000]
    assert len(text) == 10_000
    (translation,) = translator([text])
    one = translator(["Der Mann sieht einen Hund."])[0]
    assert translation.startswith(f"{one} {one} " if one else "")


@pytest.mark.parametrize(
    "text",
    [
        "Der Mann sieht einen Hund. " * 400,
        "Ein Satz\nund noch einer\n" * 100,
        "ohne Punkt und ohne Ende " * 200,
        "Donaudampfschifffahrtsgesellschaft" * 60,
        "你好欢迎来北京" * 300,
        "😀" * 500,
        ". " * 300,
        "a" + " " * 5000 + "b",
        "a\x1c\x85b" * 300,
    ],
    ids=range(9),
)
def test_nothing_of_a_long_text_is_left_out(copying, text):
    (translation,) = copying([text])
    wanted = copying.source_tokenizer.normalize([text])[0]
    assert "".join(translation.split()) == "".join(wanted.split())
    assert max(map(len, copying.parts)) <= copying.max_tokens


def test_a_text_that_fits_is_not_cut(copying):
    assert copying(["Ja. Nein. Ja."]) == ["Ja. Nein. Ja."]
    assert len(copying.parts) == 1


def test_a_long_text_is_cut_at_its_sentences(copying):
    sentences = ["Der Mann sieht einen Hund.", "Die Frau kennt das Haus."] * 5
    assert copying([" ".join(sentences)]) == [" ".join(sentences)]
    decode = copying.target_tokenizer.decode
    assert decode(copying.parts) == sentences


def test_parts_come_back_to_their_texts(copying):
    long = "Der Mann sieht einen Hund. " * 9
    texts = ["Ja.", long, "", "Nein.", long]
    expected = [" ".join(text.split()) for text in texts]
    assert copying(texts) == expected


# How it searches


@pytest.fixture(scope="module")
def by_hand(translator):
    """Texts by any method, from the parts that a translator is made of."""

    @functools.cache
    def translate(method):
        recipe = translator.recipe
        decoder = BatchDecoder(
            translator.model,
            method,
            batch_size=recipe.decoding.batch_size,
            lengths=recipe.training.lengths,
            xla=False,
        )
        texts = TEXTS[:3]
        ids = translator.source_tokenizer.encode(texts)
        return texts, translator.target_tokenizer.decode(decoder(ids))

    return translate


@pytest.mark.parametrize(
    "method", [Beam(3, length_penalty=0.8), Sample(temperature=2.0, seed=5)], ids=repr
)
def test_a_translator_searches_as_it_is_told(translator, by_hand, method):
    texts, wanted = by_hand(method)
    other = translator.using(method)
    assert other(texts) == wanted
    assert other.model is translator.model
    assert translator.decoder.method == Greedy()


def test_a_translator_searches_as_its_recipe_says(translator, by_hand):
    decoding = dataclasses.replace(translator.recipe.decoding, beam=3)
    assert decoding.method == Beam(3, length_penalty=0.6)
    decoding = dataclasses.replace(decoding, length_penalty=0.8)
    recipe = dataclasses.replace(translator.recipe, decoding=decoding)
    tokenizers = translator.source_tokenizer, translator.target_tokenizer
    beaming = Translator(translator.model, *tokenizers, recipe)
    assert beaming.decoder.method == Beam(3, length_penalty=0.8)
    texts, wanted = by_hand(beaming.decoder.method)
    assert beaming(texts) == wanted
    assert beaming.explain(texts[0]).translation == wanted[0]


# Where the model looked


def test_an_explanation_names_every_token_and_its_weights_sum_to_one(translator):
    text = "Der Mann sieht einen Hund."
    explanation = translator.explain(text)
    tokenizer = translator.source_tokenizer
    assert explanation.translation == translator([text])[0]
    assert explanation.source == [*tokenizer.tokens(text), "[END]"]
    ids = translator.decoder([tokenizer.encode([text])[0]])[0]
    assert explanation.target == [*tokenizer.pieces(ids), "[END]"]
    s, t = len(explanation.source), len(explanation.target)
    assert explanation.encoder.shape == (1, 2, s, s)
    assert explanation.decoder.shape == (1, 2, t, t)
    assert explanation.cross.shape == (1, 2, t, s)
    for weights in (explanation.encoder, explanation.decoder, explanation.cross):
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-5)
    assert not np.triu(explanation.decoder, 1).any()


@pytest.mark.parametrize(("text", "tokens"), [("", 0), (" ", 0), ("a, " * 30, 60)])
def test_only_a_sentence_can_be_explained(translator, text, tokens):
    message = f"explain takes a sentence of 1 to 19 tokens, got {tokens}"
    with pytest.raises(ValueError, match=message):
        translator.explain(text)


def test_the_end_of_a_target_is_not_part_of_its_text(translator):
    ids = translator.source_tokenizer.encode(["Brot"])[0]
    assert translator.target_tokenizer.decode([[*ids, END, *ids]]) == ["Brot"]
