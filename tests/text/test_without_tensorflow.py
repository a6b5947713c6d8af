"""The whole product where TensorFlow cannot be installed: trained, saved, used."""

import json
import os
import subprocess
import sys

import pytest
from installed import ROOT

from keras_transformer.text import Tokenizer

PROGRAM = """
import dataclasses, json, sys
sys.modules["tensorflow"] = sys.modules["tensorflow_text"] = None  # not to be had

import keras_transformer
from keras_transformer import corpora
from keras_transformer.course.studies import changed
from keras_transformer.system.extras import MissingExtra
from keras_transformer.translation.experiment import evaluate, train
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.translator import Translator

corpus = corpora.load("phrasebook")
splits = {name: pairs.take(300) for name, pairs in corpus.splits.items()}
corpus = dataclasses.replace(corpus, splits=splits)
recipe = changed(RECIPES["smoke"], epochs=1, batch_tokens=4096)
train(recipe, sys.argv[1], corpus, progress=False, say=lambda line: None)
translator = Translator.load(sys.argv[1])
scores = evaluate(translator, corpus.splits["test"].take(8), "en")
try:
    translator.source_tokenizer.encode_graph(["a"])
except MissingExtra as error:
    refused = str(error)
ids = translator.source_tokenizer.encode(json.loads(sys.argv[2]))
print(json.dumps({
    "ids": [row.tolist() for row in ids],
    "refused": refused,
    "translations": len(translator(["Ja.", ""])),
    "bleu": scores.bleu,
    "explained": len(translator.explain("Ja.").source),
}))
"""
TEXTS = ["Der Mann ruft „an“, oder?", "", "欢迎来 北京。", "ǅ 😀é a\u0301 ½"]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    folder = tmp_path_factory.mktemp("product") / "run"
    environment = {"KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    environment |= {"PYTHONIOENCODING": "utf-8"}
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), json.dumps(TEXTS)],
        env=os.environ | environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stderr
    return folder, json.loads(result.stdout.splitlines()[-1])


def test_a_translator_is_trained_measured_and_explained(told):
    _, found = told
    assert found["translations"] == 2 and found["explained"] >= 1
    assert 0 <= found["bleu"] <= 100


def test_its_vocabulary_gives_the_same_ids_here(told):
    folder, found = told
    (place,) = {path.parent for path in folder.rglob("vocabulary.txt")}
    tokenizer = Tokenizer.load(place)
    assert [ids.tolist() for ids in tokenizer.encode(TEXTS)] == found["ids"]


def test_what_needs_the_graph_names_the_extra(told):
    assert told[1]["refused"] == (
        "keras_transformer.text.graph needs the extra tensorflow: "
        "pip install 'keras-transformer-course[tensorflow]'"
    )
