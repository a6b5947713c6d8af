"""The folder of an export, and the translator that runs on it."""

import json
import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_transformer.decoding import Beam, Greedy, MaxLength, Sample
from keras_transformer.translation.exports import export as exporting
from keras_transformer.translation.exports import saved_model
from keras_transformer.translation.exports.export import export
from keras_transformer.translation.n_best import NBest
from keras_transformer.translation.translator import Translator

TEXTS = [
    "Der Mann sieht einen Hund.",
    "",
    "Das Kind malt Brot, oder?",
    "😀 你好 x",
    "Die Frau kennt das Haus. " * 30,
]


@pytest.fixture(scope="module")
def exported(smoke_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("exports") / "ct2"
    return export(smoke_folder, "ctranslate2", out)


@pytest.fixture(scope="module")
def engines(smoke_folder, exported):
    """A translator whose engine reads the export, and one that is given the weights."""
    return [
        Translator.load(each, engine="ctranslate2") for each in (exported, smoke_folder)
    ]


def test_an_engine_translates_as_keras_does(translator, engines):
    wanted = translator(TEXTS)
    assert any(wanted)
    for engine in engines:
        assert engine(TEXTS) == wanted
        assert engine(TEXTS[:1], whole=True) == translator(TEXTS[:1], whole=True)


def test_a_beam_has_the_same_ranking_and_scores(translator, engines):
    texts = [text for text in TEXTS if text]
    wanted = NBest(translator, 3)(texts)
    for engine in engines:
        for ours, found in zip(wanted, NBest(engine, 3)(texts), strict=True):
            assert [each.text for each in found] == [each.text for each in ours]
            if ours[0].score is not None:
                scores = [[each.score for each in side] for side in (found, ours)]
                np.testing.assert_allclose(*scores, atol=1e-4)


def test_scores_of_a_greedy_search_are_ours(translator, engines):
    ids = translator.source_tokenizer.encode(TEXTS[:1])
    wanted = translator.using(Greedy(scored=True)).decoder.hypotheses(ids)[0][0].score
    found = engines[0].using(Greedy(scored=True)).decoder.hypotheses(ids)[0][0].score
    assert wanted < 0
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.parametrize("method", [Sample(seed=1), Beam(constraints=(MaxLength(3),))])
def test_another_search_is_refused(engines, method):
    with pytest.raises(ValueError, match=r"searches by Greedy\(\) or Beam"):
        engines[0].using(method)


def test_a_sentence_beyond_all_positions_is_refused(engines):
    with pytest.raises(ValueError, match="has positions for 4096 tokens, got"):
        engines[0](["x " * 5000], whole=True)


def test_an_export_explains_nothing_and_the_trained_folder_does(engines):
    alone, with_model = engines
    with pytest.raises(ValueError, match="needs the folder that was trained"):
        alone.explain(TEXTS[0])
    explained = with_model.explain(TEXTS[0])
    assert explained.cross is not None
    assert explained.translation == with_model(TEXTS[:1])[0]


def test_keras_does_not_load_an_export(exported):
    with pytest.raises(FileNotFoundError, match="export: take the engine ctranslate2"):
        Translator.load(exported)


def test_there_are_two_engines(smoke_folder):
    with pytest.raises(ValueError, match="one of keras, ctranslate2, got 'onnx'"):
        Translator.load(smoke_folder, engine="onnx")


# What is written


def test_a_folder_that_is_there_is_left_alone(smoke_folder, tmp_path):
    (tmp_path / "note").write_text("mine")
    with pytest.raises(ValueError, match="a new folder is needed, got"):
        export(smoke_folder, "ctranslate2", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_what_fails_leaves_nothing(smoke_folder, tmp_path, monkeypatch):
    def half(translator, quantization):
        def write(folder):
            (folder / "model.bin").write_bytes(b"half")
            raise OSError("the disk is full")

        return write

    monkeypatch.setitem(exporting._WRITERS, "ctranslate2", half)
    with pytest.raises(OSError, match="the disk is full"):
        export(smoke_folder, "ctranslate2", tmp_path / "new" / "out")
    assert list(tmp_path.iterdir()) == []


def test_only_ctranslate2_quantises(smoke_folder, tmp_path):
    with pytest.raises(ValueError, match="quantization is for ctranslate2, got it wit"):
        export(smoke_folder, "keras", tmp_path / "out", quantization="int8")
    assert list(tmp_path.iterdir()) == []


# Other forms

SAVED = """
import json, sys
import tensorflow as tf
import tensorflow_text

module = tf.saved_model.load(sys.argv[1])
texts = json.loads(sys.argv[2])
found = [text.decode() for text in module.serve(tf.constant(texts)).numpy()]
alone = [module.serve(tf.constant([text])).numpy()[0].decode() for text in texts]
none = module.serve(tf.constant([], tf.string)).numpy().tolist()
try:
    module.serve(tf.constant(["x " * 500]))
    refused = ""
except tf.errors.InvalidArgumentError as error:
    refused = error.message
assert "keras_transformer" not in sys.modules
print(json.dumps([found, alone, none, refused]))
"""


def in_a_process(code, folder, *arguments, **variables):
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**kept, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("beam", [1, 3])
def test_a_saved_model_goes_from_text_to_text_without_our_code(
    smoke_folder, tmp_path, monkeypatch, beam
):
    load = Translator.load
    monkeypatch.setattr(Translator, "load", lambda folder: load(folder, beam=beam))
    monkeypatch.setattr(saved_model, "TIMES", 2)  # each length is a program to trace
    out = export(smoke_folder, "savedmodel", tmp_path / "saved")
    texts = [*TEXTS[:4], "Die Frau kennt das Haus. " * 3]
    wanted = load(smoke_folder, beam=beam)(texts, whole=True)
    told = json.dumps(texts)
    found, alone, none, refused = in_a_process(SAVED, tmp_path, str(out), told)
    assert found == alone == wanted
    assert any(wanted) and none == []
    assert "a text may have 39 tokens, got" in refused


KERAS = """
import json, sys
import keras
import numpy as np
import keras_transformer

model = keras.saving.load_model(sys.argv[1])
inputs = {k: np.array(v) for k, v in json.loads(sys.argv[2]).items()}
print(json.dumps(np.asarray(model(inputs)).tolist()))
"""


def test_the_file_of_keras_is_the_model_on_another_backend(
    translator, smoke_folder, tmp_path
):
    out = export(smoke_folder, "keras", tmp_path / "keras")
    ids = translator.source_tokenizer.encode(TEXTS[:1])[0].tolist()
    inputs = {"source": [[*ids, 2]], "target": [[1, *ids]]}
    root = str(pathlib.Path(__file__).parents[3])
    variables = {"KERAS_BACKEND": "jax", "PYTHONPATH": root}
    path = str(out / "model.keras")
    found = in_a_process(KERAS, tmp_path, path, json.dumps(inputs), **variables)
    wanted = translator.model({k: np.array(v) for k, v in inputs.items()})
    wanted = keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
