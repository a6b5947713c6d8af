import dataclasses
import json

from keras_transformer.course.scoreboard.fastest import COMMAND, changes, section
from keras_transformer.translation.recipes import RECIPES

RECIPE = RECIPES["multi30k-de-en"]


def run(minutes, load=0.1, recipe=RECIPE, wanted=36.5, split="test_2016"):
    return {
        "corpus": "multi30k-de-en",
        "split": split,
        "wanted": wanted,
        "minutes": minutes,
        "passes": 7,
        "bleu": 36.62,
        "parameters": 5_490_688,
        "load_before": load,
        "device": {"accelerators": [], "processor": "Some Processor", "cores": 2},
        "date": "2026-01-02",
        "versions": {"tensorflow": "2.21.0"},
        "recipe": json.loads(json.dumps(recipe.to_dict())),
    }


def shown(folder, *runs):
    at = folder / "multi30k-de-en"
    at.mkdir()
    for number, found in enumerate(runs):
        (at / f"{number}.json").write_text(json.dumps(found))
    return section(folder, "multi30k-de-en", "test_2016", 36.5)


def test_what_is_not_measured_names_its_command(tmp_path):
    assert shown(tmp_path).endswith(f"\n\nNot measured yet (`{COMMAND} 36.5`).\n")


def test_the_fastest_comes_first_and_a_busy_machine_has_no_minutes(tmp_path):
    runs = [run(11.24), run(6.0, load=1.7), run(9.96), run(1.0, load=None)]
    others = [run(2.0, wanted=30.0), run(2.0, split="test_2017")]
    rows = shown(tmp_path, *runs, *others).splitlines()[4:]
    assert [row.split(" | ")[0] for row in rows] == ["| 10.0", "| 11.2", "| –", "| –"]
    assert rows[0].endswith("[2026-01-02](results/time_to/multi30k-de-en/2.json) |")
    assert "| 36.6 | `multi30k-de-en` | 5.5M | 1 | 2 cores of Some Processor" in rows[0]


def test_a_recipe_is_told_by_the_flags_that_make_it():
    training = dataclasses.replace(
        RECIPE.training, lengths=(20, 40), score_every=1, seed=4
    )
    model = dataclasses.replace(RECIPE.model, positions="rotary")
    other = dataclasses.replace(RECIPE, training=training, model=model)
    assert changes(run(1.0, recipe=other)) == (
        "`multi30k-de-en` `--model.positions rotary` `--training.lengths 20 40`"
    )
    assert changes(run(1.0)) == "`multi30k-de-en`"
