import math

import pytest
import sacrebleu

from keras_transformer.translation.evaluation import (
    english_tokens,
    score,
    tokenized_bleu,
)

REFERENCES = [
    "The old man calls his sister.",
    "Why did you not close the window yesterday?",
    "I know that the train arrives at three o'clock.",
]
HYPOTHESES = [
    "The old man calls his brother.",
    "Why did you close the window?",
    "I know that the train arrives at three o'clock.",
]


def test_the_scores_are_sacrebleu_s():
    scores = score(HYPOTHESES, REFERENCES)
    bleu = sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES])
    chrf = sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES])
    assert scores.bleu == pytest.approx(bleu.score)
    assert scores.chrf == pytest.approx(chrf.score)
    assert scores.sentences == 3
    assert scores.exact == pytest.approx(1 / 3)


def test_a_translation_that_is_too_short_pays_by_hand():
    # Every n-gram is right; 4 of 8 words: exp(1 - 8/4).
    scores = score(["a b c d"], ["a b c d e f g h"])
    assert scores.bleu == pytest.approx(100 * math.exp(-1))


def test_hypotheses_and_references_are_not_exchanged():
    # Twice the words: half of the n-grams are right, and nothing is too short.
    scores = score(["a b c d e f g h"], ["a b c d"])
    expected = 100 * (4 / 8 * 3 / 7 * 2 / 6 * 1 / 5) ** 0.25
    assert scores.bleu == pytest.approx(expected)


def test_case_counts_unless_it_is_lowered():
    upper = [text.upper() for text in REFERENCES]
    assert score(upper, REFERENCES).exact == 0.0
    assert score(upper, REFERENCES).bleu < 20
    lowered = score(upper, REFERENCES, lower=True)
    assert (round(lowered.bleu, 6), lowered.chrf, lowered.exact) == (100.0, 100.0, 1.0)


def test_the_signature_says_how_it_was_scored():
    assert "case:mixed|eff:no|tok:13a" in score(HYPOTHESES, REFERENCES).signature
    lowered = score(HYPOTHESES, REFERENCES, lower=True)
    assert "case:lc|eff:no|tok:13a" in lowered.signature
    assert f"version:{sacrebleu.__version__}" in lowered.signature


def test_scores_read_well():
    shown = str(score(HYPOTHESES, REFERENCES))
    assert "exact 0.333  (3 sentences, nrefs:1|case:mixed" in shown


@pytest.mark.parametrize(
    ("hypotheses", "references"), [(["a"], []), ([], []), (["a"], ["a", "b"])]
)
def test_every_hypothesis_needs_a_reference(hypotheses, references):
    message = rf"got {len(hypotheses)} hypotheses, {len(references)} references"
    with pytest.raises(ValueError, match=message):
        score(hypotheses, references)
    with pytest.raises(ValueError, match=message):
        tokenized_bleu(hypotheses, references)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # As spaCy 3.8 cuts them, lower-cased.
        ("A red-haired man.", "a red - haired man ."),
        ("The men's T-shirts aren't blue.", "the men 's t - shirts are n't blue ."),
        ("He cannot go; he can't.", "he can not go ; he ca n't ."),
        ("They’re U.S. soldiers...", "they ’re u.s. soldiers ..."),
        ("Two dogs, 3 cats", "two dogs , 3 cats"),
        ("", ""),
    ],
)
def test_english_is_cut_as_spacy_does(text, tokens):
    assert english_tokens(text) == tokens.split()


def test_tokenized_bleu_counts_a_hyphen_as_a_word_by_hand():
    # a red - haired man . | a red - hair man .: 5 of 6 tokens, 3 of 5 pairs, 1 of 4
    # triples, 0 of 3: nothing without smoothing.
    hypothesis, reference = "A red-hair man.", "A red-haired man."
    assert tokenized_bleu([hypothesis], [reference])[0] == 0
    # With a second sentence of six right tokens: 11 of 12, 8 of 10, 5 of 8, 3 of 6.
    right = "A dog runs very fast."
    bleu, signature = tokenized_bleu([hypothesis, right], [reference, right])
    expected = 100 * (11 / 12 * 8 / 10 * 5 / 8 * 3 / 6) ** 0.25
    assert bleu == pytest.approx(expected)
    assert signature.startswith("nrefs:1|case:lc|eff:no|tok:none|smooth:none|version:")


def test_tokenized_bleu_pays_for_what_is_too_short_and_ignores_case():
    bleu, _ = tokenized_bleu(["A B C D"], ["a b c d e f g h"])
    assert bleu == pytest.approx(100 * math.exp(-1))


@pytest.mark.parametrize(
    ("language", "text", "tokenizer"),
    [
        ("zh", "我爱北京天安门", "zh"),
        ("zh-TW", "我愛北京天安門", "zh"),
        ("und", "我爱北京天安门", "zh"),
        ("ja", "私は猫が好きです", ("ja-mecab", "char")),
        ("und", "私は猫が好きです", ("ja-mecab", "char")),
        ("ko", "나는 고양이를 좋아해요 정말", ("ko-mecab", "13a")),
        ("th", "ฉันรักแมวของฉัน", "char"),
        ("und", "ฉันรักแมวของฉัน", "char"),
        ("de", "Der alte Mann ruft an.", "13a"),
        ("und", "Der alte Mann ruft an.", "13a"),
        ("und", "1 2 3 4 5", "13a"),
    ],
)
def test_a_perfect_translation_is_perfect_in_every_script(language, text, tokenizer):
    scores = score([text] * 3, [text] * 3, language=language)
    assert (round(scores.bleu, 6), scores.exact) == (100.0, 1.0)
    named = dict(part.split(":") for part in scores.signature.split("|"))
    assert named["tok"] in (tokenizer if isinstance(tokenizer, tuple) else (tokenizer,))
    assert named["eff"] == "no"


def test_words_of_a_language_without_spaces_are_counted_by_hand():
    # 2 of 3 characters are right, 1 of 2 pairs; no longer n-gram exists.
    scores = score(["我爱你"], ["我爱她"], language="zh")
    assert scores.bleu == pytest.approx(100 * (2 / 3 * 1 / 2 * 1 / 2) ** (1 / 3))
    assert "eff:yes|tok:zh" in scores.signature


@pytest.mark.parametrize("lines", [["ja"], ["ja", "nein"], ["guten Tag", "ja wohl so"]])
def test_lines_of_fewer_than_four_words_have_a_score(lines):
    assert score(lines, lines).bleu == pytest.approx(100)
    assert "eff:yes" in score(lines, lines).signature
    assert score(lines, ["x" for _ in lines]).bleu < 50
    assert "eff:no" in score([*lines, "one two three four"], [*lines, "x"]).signature


def test_one_of_several_references_is_enough():
    sets = [["a b c d e", "one two three four"], ["f g h i j", "five six seven eight"]]
    scores = score(["f g h i j", "one two three four"], sets)
    assert (round(scores.bleu, 6), scores.exact) == (100.0, 1.0)
    assert scores.signature.startswith("nrefs:2|")
    assert scores.sentences == 2
    assert score(HYPOTHESES, [REFERENCES]) == score(HYPOTHESES, REFERENCES)
    with pytest.raises(ValueError, match=r"got 3 hypotheses, 2 references"):
        score(HYPOTHESES, [REFERENCES, REFERENCES[:2]])


@pytest.mark.parametrize(
    "pair", [("text", "text"), ("text", ["text"]), (["text"], "text"), ([1], [1])]
)
def test_what_is_no_list_of_strings_is_refused(pair):
    with pytest.raises(ValueError, match="scores need lists of strings, one for each"):
        score(*pair)


def test_a_tokenizer_can_be_asked_for_and_must_exist():
    assert "tok:char" in score(REFERENCES, REFERENCES, tokenize="char").signature
    with pytest.raises(
        ValueError, match=r"tokenize must be one of 13a, .* got 'spaces'"
    ):
        score(REFERENCES, REFERENCES, tokenize="spaces")
