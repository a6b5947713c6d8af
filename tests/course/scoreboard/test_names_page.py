import json

from keras_transformer.course.experiments.names_and_numbers import EXPERIMENT
from keras_transformer.course.scoreboard.names import COLUMNS, COMMAND, section


def test_what_is_not_measured_names_its_command(tmp_path):
    assert section(tmp_path / "none.json") == f"Not measured yet (`{COMMAND}`).\n"


def test_the_better_model_is_named_and_each_has_its_row(tmp_path):
    shares = {("recipe", 1): 0.4, ("recipe", 2): 0.5, ("copied", 1): 0.96}
    rows = [
        {
            "variant": name,
            "seed": seed,
            "measured": dict.fromkeys(COLUMNS, share) | {"bleu_test_2016": 39.0 + seed},
        }
        for (name, seed), share in shares.items()
    ]
    told = {"title": "", "command": "", "variants": {}, "rows": rows}
    path = tmp_path / "stored.json"
    path.write_text(json.dumps(told))
    lines = section(path).splitlines()
    recipe, copied = EXPERIMENT.variants.values()
    assert lines[0] == (
        f"**Most come through with {copied}**: 96.0% of the captions, as wanted."
    )
    assert lines[4] == (
        f"| {recipe} | 45.0% | 45.0% | 45.0% | 45.0% | 40.5 ± 0.7 | 2 |"
    )
    assert lines[5] == f"| {copied} | 96.0% | 96.0% | 96.0% | 96.0% | 40.0 | 1 |"
    told["rows"] = rows[:2]
    path.write_text(json.dumps(told))
    assert "less than 95%" in section(path) and copied not in section(path)
