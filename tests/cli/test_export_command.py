import dataclasses
import json

from command_run import run

from keras_transformer.translation.translator import Translator


def test_an_export_is_written_beside_the_folder_and_translates(
    capsys, translator, smoke_folder, tmp_path
):
    folder = tmp_path / "run"
    translator.save(folder)
    flags = ("--to", "ctranslate2", "--quantization", "int8")
    out = tmp_path / "run-ctranslate2-int8"
    assert run(capsys, "export", folder, *flags) == (0, "", f"{out} written\n")
    assert {path.name for path in out.iterdir()} == {
        "config.json",
        "model.bin",
        "recipe.json",
        "shared_vocabulary.json",
        "tokenizer",
        "versions.json",
    }
    text, engine = "Der Mann sieht einen Hund.", ("--engine", "ctranslate2")
    code, output, errors = run(capsys, "translate", out, text, *engine)
    assert (code, errors) == (0, "") and output.strip()
    code, _, errors = run(capsys, "export", folder, *flags)
    assert code == 1 and "a new folder is needed" in errors


def test_what_cannot_be_expressed_is_refused_and_nothing_written(
    capsys, translator, tmp_path
):
    recipe = translator.recipe
    config = dataclasses.replace(recipe.model, positions="alibi", weighting="sigmoid")
    recipe = dataclasses.replace(recipe, model=config)
    tokenizers = translator.source_tokenizer, translator.target_tokenizer
    sizes = [len(tokenizer.vocabulary) for tokenizer in tokenizers]
    model = config.make(*sizes, recipe.text, recipe.training)
    Translator(model, *tokenizers, recipe).save(tmp_path / "run")
    code, output, errors = run(
        capsys, "export", tmp_path / "run", "--to", "ctranslate2"
    )
    assert (code, output) == (1, "")
    assert "no form for weighting Sigmoid, positions alibi: the model" in errors
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_evaluate_takes_an_engine(capsys, smoke_folder, tmp_path):
    path = tmp_path / "scores.json"
    flags = ("--splits", "test", "--output", path)
    scores = {}
    for engine in ("keras", "ctranslate2"):
        path.unlink(missing_ok=True)
        run(capsys, "evaluate", smoke_folder, *flags, "--engine", engine)
        told = json.loads(path.read_text())
        assert told.get("engine", "keras") == engine
        scores[engine] = told["scores"]["test"]
        del scores[engine]["seconds"]
    assert scores["keras"] == scores["ctranslate2"]
