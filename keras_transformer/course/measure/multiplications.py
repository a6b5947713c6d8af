"""How many numbers a translator multiplies: a cost that no machine changes.

Axes: `s` source positions, `t` target positions, `d` width, `u` units of a GRU.
"""

from typing import Any

from keras_transformer.training import LengthBuckets
from keras_transformer.translation.model_configs import ModelConfig

TRAINING = 3
"""A step of training for each forward pass: it, and two products as large as each of
its own, for the gradients of what was multiplied."""


def forward(config: ModelConfig, vocabulary: int, source: int, target: int) -> int:
    """Multiplications of the matrix products in a forward pass over one pair.

    ```
    projections     positions · inputs · outputs
    attention       2 · s · t · d       scores, and contexts
    GRU             positions · 3 · u · (inputs + u)
    ```

    What is not a matrix product, as a norm or a rotation, is not counted: it is some
    hundred times less.

    Args:
        config: A Transformer, or GRUs with dot products or additive attention in
            Bahdanau's wiring.
        vocabulary: Size of the target vocabulary.
        source: Source positions, padding included.
        target: Target positions, padding included.

    Raises:
        ValueError: If the model is another one.

    Example:
        >>> from keras_transformer.translation.model_configs import TransformerConfig
        >>> sizes = {"width": 2, "num_layers": 1, "num_heads": 1, "hidden_width": 3}
        >>> forward(TransformerConfig(**sizes), vocabulary=5, source=1, target=1)
        94
    """
    s, t, d = source, target, config.width
    if config.kind == "transformer":
        block = 4 * d * d + 2 * d * config.hidden_width
        encoder = s * block + 2 * s * s * d
        cross = 2 * (s + t) * d * d + 2 * s * t * d
        decoder = t * block + 2 * t * t * d + cross
        return config.num_layers * (encoder + decoder) + t * d * vocabulary
    scores = ("dot", "scaled_dot", "additive")
    known = config.context == "attention" and config.wiring == "bahdanau"
    if not known or config.score not in scores:
        raise ValueError(
            "multiplications are known of Transformers and of GRUs that look and then "
            f"step, with a score of {', '.join(scores)}, got {config}"
        )
    u = config.units
    encoder = s * 2 * _gru(d, u // 2) + u * u
    decoder = t * (_gru(d + u, u) + (2 * u + d) * d) + 2 * s * t * u
    if config.score == "additive":
        decoder += (s + t) * u * u
    return encoder + decoder + t * d * vocabulary


def _gru(inputs, units):
    return 3 * units * (inputs + units)


def of_a_pass(config: ModelConfig, vocabulary: int, batches: LengthBuckets) -> int:
    """Multiplications of a pass of training over batches, padding included.

    Args:
        config: As of `forward`.
        vocabulary: Size of the target vocabulary.
        batches: The batches.
    """

    def one(length: Any) -> int:
        rows = batches.batch_size(length)
        return rows * forward(config, vocabulary, length, length)

    return TRAINING * sum(one(length) for length, _ in batches.order(0))
