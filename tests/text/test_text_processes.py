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

LOADER = """
import json, sys
import tensorflow as tf
import tensorflow_text
module = tf.saved_model.load(sys.argv[1])
texts = json.loads(sys.argv[2])
ids = module.encode(tf.constant(texts))
back = [text.decode() for text in module.decode(ids).numpy()]
assert "keras_transformer" not in sys.modules
print(json.dumps([ids.to_list(), back]))
"""

LEARNER = """
import sys
from keras_transformer.text import Tokenizer
tokenizer = Tokenizer.learn(["Ich rufe dich an, Jörg!", "Rufst du mich an?"] * 2, 320)
print(*tokenizer.vocabulary[261:], sep="\\n")
"""


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.learn(["Ich rufe an, (ja)! 北京"] * 2, 400, case="lower")


def run(code, *arguments, **environment):
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **environment},
        capture_output=True,
        check=False,
        encoding="utf-8",
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_an_exported_graph_needs_neither_package_nor_locale(tokenizer, tmp_path):
    module = tf.Module()
    module.encode = tf.function(
        tokenizer.encode_graph, input_signature=[tf.TensorSpec([None], tf.string)]
    )
    module.decode = tf.function(
        tokenizer.decode_graph,
        input_signature=[tf.RaggedTensorSpec([None, None], tf.int32)],
    )
    tf.saved_model.save(module, str(tmp_path))
    # In Turkish, ICU lower-cases I to ı.
    turkish = {"LC_ALL": "tr_TR.UTF-8", "PYTHONIOENCODING": "utf-8"}
    ids, back = json.loads(
        run(LOADER, str(tmp_path), json.dumps(TEXTS), **turkish).splitlines()[-1]
    )
    assert ids == [row.tolist() for row in tokenizer.encode(TEXTS)]
    assert back == tokenizer.normalize(TEXTS)
    assert back[0] == "ich rufe an!"


def test_learning_does_not_depend_on_the_hash_seed():
    first, second = (
        run(LEARNER, PYTHONHASHSEED=seed, PYTHONIOENCODING="utf-8")
        for seed in ("1", "2")
    )
    assert first == second
    assert "##f" in first.splitlines()
