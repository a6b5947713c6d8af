"""What a model writes, whatever it reads.

Axes: `b` batch, `t` target position.
"""

from typing import Any

import numpy as np
from keras import ops

from keras_transformer.decoding import Greedy
from keras_transformer.decoding.batches import DecodingProgram


def written(
    model: Any, source: np.ndarray, max_length: int, method: Any = None
) -> np.ndarray:
    """What a model writes about each source, or after each prompt, ids `[b, t]`.

    `BatchDecoder` takes lists of tokens; here a source is any array, the batch first.

    Args:
        model: Any model with `start` and `step`.
        source: What it reads, the batch first.
        max_length: Most tokens, the end included.
        method: How it decodes, `Greedy()` by default.
    """
    method = method or Greedy()
    program = DecodingProgram(model, method, max_length)
    program.compile(jit_compile=False)
    numbers = method.inputs(range(len(source)), max_length)
    found = program.predict_on_batch({"source": source, **numbers})
    return ops.convert_to_numpy(found.tokens)[:, 0]
