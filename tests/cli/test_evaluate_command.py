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


def test_every_pair_of_a_test_file_is_scored(capsys, smoke_folder, tmp_path):
    rows = [(f"Der Mann {n}.", f"The man {n}.") for n in range(10)]
    path = tmp_path / "own.tsv"
    path.write_text("".join(f"{s}\t{t}\n" for s, t in rows))
    code, output, _ = run(capsys, "evaluate", smoke_folder, "--corpus", path)
    assert code == 0 and output.startswith("test ") and "(10 sentences)" in output
    sides = (tmp_path / "s", tmp_path / "t", tmp_path / "t2")
    for side, lines in zip(
        sides, [*zip(*rows, strict=True), ["So."] * 10], strict=True
    ):
        side.write_text("".join(f"{line}\n" for line in lines))
    flags = ("--tokenize", "char", "--files", *sides)
    code, output, _ = run(capsys, "evaluate", smoke_folder, *flags)
    assert code == 0 and "(10 sentences)" in output
    assert "nrefs:2|" in output and "tok:char" in output


def test_files_and_a_corpus_are_not_both_scored(capsys, smoke_folder, tmp_path):
    both = ("--corpus", "phrasebook", "--files", tmp_path / "a", tmp_path / "b")
    for flags, message in (
        (both, "give a corpus or files, got both"),
        (("--files", tmp_path / "a"), "give a source and a reference, got one file"),
    ):
        code, _, errors = run(capsys, "evaluate", smoke_folder, *flags)
        assert code == 1 and message in errors
