import json

from command_run import run


def test_evaluate_prints_and_writes_the_scores(capsys, smoke_folder, tmp_path):
    path = tmp_path / "results" / "smoke.json"
    code, output, errors = run(
        capsys, "evaluate", smoke_folder, "--splits", "test", "--output", path
    )
    assert code == 0 and f"{path} written" in errors
    assert output.startswith("test") and "BLEU" in output and "chrF" in output
    assert "tok:13a" in output
    result = json.loads(path.read_text())
    assert list(result["scores"]) == ["test"]
    assert result["recipe"] == json.loads((smoke_folder / "recipe.json").read_text())
    assert len(result["history"]) == 1
    assert result["parameters"] > 0 and result["device"]["cores"] >= 1


def test_an_unknown_split_is_refused(capsys, smoke_folder):
    code, _, errors = run(capsys, "evaluate", smoke_folder, "--splits", "tets")
    assert code == 1 and "got 'tets'" in errors
