"""The stacks of a model: blocks that are given their parts.

The parts come from functions that hold the numbers of one model, see `makers`, and are
called with what is left to say: a name, a seed, and layers of an attention's own.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.models.block import Block
from keras_transformer.models.feed_forward import FeedForward
from keras_transformer.models.nested import deserialized
from keras_transformer.models.position_kinds import inner_positions
from keras_transformer.randomness.seeds import copies, spread_seed


def makers(model: Any) -> dict[str, Any]:
    """What makes the parts of the blocks of a model, as `make_block` takes it.

    Args:
        model: A model, or a backbone, with its numbers as attributes.
    """
    options = {"dtype": model.dtype_policy}
    heads, groups = model.num_heads, model.num_key_value_heads
    return {
        "positions": partial(
            inner_positions, model.positions, heads, model.max_length, **options
        ),
        "attention": partial(
            MultiHeadAttention,
            heads,
            model.width,
            num_key_value_heads=groups,
            dropout=model.attention_dropout,
            head_gates=getattr(model, "head_gates", False),
            **options,
        ),
        "feed_forward": partial(
            FeedForward,
            model.width,
            model.hidden_width,
            model.activation,
            model.hidden_dropout,
            gated=model.gated,
            **options,
        ),
        "block": partial(
            Block,
            norm=model.norm,
            normalization=model.patterns.normalization,
            parallel=getattr(model, "parallel", False),
            **options,
        ),
        "dropout": model.dropout,
    }


def both_stacks(
    count: int, seed: int | None, patterns: Any, stack: Callable, **make: Any
) -> list[Any]:
    """Encoder and decoder.

    Args:
        count: Blocks in each.
        seed: Seed of the first block, the others have those after it; or `None`.
        patterns: The layers that every attention gets copies of, by argument.
        stack: Makes a stack from its blocks.
        **make: What makes the parts, see `make_block`.
    """
    own = own_parts(2 * count, **patterns)
    second = None if seed is None else seed + count
    return [
        one_stack(own[:count], seed, partial(stack, name="encoder"), **make),
        one_stack(
            own[count:], second, partial(stack, name="decoder"), True, True, **make
        ),
    ]


def one_stack(
    own: list[dict[str, Any]],
    seed: int | None,
    stack: Callable,
    causal: bool = False,
    reads_memory: bool = False,
    **make: Any,
) -> Any:
    """Blocks in a row.

    Args:
        own: For each block the layers that its attentions get copies of, by argument.
        seed: Seed of the first block, the others have those after it; or `None`.
        stack: Makes a stack from its blocks.
        causal: See `make_block`.
        reads_memory: See `make_block`.
        **make: What makes the parts, see `make_block`.
    """
    blocks = []
    for place, patterns in enumerate(own):
        number = None if seed is None else seed + place
        name = f"block_{place}"
        blocks.append(make_block(causal, reads_memory, number, name, patterns, **make))
    return stack(blocks)


def make_block(
    causal: bool,
    reads_memory: bool,
    seed: int | None,
    name: str,
    patterns: Any,
    positions: Any,
    attention: Any,
    feed_forward: Any,
    block: Any,
    dropout: float,
) -> Any:
    """A block of an encoder, of a decoder, or of a language model.

    Args:
        causal: Whether later positions are hidden.
        reads_memory: Whether it has a second attention.
        seed: Seed of its dropouts, or `None`.
        name: Name of the block.
        patterns: The layers that each attention gets copies of, by argument.
        positions: Makes the positions inside a self-attention, or `None`.
        attention: Makes an attention.
        feed_forward: Makes a feed-forward network.
        block: Makes a block from its parts.
        dropout: Dropout after each sub-layer.
    """
    own = own_parts(1 + reads_memory, **patterns, positions=positions(causal=causal))
    sublayers = [("self_attention", attention, own[0])]
    if reads_memory:
        # A position of the target has no distance to one of the source.
        across = {**own[1], "positions": None}
        sublayers.append(("cross_attention", attention, across))
    sublayers.append(("feed_forward", feed_forward, {}))
    seeds, parts, after = iter(spread_seed(seed, 6)), {}, []
    for part, make, given in sublayers:
        parts[part] = make(**given, seed=next(seeds), name=part)
        residual = next(seeds)
        if residual is None and dropout:
            # As an unseeded dropout draws its seed, but in turn with the parts: the
            # block makes its dropouts when it has all of them.
            residual = random.randint(1, 10**9)
        after.append(residual)
    return block(**parts, dropout=dropout, seed=after, name=name)


def with_patterns(config: dict[str, Any]) -> dict[str, Any]:
    """The config of a model, the layers that are patterns made from plain data.

    Args:
        config: What `get_config` returned; an old one knows fewer patterns.
    """
    names = ("score", "weighting", "normalization")
    return {**config, **{name: deserialized(config.get(name)) for name in names}}


def own_parts(count: int, **patterns: Any) -> list[dict[str, Any]]:
    """Layers for several attentions, of which no two share a weight or a draw.

    Args:
        count: Number of attentions.
        **patterns: The layers to copy, each by the argument that it is for, or `None`.

    Returns:
        A dict of arguments for each attention.
    """
    made = {name: copies(layer, count) for name, layer in patterns.items()}
    return [{name: own[i] for name, own in made.items()} for i in range(count)]
