import dataclasses
import functools
import json
import shutil

import h5py
import keras
import numpy as np
import pytest

from keras_transformer.decoding import BatchDecoder, Beam, Greedy, Sample
from keras_transformer.text import END, Tokenizer
from keras_transformer.training.checkpoint import values
from keras_transformer.translation.recipes import TextConfig
from keras_transformer.translation.translator import (
    RECIPE,
    VERSIONS,
    WEIGHTS,
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

    def decode(sources):
        parts.extend(np.asarray(source) for source in sources)
        return [np.asarray(source, "int32") for source in sources]

    copy.decoder = decode
    copy.parts = parts
    return copy


@pytest.fixture
def folder(smoke_folder, tmp_path):
    """A copy of the trained folder, to be damaged."""
    return shutil.copytree(smoke_folder, tmp_path / "copy")


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


def test_a_translator_saved_before_there_were_beams_loads(translator, folder):
    recipe = json.loads((folder / RECIPE).read_text("utf-8"))
    del recipe["decoding"]["beam"], recipe["decoding"]["length_penalty"]
    (folder / RECIPE).write_text(json.dumps(recipe), "utf-8")
    again = Translator.load(folder)
    assert again.recipe == translator.recipe
    assert again.decoder.method == Greedy()


def test_a_beam_is_saved_with_the_recipe(translator, tmp_path):
    decoding = dataclasses.replace(translator.recipe.decoding, beam=2)
    recipe = dataclasses.replace(translator.recipe, decoding=decoding)
    tokenizers = translator.source_tokenizer, translator.target_tokenizer
    Translator(translator.model, *tokenizers, recipe).save(tmp_path)
    assert Translator.load(tmp_path).decoder.method == Beam(2)


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


# Saving and loading


def test_a_saved_translator_comes_back(translator, tmp_path):
    translator.save(tmp_path / "new" / "folder")
    again = Translator.load(tmp_path / "new" / "folder")
    assert again.recipe == translator.recipe
    assert again.source_tokenizer is again.target_tokenizer
    assert again.source_tokenizer.vocabulary == translator.source_tokenizer.vocabulary
    for mine, theirs in zip(again.model.weights, translator.model.weights, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())
    assert again(TEXTS) == translator(TEXTS)
    mine, theirs = (each.explain(TEXTS[0]) for each in (again, translator))
    assert np.array_equal(mine.cross, theirs.cross)


def test_two_vocabularies_come_back_as_two(smoke_recipe, pairs, tmp_path):
    source, target = (Tokenizer.learn(side, 330) for side in zip(*pairs, strict=True))
    recipe = dataclasses.replace(smoke_recipe, text=TextConfig(330, shared=False))
    sizes = len(source.vocabulary), len(target.vocabulary)
    model = recipe.model.make(*sizes, recipe.text, recipe.training)
    model.build()
    both = Translator(model, source, target, recipe)
    both.save(tmp_path)
    again = Translator.load(tmp_path)
    assert again.source_tokenizer.vocabulary == source.vocabulary
    assert again.target_tokenizer.vocabulary == target.vocabulary
    for mine, theirs in zip(again.model.weights, model.weights, strict=True):
        assert np.array_equal(mine.numpy(), theirs.numpy())
    # Whatever the model writes is read from the one and told by the other.
    for translator in (again, both):
        translator.decoder = lambda sources: [ids[::-1] % sizes[1] for ids in sources]
    assert again(TEXTS) == both(TEXTS)


def test_the_state_of_the_optimizer_is_not_saved(smoke_folder):
    with h5py.File(smoke_folder / WEIGHTS) as file:
        assert "encoder" in file and "optimizer" not in file


def test_the_folder_says_what_it_depends_on(smoke_folder, smoke_recipe):
    found = json.loads((smoke_folder / VERSIONS).read_text("utf-8"))
    assert found["keras"] == keras.__version__
    assert found["backend"] == keras.backend.backend()
    assert {"python", "tensorflow", "numpy"} < set(found)
    recipe = json.loads((smoke_folder / RECIPE).read_text("utf-8"))
    assert recipe["corpus"] == smoke_recipe.corpus


def test_an_interrupted_save_leaves_the_old_translator(folder, monkeypatch):
    translator = Translator.load(folder)
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    kept = values(translator.model.weights)
    for weight in translator.model.weights:
        weight.assign(keras.ops.ones_like(weight))
    kind = type(translator.model)
    save_weights = kind.save_weights

    def interrupted(self, path):
        save_weights(self, path)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kind, "save_weights", interrupted)
        with pytest.raises(KeyboardInterrupt):
            translator.save(folder)
    after = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert after == before
    for mine, theirs in zip(Translator.load(folder).model.weights, kept, strict=True):
        assert np.array_equal(mine.numpy(), theirs)


@pytest.mark.parametrize("name", [WEIGHTS, RECIPE])
def test_an_unfinished_folder_is_no_translator(folder, name):
    (folder / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"without {name}; train it first"):
        Translator.load(folder)


def test_a_folder_that_does_not_exist_is_no_translator(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"got .*nowhere without recipe.json"):
        Translator.load(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda recipe: {**recipe, "colour": 1}, "a Recipe has the fields .* colour"),
        (lambda recipe: [recipe], "a Recipe is written as an object"),
        (lambda recipe: {**recipe, "training": {"average": 7}}, "average must be in"),
    ],
    ids=["field", "list", "number"],
)
def test_a_recipe_of_another_version_is_named(folder, damage, message):
    recipe = json.loads((folder / RECIPE).read_text("utf-8"))
    (folder / RECIPE).write_text(json.dumps(damage(recipe)), "utf-8")
    with pytest.raises(ValueError, match=rf"recipe.json is not a readable .*{message}"):
        Translator.load(folder)


def test_a_recipe_that_is_no_json_is_named(folder):
    (folder / RECIPE).write_text("{", "utf-8")
    with pytest.raises(ValueError, match=r"recipe.json is not a readable recipe"):
        Translator.load(folder)


def test_weights_of_another_model_are_named(folder):
    recipe = json.loads((folder / RECIPE).read_text("utf-8"))
    recipe["model"]["width"] = 32
    (folder / RECIPE).write_text(json.dumps(recipe), "utf-8")
    with pytest.raises(ValueError, match=f"{WEIGHTS} is damaged or of another recipe"):
        Translator.load(folder)


def test_truncated_weights_are_named(folder):
    data = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(data[: len(data) // 2])
    with pytest.raises(ValueError, match=f"{WEIGHTS} is damaged or of another recipe"):
        Translator.load(folder)


def test_the_end_of_a_target_is_not_part_of_its_text(translator):
    ids = translator.source_tokenizer.encode(["Brot"])[0]
    assert translator.target_tokenizer.decode([[*ids, END, *ids]]) == ["Brot"]
