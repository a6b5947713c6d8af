"""Words that are hidden from a model, and what the viewer is given of it."""

import json
import re

import numpy as np
import pytest

from keras_transformer.translation.explanation import Explanation, words_of

TEXT = "Der Mann sieht einen Hund."


@pytest.fixture(scope="module")
def explanation(translator):
    return translator.explain(TEXT)


def test_each_token_knows_its_word(translator, explanation):
    letters = [token.removeprefix("##") for token in explanation.source[:-1]]
    words = [""] * 6
    for letter, word in zip(letters, explanation.source_words, strict=True):
        words[word] += letter
    assert words == ["Der", "Mann", "sieht", "einen", "Hund", "."]


def test_spaces_and_bytes_are_words_of_their_own(translator):
    tokenizer = translator.source_tokenizer
    (ids,) = tokenizer.encode(["Der 😀  Mann"])
    words = words_of(tokenizer, ids, "Der 😀  Mann")
    assert words[0] == 0 and np.all(np.diff(words) >= 0)
    starts = [not tokenizer.continues(int(token)) for token in ids]
    assert words[-1] == sum(starts) - 1


def test_a_hidden_word_is_cut_out_of_the_sentence(translator, explanation):
    hidden = explanation.hiding([1])
    alone = translator.explain("Der sieht einen Hund.")
    assert hidden.translation == alone.translation
    assert hidden.source == explanation.source and hidden.target == alone.target
    seen = [i for i, word in enumerate([*explanation.source_words, -1]) if word != 1]
    assert len(seen) < len(explanation.source)
    gone = [i for i in range(len(explanation.source)) if i not in seen]
    np.testing.assert_array_equal(hidden.cross[..., seen], alone.cross)
    assert not hidden.cross[..., gone].any()
    np.testing.assert_array_equal(
        hidden.encoder[..., seen, :][..., seen], alone.encoder
    )
    assert not hidden.encoder[..., gone, :].any()
    assert not hidden.encoder[..., gone].any()
    np.testing.assert_array_equal(hidden.decoder, alone.decoder)


def test_hiding_nothing_changes_nothing_and_hiding_all_leaves_nothing(explanation):
    same = explanation.hiding([])
    assert same.translation == explanation.translation
    np.testing.assert_array_equal(same.cross, explanation.cross)
    nothing = explanation.hiding(range(6))
    assert nothing.translation == ""
    np.testing.assert_allclose(nothing.cross[..., -1], 1)


def test_what_is_hidden_starts_from_the_whole_sentence(explanation):
    assert explanation.hiding([1]).hiding([]).translation == explanation.translation


def data_of(view):
    return json.loads(re.search("^const given = (.*);$", view._repr_html_(), re.M)[1])


def test_a_view_holds_what_the_model_does_without_each_word(explanation):
    view = explanation.view()
    (panel,) = data_of(view)["panels"]
    states = panel["states"]
    assert list(states) == ["", *"012345"]
    assert list(states[""]["maps"]) == [
        "cross-attention",
        "encoder self-attention",
        "decoder self-attention",
    ]
    assert states["1"]["text"] == explanation.hiding([1]).translation
    assert list(states["1"]["maps"]) == ["cross-attention"]
    answer = view.answer({"hide": [3, 1]})
    assert answer["key"] == "1,3"
    assert answer["states"][0]["text"] == explanation.hiding([1, 3]).translation
    assert len(answer["states"][0]["maps"]) == 3


def test_gold_links_between_words_are_drawn_between_their_tokens():
    explanation = Explanation(
        *("Welcome!", ["will", "##kommen", "!", "[END]"], ["Welcome", "!", "[END]"]),
        np.full((1, 1, 3, 4), 0.25),
        source_words=[0, 0, 1],
        target_words=[0, 1],
    )
    (panel,) = data_of(explanation.view(gold=((0, 0), (1, 1))))["panels"]
    gold = panel["states"][""]["maps"]["cross-attention"]["gold"]
    assert gold == [[0, 0], [0, 1], [1, 2]]
    assert "words" not in panel  # nobody can be asked what it does without them


def test_side_by_side_stand_explanations_of_one_sentence(translator, explanation):
    view = explanation.view(translator.explain(TEXT), ("one", "other"))
    assert [panel["name"] for panel in data_of(view)["panels"]] == ["one", "other"]
    with pytest.raises(ValueError, match="must be of one sentence, got"):
        explanation.view(translator.explain("Das Kind malt Brot."))


def test_a_model_without_attention_has_no_view():
    explanation = Explanation("Hi", ["Hallo", "[END]"], ["Hi", "[END]"], None)
    with pytest.raises(ValueError, match="got a model without any"):
        explanation.view()
