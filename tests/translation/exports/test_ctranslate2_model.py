"""The same numbers in CTranslate2, or a refusal that names what it lacks."""

import json
import os
import subprocess
import sys

import ctranslate2
import keras
import numpy as np
import pytest

from keras_transformer.attention import Additive, Dot, TopK
from keras_transformer.models import Transformer
from keras_transformer.models.recurrent import RecurrentSeq2Seq
from keras_transformer.tokens import END, START, padded
from keras_transformer.translation.exports.ctranslate2_model import specification

SIZE = 53
PIECES = [f"piece {place}" for place in range(SIZE)]

KINDS = {
    **{
        name: {"positions": name}
        for name in (
            "sinusoidal",
            "learned",
            "rotary",
            "rotary_half",
            "rotary_ntk",
            "relative",
            "vectors",
            "none",
        )
    },
    "post": {"norm": "post"},
    "grouped": {"num_key_value_heads": 2},
    "grouped rotary": {"num_key_value_heads": 1, "positions": "rotary"},
    "dot": {"score": Dot()},
    "dot and vectors": {"score": Dot(), "positions": "vectors"},
    "untied": {"tie_output": False},
    "shared": {"share_embeddings": True},
    "gelu": {"activation": "gelu"},
    "silu": {"activation": "silu"},
}


def made(**options):
    """A model whose every weight, biases and gains included, is drawn."""
    model = Transformer(
        SIZE, SIZE, 16, 2, 4, 24, seed=1, max_length=64, dropout=0.0, **options
    )
    model.build()
    rng = np.random.default_rng(2)
    for weight in model.trainable_weights:
        value = keras.ops.convert_to_numpy(weight)
        weight.assign(value + rng.normal(0, 0.2, value.shape))
    return model


def sentences(seed):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 40, 6)
    return [rng.integers(END + 1, SIZE, length).tolist() for length in lengths]


def said(ids):
    return [PIECES[place] for place in ids]


def log_probabilities(model, sources, targets):
    """What our model gives each token and the end, the words alone being possible."""
    inputs = {
        "source": padded([[*ids, END] for ids in sources]),
        "target": padded([[START, *ids] for ids in targets]),
    }
    logits = keras.ops.convert_to_numpy(model(inputs)).astype("float64")
    logits[..., :END] = -np.inf
    total = np.log(np.exp(logits).sum(-1, keepdims=True))
    return [
        [(row - sums)[place, token] for place, token in enumerate([*ids, END])]
        for row, sums, ids in zip(logits, total, targets, strict=True)
    ]


def theirs(folder, sources, targets):
    engine = ctranslate2.Translator(str(folder), intra_threads=1)
    scored = engine.score_batch(
        list(map(said, sources)), list(map(said, targets)), max_input_length=0
    )
    return [each.log_probs for each in scored]


@pytest.mark.parametrize("kind", KINDS)
def test_every_token_is_as_likely_as_with_us(kind, tmp_path):
    model, sources, targets = made(**KINDS[kind]), sentences(3), sentences(4)
    specification(model, PIECES, PIECES).save(str(tmp_path))
    wanted = log_probabilities(model, sources, targets)
    found = theirs(tmp_path, sources, targets)
    for ours, engines in zip(wanted, found, strict=True):
        np.testing.assert_allclose(engines, ours, atol=2e-4)


def test_eight_bits_change_little_and_take_a_quarter(tmp_path):
    model, sources, targets = made(), sentences(3), sentences(4)
    sizes, gaps = {}, {}
    wanted = log_probabilities(model, sources, targets)
    for numbers in ("float32", "int8"):
        (tmp_path / numbers).mkdir()
        specification(model, PIECES, PIECES, numbers).save(str(tmp_path / numbers))
        found = theirs(tmp_path / numbers, sources, targets)
        gaps[numbers] = np.abs(np.concatenate(found) - np.concatenate(wanted)).max()
        sizes[numbers] = (tmp_path / numbers / "model.bin").stat().st_size
    table = 4096 * 16 * 4  # the positions stay what they are
    assert sizes["int8"] - table < 0.5 * (sizes["float32"] - table)
    assert gaps["float32"] < 2e-4 < gaps["int8"] < 0.5


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"score": Additive(4)}, "score Additive"),
        ({"weighting": TopK(2)}, "weighting TopK"),
        ({"positions": "alibi"}, "positions alibi"),
        ({"norm": "both"}, "norm both"),
        ({"gated": True}, "gated True"),
        ({"head_gates": True}, "head_gates True"),
        ({"activation": "softplus"}, "activation softplus"),
        (
            {"normalization": keras.layers.RMSNormalization()},
            "normalization RMSNormalization",
        ),
        (
            {"score": Additive(4), "positions": "alibi"},
            "score Additive, positions alibi",
        ),
    ],
)
def test_what_it_cannot_express_is_named(options, named):
    with pytest.raises(ValueError, match=f"no form for {named}: the model cannot"):
        specification(made(**options), PIECES, PIECES)


def test_a_model_of_another_kind_is_named():
    model = RecurrentSeq2Seq(SIZE, SIZE, width=8, units=8)
    with pytest.raises(ValueError, match="no form for model RecurrentSeq2Seq"):
        specification(model, PIECES, PIECES)


@pytest.mark.filterwarnings("ignore:Layer .* does not have a `quantize`:UserWarning")
def test_quantised_weights_are_named():
    model = made()
    model.quantize("int8")
    with pytest.raises(ValueError, match="no form for quantization int8"):
        specification(model, PIECES, PIECES)


ALONE = """
import json, sys
import ctranslate2

folder, sources, most = json.loads(sys.argv[1])
engine = ctranslate2.Translator(folder)
found = engine.translate_batch(
    sources,
    beam_size=1,
    max_input_length=0,
    max_decoding_length=most,
    min_decoding_length=0,
)
assert not {"keras", "keras_transformer", "tensorflow"} & set(sys.modules)
print(json.dumps([each.hypotheses[0] for each in found]))
"""


def test_a_process_without_our_code_says_the_same_token_for_token(tmp_path):
    from keras_transformer.decoding import BatchDecoder

    model, sources = made(positions="relative"), sentences(5)
    specification(model, PIECES, PIECES).save(str(tmp_path))
    decoder = BatchDecoder(model, lengths=(40,), length_ratio=0.5, xla=False, threads=1)
    wanted = [said(ids) for ids in decoder(sources)]
    told = [str(tmp_path), list(map(said, sources)), int(0.5 * 40) + 8]
    done = subprocess.run(
        [sys.executable, "-c", ALONE, json.dumps(told)],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == wanted
