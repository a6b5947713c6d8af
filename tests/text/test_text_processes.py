"""What must hold in another process: an exported graph, another hash seed."""

import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from keras_transformer.text import Tokenizer

TEXTS = [
    "ICH RUFE AN!",
    "",
    "„İstanbul“, (Straße) 3.14",
    "欢迎来 北京。",
    "😀é a\u0301",
]

CHILD = """
import json, sys
import tensorflow as tf
import tensorflow_text
module = tf.saved_model.load(sys.argv[1])
texts = json.loads(sys.argv[2])
ids = module.encode(tf.constant(texts))
back = [text.decode() for text in module.decode(ids).numpy()]
assert "keras_transformer" not in sys.modules

from keras_transformer.text import Tokenizer
learned = Tokenizer.learn(json.loads(sys.argv[3]), 320).vocabulary
print(json.dumps([ids.to_list(), back, learned]))
"""
LEARNED = ["Ich rufe dich an, Jörg!", "Rufst du mich an?"] * 2


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.learn(["Ich rufe an, (ja)! 北京"] * 2, 400, case="lower")


@pytest.fixture(scope="module")
def child(tokenizer, tmp_path_factory):
    """What another process encodes, decodes and learns."""
    module = tf.Module()
    module.encode = tf.function(
        tokenizer.encode_graph, input_signature=[tf.TensorSpec([None], tf.string)]
    )
    module.decode = tf.function(
        tokenizer.decode_graph,
        input_signature=[tf.RaggedTensorSpec([None, None], tf.int32)],
    )
    folder = str(tmp_path_factory.mktemp("module"))
    tf.saved_model.save(module, folder)
    environment = {
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONIOENCODING": "utf-8",
        "LC_ALL": "tr_TR.UTF-8",  # in Turkish, ICU lower-cases I to ı
        "PYTHONHASHSEED": "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1",
    }
    result = subprocess.run(
        [sys.executable, "-c", CHILD, folder, json.dumps(TEXTS), json.dumps(LEARNED)],
        env=os.environ | environment,
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_an_exported_graph_needs_neither_package_nor_locale(tokenizer, child):
    ids, back, _ = child
    assert ids == tokenizer.encode_graph(tf.constant(TEXTS)).to_list()
    assert back == tokenizer.normalize(TEXTS)
    assert back[0] == "ich rufe an!"


def test_learning_does_not_depend_on_the_hash_seed(child):
    *_, there = child
    assert there == list(Tokenizer.learn(LEARNED, 320).vocabulary)
    assert "##f" in there
