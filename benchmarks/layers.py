"""Multi-head attention alone, forward and backward, beside `keras.layers`."""

import keras
import numpy as np
from keras import ops

from benchmarks.timing import in_turns, milliseconds, ratios
from benchmarks.torch_models import attention_programs, layer_programs
from keras_transformer.attention import MultiHeadAttention

HEADS, HEAD_WIDTH = 8, 64
LENGTHS = {128: 8, 512: 8, 2048: 2, 8192: 1}  # positions: batch
USUAL = (128, 512, 2048)  # the longest takes minutes


def make(name: str):
    """A layer of each kind, of the same sizes."""
    if name == "ours":
        return MultiHeadAttention(HEADS, HEADS * HEAD_WIDTH)
    if name == "keras":
        return keras.layers.MultiHeadAttention(HEADS, HEAD_WIDTH)
    raise ValueError(f"the peers of a layer are keras and torch, got {name!r}")


def programs(name: str, x, xla: bool, causal: bool = False) -> dict:
    """Forward, and forward and backward, of self-attention; each returns when done.

    The gradient is that of a weighted sum of the output, by input and weights.

    Args:
        name: `ours`, or a peer.
        x: The sequence.
        xla: Whether XLA compiles, where there is the choice.
        causal: Whether no position sees those after it, told as each layer is told.
    """
    probe = np.random.default_rng(2).normal(size=x.shape).astype("float32")
    if name == "torch":
        return attention_programs(HEADS, x, probe, causal)
    layer, seen = make(name), {"use_causal_mask": True} if causal else {}
    layer(x[:1, :2], x[:1, :2])
    if keras.backend.backend() == "jax":
        return _jax_programs(layer, x, probe, seen)
    if keras.backend.backend() == "torch":
        weights = [weight.value for weight in layer.trainable_variables]
        return layer_programs(lambda x: layer(x, x, **seen), weights, x, probe)
    import tensorflow as tf

    x, probe = tf.constant(x), tf.constant(probe)

    @tf.function(jit_compile=xla)
    def forward(x):
        return layer(x, x, **seen)

    @tf.function(jit_compile=xla)
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            found = layer(x, x, **seen)
            total = tf.reduce_sum(tf.cast(found, probe.dtype) * probe)
        return tape.gradient(total, [x, *layer.trainable_weights])

    return {
        "forward": lambda: forward(x).numpy(),
        "forward and backward": lambda: [g.numpy() for g in both(x)],
    }


def about(causal: bool) -> dict:
    """What all rows share."""
    masked = {"mask": "causal"} if causal else {}
    return {"heads": HEADS, "head_width": HEAD_WIDTH, **masked}


def _jax_programs(layer, x, probe, seen):
    import jax

    weights = [weight.value for weight in layer.trainable_variables]
    rest = [weight.value for weight in layer.non_trainable_variables]
    x, probe = ops.convert_to_tensor(x), ops.convert_to_tensor(probe)

    def output(x, weights):
        return layer.stateless_call(weights, rest, x, x, **seen)[0]

    def total(x, weights):
        return (output(x, weights) * probe).sum()

    forward = jax.jit(output)
    both = jax.jit(jax.grad(total, (0, 1)))
    return {
        "forward": lambda: jax.block_until_ready(forward(x, weights)),
        "forward and backward": lambda: jax.block_until_ready(both(x, weights)),
    }


def measure(
    peers: list[str], rounds: int, lengths=USUAL, causal: bool = False
) -> tuple[dict, list[dict]]:
    """Milliseconds of one layer, with and without XLA where there is the choice."""
    rows = []
    jitted = [True, False] if keras.backend.backend() == "tensorflow" else [True]
    for length in lengths:
        shape = (LENGTHS[length], length, HEADS * HEAD_WIDTH)
        x = np.random.default_rng(1).normal(size=shape).astype("float32")
        for xla in jitted:
            made = {n: programs(n, x, xla, causal) for n in ("ours", *peers)}
            for what in ("forward", "forward and backward"):
                taken = in_turns({name: p[what] for name, p in made.items()}, rounds)
                row = {
                    "positions": length,
                    "batch": shape[0],
                    "xla": xla,
                    "pass": what,
                    "milliseconds": milliseconds(taken),
                    "ratio": ratios(taken),
                }
                rows.append(row)
                print(row, flush=True)
    return {**about(causal), "rounds": rounds}, rows
