"""Attention as others ship it, judged by the laws: what each layer holds and breaks.

`python -m ecosystem` in the folder `tests` judges what is installed here, keeps what
was stored of the rest, and writes `results/ecosystem_laws.json` and the page
`docs/ecosystem-laws.md` that is made from it.
"""

import dataclasses
import importlib.metadata
import json
import pathlib

import keras

from keras_transformer.attention import Additive, Attention, Dot
from keras_transformer.laws import LAWS, check
from keras_transformer.laws.adapters import (
    AdaptedDecoder,
    AdaptedEncoder,
    listed,
    torch_attention,
)

ROOT = pathlib.Path(__file__).parents[2]
RECORD = ROOT / "results" / "ecosystem_laws.json"
CRAFT = ("what_no_query_sees_may_be_nan",)
"""Of what a library owes its users, what is asked here too."""


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer of another package.

    Args:
        name: As its users write it.
        package: The distribution that it comes from.
        backend: The backend of Keras that it is judged on.
        like: What it is judged like.
        make: Makes it.
        note: What was arranged for it.
    """

    name: str
    package: str
    backend: str
    like: str
    make: object
    note: str = ""

    @property
    def is_here(self):
        """Whether it can be judged in this process."""
        try:
            importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return False
        return keras.backend.backend() == self.backend

    def judged(self):
        """Versions, what holds, what is broken with what was seen, and what is not."""
        report = check(self.make(), like=self.like, craft=True, show=False)
        asked = [v for v in report.verdicts if is_asked(v.law)]
        packages = dict.fromkeys(["keras", self.package, self.backend])
        return {
            "versions": {p: importlib.metadata.version(p) for p in packages},
            "held": [v.law for v in asked if v.outcome == "held"],
            "broken": {v.law: v.saw for v in asked if v.outcome == "broken"},
            "silent": {v.law: v.saw for v in asked if v.outcome == "not applicable"},
        }


def is_asked(name):
    return name not in LAWS or not LAWS[name].craft or name in CRAFT


def hub(name, **options):
    def make(**changes):
        import keras_hub

        return getattr(keras_hub.layers, name)(17, 3, **{**options, **changes})

    return make


def torch_heads(query, value, key, **options):
    import torch

    # One head for a width of 7, which is a prime.
    return torch.nn.MultiheadAttention(
        query, 7 if query == 7 else 1, kdim=key, vdim=value, batch_first=True, **options
    )


def fused(query, value, key=None, attention_mask=None):
    import torch

    key = value if key is None else key
    query, key, value = (torch.as_tensor(x) for x in (query, key, value))
    mask = None if attention_mask is None else torch.as_tensor(attention_mask)
    return torch.nn.functional.scaled_dot_product_attention(query, key, value, mask)


LAYERS = [
    Layer(
        "keras.layers.MultiHeadAttention",
        "keras",
        "tensorflow",
        "MultiHeadAttention",
        lambda: keras.layers.MultiHeadAttention(3, 4),
    ),
    Layer(
        "keras.layers.GroupQueryAttention",
        "keras",
        "tensorflow",
        "MultiHeadAttention",
        lambda: keras.layers.GroupQueryAttention(4, 6, 3),
    ),
    Layer(
        "keras.layers.Attention",
        "keras",
        "tensorflow",
        Attention(Dot()),
        lambda: listed(keras.layers.Attention()),
        "It scores by the dot product, without a root, and takes masks of whole keys.",
    ),
    Layer(
        "keras.layers.AdditiveAttention",
        "keras",
        "tensorflow",
        Attention(Additive(7)),
        lambda: listed(keras.layers.AdditiveAttention(use_scale=False)),
        "With `use_scale=False`, so that it has no weights; it takes masks of whole "
        "keys.",
    ),
    Layer(
        "keras_hub.layers.TransformerEncoder",
        "keras-hub",
        "tensorflow",
        "encoder_block",
        lambda: AdaptedEncoder(hub("TransformerEncoder"), dropout=0.0),
    ),
    Layer(
        "keras_hub.layers.TransformerDecoder",
        "keras-hub",
        "tensorflow",
        "decoder_block",
        lambda: AdaptedDecoder(hub("TransformerDecoder"), dropout=0.0),
    ),
    Layer(
        "torch.nn.MultiheadAttention",
        "torch",
        "torch",
        "MultiHeadAttention",
        lambda: torch_attention(torch_heads, dropout=0.0),
        "Its mask is turned over: there `True` hides.",
    ),
    Layer(
        "torch.nn.functional.scaled_dot_product_attention",
        "torch",
        "torch",
        "Attention",
        lambda: fused,
    ),
]


def recorded():
    """What was stored of each layer, by its name."""
    return json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
