import json
import pathlib
import re

import pytest

from keras_transformer.corpora import Corpus, Pairs
from keras_transformer.translation import auto
from keras_transformer.translation.pair_statistics import Statistics, measure
from keras_transformer.translation.recipes import Recipe

SIZES = (2_000, 30_000, 170_000, 2_000_000)


def known(pairs, lengths=(10, 13, 17, 21, 43), overlap=0.8, **more):
    return Statistics(pairs, lengths, 11.7, overlap, **more)


def chosen(*arguments, **options):
    return auto.choose(known(*arguments, **options), "own.tsv").recipe


@pytest.mark.parametrize(
    ("pairs", "vocabulary", "width", "layers", "dropout", "passes"),
    [
        (2_000, 2_000, 128, 2, 0.3, 55),
        (30_000, 6_000, 256, 3, 0.3, 14),
        (170_000, 10_000, 256, 3, 0.2, 6),
        (2_000_000, 32_000, 512, 6, 0.1, 4),
    ],
)
def test_measures_follow_the_number_of_pairs(
    pairs, vocabulary, width, layers, dropout, passes
):
    recipe = chosen(pairs)
    assert recipe.corpus == "own.tsv"
    assert recipe.text.vocabulary_size == vocabulary
    assert (recipe.model.width, recipe.model.num_layers) == (width, layers)
    assert recipe.model.dropout == dropout
    assert recipe.training.epochs == passes


def test_more_pairs_are_looked_at_more_seldom_but_in_more_steps():
    recipes = [chosen(pairs) for pairs in SIZES]
    passes = [recipe.training.epochs for recipe in recipes]
    assert passes == sorted(passes, reverse=True)
    warmups = [recipe.training.warmup_steps for recipe in recipes]
    averages = [recipe.training.average for recipe in recipes]
    assert warmups == sorted(warmups) and averages == sorted(averages)
    # A window of an eighth of the steps, of which a sixth are warm-up.
    steps = 55 * round(2_000 * 11.7 / 1024)
    assert warmups[0] == steps // 6
    assert averages[0] == round(1 - 1 / (steps // 8), 4)


@pytest.mark.parametrize("pairs", [1, 90, *SIZES, 10**8])
def test_every_size_scores_averages_and_stops_by_itself(pairs):
    training = chosen(pairs).training
    assert training.epochs % training.score_every == 0  # the last pass has a score
    assert training.patience == 3 * training.score_every
    assert 0 < training.average < 1


def test_the_rate_is_that_of_the_recipes_that_were_tried():
    assert chosen(2_000).training.peak_learning_rate == 3e-3
    assert chosen(30_000).training.peak_learning_rate == 1.5e-3


def test_buckets_are_quantiles_far_enough_apart():
    assert chosen(2_000).training.lengths == (14, 22, 44)
    assert chosen(170_000).training.lengths == (10, 14, 22, 44)
    assert chosen(2_000, lengths=(3, 3, 3, 3, 3)).training.lengths == (4,)
    # A long tail is left out, short ones never are.
    assert chosen(30_000, lengths=(9, 12, 20, 60, 900)).training.lengths[-1] == 60
    assert chosen(30_000, lengths=(9, 12, 20, 30, 48)).training.lengths[-1] == 48
    assert chosen(30_000, lengths=(90, 200, 300, 400, 500)).training.lengths == (
        90,
        128,
    )


@pytest.mark.parametrize(("overlap", "shared"), [(0.8, True), (0.03, False)])
def test_one_alphabet_shares_a_vocabulary(overlap, shared):
    assert chosen(30_000, overlap=overlap).text.shared is shared


def corpus(source, target):
    pairs = Pairs(tuple(source), tuple(target))
    return Corpus("own", "und", "und", {"train": pairs, "valid": pairs.take(1)})


GERMAN = [f"Der {word} ist hier." for word in ("Zug", "Mann", "Brief", "Wald") * 30]
ENGLISH = [f"The {word} is here." for word in ("train", "man", "letter", "wood") * 30]
CHINESE = [f"{word}在这里。" for word in ("火车", "男人", "信", "树林") * 30]


def test_pairs_are_measured():
    found = measure(corpus(GERMAN, ENGLISH), auto.text_for)
    assert found.pairs == 120 and found.copies == 0
    # Der Zug ist hier . and its end: six tokens, one more for each piece of a word.
    assert 6 <= found.lengths[0] <= found.mean_length <= found.lengths[-1] <= 10
    assert found == measure(corpus(GERMAN, ENGLISH), auto.text_for)
    assert found.overlap > 0.5
    assert measure(corpus(CHINESE, ENGLISH), auto.text_for).overlap == 0
    assert measure(corpus(GERMAN, GERMAN), auto.text_for).overlap == 1


def test_pairs_that_translate_nothing_are_refused():
    with pytest.raises(ValueError, match="same sentence twice in 100% of the pairs"):
        auto.by_size(corpus(GERMAN, GERMAN), "own")
    half = auto.by_size(corpus(GERMAN + GERMAN, ENGLISH + GERMAN), "own")
    assert half.statistics.copies == 0.5


def test_few_pairs_are_told_so():
    few = auto.choose(known(90), "own").reasons[("text.vocabulary_size",)]
    assert "90 pairs" in few and "thousands of pairs make a translator" in few
    many = auto.choose(known(2_000), "own").reasons[("text.vocabulary_size",)]
    assert "thousands" not in many


def test_a_choice_is_kept_as_json():
    choice = auto.choose(known(2_000), "own")
    kept = json.loads(json.dumps(choice.to_dict()))
    assert kept["statistics"]["pairs"] == 2_000
    fields = {name: v for each in kept["chosen"] for name, v in each["fields"].items()}
    assert fields["model.width"] == 128 and fields["training.epochs"] == 55
    assert all(each["why"] for each in kept["chosen"])


def test_every_number_that_is_chosen_has_its_reason():
    changed, plain = chosen(2_000_000).to_dict(), Recipe().to_dict()
    differing = {
        f"{part}.{field}"
        for part in ("text", "model", "training", "decoding")
        for field, value in changed[part].items()
        if value != plain[part][field]
    }
    reasons = auto.choose(known(2_000), "own").reasons
    assert differing <= {name for names in reasons for name in names}


def test_the_guide_shows_the_measures():
    root = pathlib.Path(__file__).parents[2]
    page = (root / "docs" / "guides" / "own_sentences.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\d,]+|more) \|(.*)\|$", page, re.M)
    assert [limit for limit, _ in rows] == ["5,000", "50,000", "500,000", "more"]
    for (limit, cells), pairs in zip(rows, SIZES, strict=True):
        recipe = chosen(pairs)
        model, training = recipe.model, recipe.training
        measures = (model.width, model.num_layers, model.hidden_width, model.dropout)
        shown = [float(cell.replace(",", "")) for cell in cells.split("|")]
        text = recipe.text.vocabulary_size
        assert shown == [text, *measures, training.batch_tokens]
        edge = 10**7 if limit == "more" else int(limit.replace(",", ""))
        assert chosen(edge).model == model
