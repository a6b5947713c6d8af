"""The time to a score: when it ends, what it says, and when it refuses to rank."""

import dataclasses
import json
import types

import pytest

from keras_transformer.translation import experiment, time_to


@pytest.fixture
def scored(monkeypatch):
    """`scored(10.0, 40.0)`: what every pass reaches; returns the sentences asked."""

    def after_passes(*scores):
        left, asked = iter(scores), []

        def evaluate(translator, pairs, language):
            asked.append(pairs.source)
            return types.SimpleNamespace(bleu=next(left))

        monkeypatch.setattr(experiment, "evaluate", evaluate)
        return asked

    return after_passes


def passes(recipe, count):
    changed = dataclasses.replace(recipe.training, epochs=count, score_every=9)
    return dataclasses.replace(recipe, training=changed).searching(beam=2)


def test_it_ends_with_the_first_pass_that_reaches_the_score(smoke_recipe, scored):
    asked = scored(10.0, 36.5, 50.0)
    found = time_to.time_to(
        36.5, passes(smoke_recipe, 5), progress=False, say=lambda line: None
    )
    assert found["scores"] == [10.0, 36.5] and found["passes"] == 2
    assert found["split"] == "test" and 0 < found["minutes"] < 10
    assert found["recipe"]["decoding"]["beam"] == 1
    corpus = experiment.corpora.load(smoke_recipe.corpus)
    # The test split decides when, and nothing else has been scored for that.
    assert asked == [corpus.splits["test"].source] * 2
    assert found["device"]["cores"] >= 1 and "keras" in found["versions"]
    assert json.loads(json.dumps(found))["minutes"] == found["minutes"]


def test_a_recipe_that_ends_below_the_score_is_told_so(smoke_recipe, scored):
    scored(10.0, 12.0)
    with pytest.raises(ValueError, match=r"36\.5 within the recipe's 2 .*got 12\.0"):
        time_to.time_to(36.5, passes(smoke_recipe, 2), progress=False, say=len)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"bleu": 0.0}, r"bleu must be in \(0, 100\], got 0"),
        ({"split": "train"}, r"one of \['test'\], got 'train'"),
    ],
)
def test_what_cannot_be_timed_is_refused(smoke_recipe, wrong, told):
    asked = {"bleu": 10.0, "split": None} | wrong
    with pytest.raises(ValueError, match=told):
        time_to.time_to(**asked, recipe=smoke_recipe)


def test_each_result_has_a_file_of_its_own(tmp_path):
    found = {
        "corpus": "x",
        "split": "test",
        "wanted": 36.5,
        "date": "2026-01-02",
        "recipe": {"training": {"seed": 3}},
    }
    one, two = (time_to.store(found, tmp_path) for _ in range(2))
    assert one == tmp_path / "x" / "test-36.5-2026-01-02-seed-3-1.json"
    assert two.name.endswith("-seed-3-2.json")
    assert json.loads(one.read_text()) == json.loads(two.read_text()) == found
