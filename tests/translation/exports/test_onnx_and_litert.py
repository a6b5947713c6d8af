"""ONNX and LiteRT say what we say, in a process with neither our code nor Keras."""

import os
import pathlib
import runpy
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_transformer import corpora
from keras_transformer.attention import Additive, Attention
from keras_transformer.decoding import BatchDecoder
from keras_transformer.models import Transformer
from keras_transformer.models.recurrent import RecurrentSeq2Seq
from keras_transformer.text import Tokenizer
from keras_transformer.tokens import END, padded
from keras_transformer.translation.exports.export import export
from keras_transformer.translation.exports.litert_model import litert_model
from keras_transformer.translation.exports.onnx_model import onnx_models

SIZE = 53
GUIDE = pathlib.Path(__file__).parents[3] / "docs" / "guides" / "greedy.py"
FORMS = ("onnx", "litert")
MODELS = {
    "transformer": lambda: Transformer(
        *(SIZE, SIZE, 16, 1, 4, 24),
        **{"positions": "vectors", "norm": "post", "num_key_value_heads": 2},
        **{"tie_output": False, "head_gates": True, "gated": True},
    ),
    "recurrent": lambda: RecurrentSeq2Seq(
        *(SIZE, SIZE, 8, 8),
        **{"context": "attention", "attention": Attention(Additive(4))},
    ),
}


def drawn(model):
    """The model, its every weight, biases and gains included, drawn."""
    model.build()
    rng = np.random.default_rng(2)
    for weight in model.trainable_weights:
        value = keras.ops.convert_to_numpy(weight)
        weight.assign(value + rng.normal(0, 0.2, value.shape))
    return model


def write(form, model, folder):
    if form == "litert":
        (folder / "model.tflite").write_bytes(litert_model(model))
        return
    for name, each in onnx_models(model).items():
        (folder / f"{name}.onnx").write_bytes(each.SerializeToString())


@pytest.fixture(scope="module")
def guide():
    return runpy.run_path(str(GUIDE))


@pytest.mark.parametrize(
    ("form", "kind"),
    [("onnx", "transformer"), ("litert", "transformer"), ("onnx", "recurrent")],
)
def test_logits_are_ours_for_any_batch_and_length(form, kind, guide, tmp_path):
    model = drawn(MODELS[kind]())
    write(form, model, tmp_path)
    run, rng = guide["opened"](tmp_path), np.random.default_rng(3)
    for rows, length, room in ((3, 7, 6), (1, 12, 4)):
        lengths = rng.integers(1, length, rows)
        source = padded([[*rng.integers(END + 1, SIZE, n), END] for n in lengths])
        ours = model.start(source, room)
        theirs = run("start", {"source": source, "room": np.array(room, "int32")})
        for _ in range(room):
            tokens = rng.integers(1, SIZE, rows).astype("int32")
            wanted, ours = model.step(tokens, ours)
            changed = run("step", {"tokens": tokens, **theirs})
            np.testing.assert_allclose(changed.pop("logits"), wanted, atol=2e-5)
            theirs |= {name.removeprefix("new_"): x for name, x in changed.items()}


ALONE = """
import runpy, sys

sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
assert not {"keras", "keras_transformer", "tensorflow"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def phrases():
    """A model of learned positions, phrasebook sentences, what it makes of them."""
    texts = corpora.load("phrasebook").splits["test"].source[:120]
    tokenizer = Tokenizer.learn(texts, 300)
    size = len(tokenizer.vocabulary)
    options = {"positions": "learned", "max_length": 96, "tie_output": False}
    model = drawn(Transformer(size, size, 16, 2, 4, 24, seed=1, **options))
    ids = [each.tolist() for each in tokenizer.encode(texts)]
    assert max(map(len, ids)) < 96
    decoder = BatchDecoder(
        model, lengths=(96,), length_ratio=0.25, xla=False, threads=1
    )
    return model, ids, [each.tolist() for each in decoder(ids)]


@pytest.mark.parametrize("form", FORMS)
def test_a_process_without_our_code_says_the_same_token_for_token(
    form, phrases, tmp_path
):
    model, ids, wanted = phrases
    assert len({*map(tuple, wanted)}) > 20
    write(form, model, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(GUIDE), str(tmp_path), "32"],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        input="\n".join(" ".join(map(str, each)) for each in ids),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = [[int(each) for each in line.split()] for line in done.stdout.splitlines()]
    assert found == wanted


@pytest.mark.parametrize("form", FORMS)
def test_a_folder_holds_the_model_the_vocabularies_and_the_recipe(
    form, smoke_folder, translator, guide, tmp_path
):
    out = export(smoke_folder, form, tmp_path / "out")
    files = {"onnx": {"start.onnx", "step.onnx"}, "litert": {"model.tflite"}}[form]
    names = {each.name for each in out.iterdir()}
    assert names == files | {"recipe.json", "tokenizer", "versions.json"}
    ids = translator.source_tokenizer.encode(["Der Mann sieht einen Hund."])
    (found,) = guide["greedy"](guide["opened"](out), [ids[0].tolist()], 64)
    wanted = translator.decoder(ids)[0].tolist()
    assert found[: len(wanted)] == wanted


def test_litert_refuses_recurrent_models_by_name(tmp_path):
    model = drawn(MODELS["recurrent"]())
    with pytest.raises(
        ValueError, match=r"no form for model RecurrentSeq2Seq \(Tensor"
    ):
        write("litert", model, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", FORMS)
def test_other_numbers_are_refused(form, tmp_path):
    model = Transformer(SIZE, SIZE, 16, 1, 2, 24, dtype="mixed_bfloat16")
    model.build()
    with pytest.raises(ValueError, match=r"computes in float32, got .*mixed_bfloat16"):
        write(form, model, tmp_path)
    assert list(tmp_path.iterdir()) == []
