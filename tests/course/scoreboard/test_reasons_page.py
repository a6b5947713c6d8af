import json

from keras_transformer.course.experiments.do_weights_explain import (
    BOTH_WAYS,
    COUNTED,
    METHODS,
)
from keras_transformer.course.scoreboard.reasons import COMMAND, section


def test_what_is_not_measured_names_its_command(tmp_path):
    assert section(tmp_path / "none.json") == f"Not measured yet (`{COMMAND}`).\n"


def test_each_model_has_its_best_way_and_all_are_in_the_table(tmp_path):
    rows = []
    for seed, right in ((1, 0.8), (2, 0.9)):
        measured = dict.fromkeys((f"{name} right" for name in METHODS), 0.5)
        measured |= dict.fromkeys((f"{name} aer" for name in METHODS), 0.25)
        rows.append(
            {
                "variant": "transformer",
                "seed": seed,
                "measured": measured | {"reads right": right},
            }
        )
    path = tmp_path / "stored.json"
    variants = {"transformer": "Transformer"}
    told = {"title": "", "command": "", "variants": variants, "rows": rows}
    path.write_text(json.dumps(told))
    lines = section(path).splitlines()
    assert lines[0] == (
        "- **Transformer**: most often right is attention of the step that reads it, "
        "for 85.0 ± 7.1% of the words; the usual reading for 50.0 ± 0.0%."
    )
    assert lines[2:4] == ["| right, AER | Transformer |", "|---|---:|"]
    assert lines[5] == "| attention of the step that reads it | 85.0 ± 7.1%, 0.25 |"
    assert len(lines) == 4 + len(METHODS)
    counted = {f"{COUNTED} right": 0.87, f"{COUNTED} aer": 0.148}
    rows.append({"variant": COUNTED, "seed": 1, "measured": counted})
    told["variants"] |= {COUNTED: "IBM model 1"}
    path.write_text(json.dumps(told))
    assert section(path).splitlines()[-1] == (
        "Without any network, IBM model 1, which counts what stands together, is right "
        "for 87.0%, AER 0.15."
    )
    assert section(path).splitlines()[: len(lines)] == lines
    both = [{f"{BOTH_WAYS} aer": error} for error in (0.07, 0.08)]
    rows += [
        {"variant": BOTH_WAYS, "seed": seed, "measured": each}
        for seed, each in enumerate(both, start=1)
    ]
    told["variants"] |= {BOTH_WAYS: "two"}
    path.write_text(json.dumps(told))
    last = section(path).splitlines()[-1]
    assert last.startswith(
        "**With a second Transformer that translates back**, AER 0.075 ± 0.007 (2 "
    )
