import json

from keras_transformer.course.experiments.longer_sentences import ASKED, LONGER, MODELS
from keras_transformer.course.scoreboard.longer import COMMAND, section


class Phrasebook:
    """Stands for what single pairs reach."""

    def values(self, name, split, figure):
        assert name in MODELS and figure == "bleu"
        return [90.0, 92.0] if split == "test" else [40.0, 42.0]


def test_what_is_not_measured_names_its_command(tmp_path):
    told = section(tmp_path / "none.json", Phrasebook())
    assert told == f"Not measured yet (`{COMMAND}`).\n"


def test_each_model_is_compared_with_itself_on_single_pairs(tmp_path):
    rows = [
        {"variant": name, "seed": seed, "measured": {f"bleu_{a}": bleu for a in ASKED}}
        for name in (*MODELS, LONGER[0])
        for seed, bleu in ((1, 70.0), (2, 71.0))
    ]
    told = {"title": "", "command": "", "variants": MODELS, "rows": rows}
    path = tmp_path / "stored.json"
    path.write_text(json.dumps(told))
    lines = section(path, Phrasebook()).splitlines()
    title = MODELS["transformer"]
    assert lines[1] == (
        f"- **{title}, pairs joined**: worse on phrasebook (70.5 against 91.0), "
        "better on longer (70.5 against 41.0), as far as 2 seeds can say."
    )
    row = "91.0 ± 1.4 | 70.5 ± 0.7 | 41.0 ± 1.4 | 70.5 ± 0.7"
    assert f"| {title} | {row} | 2 |" in lines
    assert lines[-1] == f"| {LONGER[1]} | – | 70.5 ± 0.7 | – | 70.5 ± 0.7 | 2 |"
    assert len(lines) == 2 * len(MODELS) + 4
