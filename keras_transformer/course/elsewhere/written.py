"""What a model writes, whatever it reads.

Axes: `b` batch, `t` target position.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_transformer.decoding import Sample
from keras_transformer.decoding.batches import DecodingProgram
from keras_transformer.tokens import END, PADDING, START


def written(model: Any, source: np.ndarray, max_length: int) -> np.ndarray:
    """What a model writes about each source, at each step the likeliest token.

    The decoders of `decoding` know by a source's tokens which sentences are empty; here
    a source is any array.

    Args:
        model: Any model with `start` and `step`.
        source: What it reads, the batch first.
        max_length: Most tokens, the end included.

    Returns:
        Ids `[b, max_length]`, padding after the end.
    """
    state = model.start(ops.convert_to_tensor(source), max_length)
    said = [np.full(len(source), START, "int32")]
    ended = np.zeros(len(source), bool)
    for _ in range(max_length):
        logits, state = model.step(ops.convert_to_tensor(said[-1]), state)
        best = ops.convert_to_numpy(logits).argmax(axis=-1).astype("int32")
        said.append(np.where(ended, PADDING, best))
        ended |= best == END
    return np.stack(said[1:], axis=1)


def drawn(
    model: Any, prompts: np.ndarray, count: int, seed: int, temperature: float = 1.0
) -> np.ndarray:
    """What a language model draws after each prompt.

    Args:
        model: A `LanguageModel`.
        prompts: Ids `[b, s]`.
        count: How many tokens.
        seed: Seed of the draws.
        temperature: Sharper below 1.

    Returns:
        Ids `[b, count]`.
    """
    method = Sample(temperature=temperature, seed=seed)
    program = DecodingProgram(model, method, count)
    program.compile(jit_compile=False)
    numbers = method.inputs(range(len(prompts)), count)
    found = program.predict_on_batch({"source": prompts, **numbers})
    return ops.convert_to_numpy(found.tokens)[:, 0]
