import dataclasses
import json

import pytest
import tensorflow as tf

from keras_transformer import corpora
from keras_transformer.course import studies
from keras_transformer.course.scoreboard.trial import __main__ as command
from keras_transformer.course.scoreboard.trial import plan
from keras_transformer.course.scoreboard.trial import run as trial_run
from keras_transformer.training import NotFiniteError
from keras_transformer.translation.model_configs import RecurrentConfig

TINY = "tiny"
TITLE = "GRUs"


@pytest.fixture
def trial(smoke_recipe, monkeypatch, tmp_path):
    """A trial of one tiny model, and the arguments that run it."""
    training = dataclasses.replace(smoke_recipe.training, lengths=(6,))
    decoding = dataclasses.replace(smoke_recipe.decoding, length_ratio=0.1)
    model = RecurrentConfig(score="additive", width=8, units=12, dropout=0.0)
    recipe = dataclasses.replace(
        smoke_recipe, training=training, decoding=decoding, model=model
    )
    corpus = dataclasses.replace(corpora.load(smoke_recipe.corpus), name=TINY)
    few = {name: pairs.take(3) for name, pairs in corpus.splits.items()}
    few["train"] = corpus.splits["train"]
    corpus = dataclasses.replace(corpus, splits=few)
    small = {"soft": studies.Variant(TITLE, recipe)}
    monkeypatch.setattr(studies, "STUDIES", {TINY: small})
    monkeypatch.setattr(corpora, "load", lambda name: corpus)
    here = {"CORPUS": TINY, "RUNGS": ("soft",), "RATES": (1e-3, 5e-2), "SEEDS": (3,)}
    for name, value in (here | {"FIRST": 1, "MOST": 3, "PATIENCE": 1}).items():
        monkeypatch.setattr(plan, name, value)
    # Another process would not know this study.
    monkeypatch.setattr(command, "in_its_own_process", lambda task, *of: task(*of))
    tf.config.run_functions_eagerly(True)
    where = tmp_path / "results", tmp_path / "runs"
    yield ["--results", str(where[0]), "--folder", str(where[1])]
    tf.config.run_functions_eagerly(False)


def test_a_trial_chooses_rates_trains_until_it_is_enough_and_goes_on(
    trial, tmp_path, monkeypatch, capsys
):
    bleu = iter([20.0, 30.0, 30.0, 40.0, 35.0])  # a pass each; the last is worse
    monkeypatch.setattr(
        "keras_transformer.translation.experiment.evaluate",
        lambda *_: type("Scores", (), {"bleu": next(bleu)}),
    )
    asked = []
    monkeypatch.setattr(
        trial_run,
        "measure",
        lambda translator, pairs, _: (
            asked.append(translator.recipe.decoding.beam) or {"bleu": 1.0}
        ),
    )
    command.main(trial)
    results = tmp_path / "results" / TINY
    names = sorted(str(p.relative_to(results)) for p in results.glob("**/*.json"))
    assert names == ["rates/soft-0.001.json", "rates/soft-0.05.json", "soft-3.json"]
    found = json.loads((results / "soft-3.json").read_text("utf-8"))
    assert found["rates"] == {"0.001": 20.0, "0.05": 30.0}
    assert found["rate"] == 0.05
    training = found["recipe"]["training"]
    assert (training["peak_learning_rate"], training["seed"]) == (0.05, 3)
    # Patience of one pass: the third is not better.
    assert [row["valid_bleu"] for row in found["history"]] == [30.0, 40.0, 35.0]
    splits = [name for name in corpora.load(TINY).splits if name != "train"]
    assert asked == [1] * len(splits) + [4] * len(splits)
    assert list(found["scores"]["beam"]) == splits
    assert (found["title"], found["alone"]) == (TITLE, False)
    assert found["multiplications_a_pass"] > found["tokens_a_pass"] > 0
    assert found["command"].endswith(".trial --rung soft --seed 3")
    # The weights stay, the first passes at each rate do not.
    assert [p.name for p in (tmp_path / "runs" / TINY).iterdir()] == ["soft-3"]
    capsys.readouterr()
    command.main(trial)  # nothing is missing, nothing is said
    assert capsys.readouterr().out == ""


def test_tokens_of_a_pass_are_those_of_both_sides_with_their_ends(trial, tmp_path):
    recipe = plan.recipe_of("soft", 3, 1e-3, 1)
    corpus = corpora.load(TINY)
    translator = trial_run._train(recipe, tmp_path / "run", corpus)
    costs = trial_run.costs(translator, corpus)
    pairs = corpus.splits["train"]
    source = translator.source_tokenizer.encode(pairs.source)
    target = translator.target_tokenizer.encode(pairs.target)
    kept = [
        (s, t) for s, t in zip(source, target, strict=True) if max(len(s), len(t)) < 6
    ]
    assert 0 < len(kept) < len(source)
    assert costs["tokens_a_pass"] == sum(len(s) + len(t) + 2 for s, t in kept)


def test_a_rate_that_diverges_is_stored_as_one(trial, tmp_path, monkeypatch):
    def diverge(*_, **__):
        raise NotFiniteError(["the loss"], "after batch 1")

    monkeypatch.setattr(trial_run, "train", diverge)
    trial_run.try_rate("soft", 5e-2, tmp_path / "results", tmp_path / "runs")
    path = plan.rate_path(tmp_path / "results", "soft", 5e-2)
    assert json.loads(path.read_text("utf-8"))["valid_bleu"] is None
    with pytest.raises(ValueError, match=r"at least one rate must train, got \{0\.05"):
        plan.chosen({5e-2: None})


def test_rates_come_first_then_seed_after_seed(tmp_path):
    stems = [
        path.stem for path, *_ in command.tasks(["a", "b"], [1, 2], tmp_path, tmp_path)
    ]
    rates = [f"{rung}-{rate:g}" for rung in "ab" for rate in plan.RATES]
    assert stems == [*rates, "a-1", "b-1", "a-2", "b-2"]


def test_the_rungs_are_variants_that_the_study_compares():
    for rung in plan.RUNGS:
        assert studies.variant(plan.CORPUS, rung).compared
        recipe = plan.recipe_of(rung, 2, 1e-3, 9)
        own = studies.recipe(rung, plan.CORPUS)
        assert (recipe.model, recipe.text) == (own.model, own.text)
        assert recipe.training.epochs == 9
