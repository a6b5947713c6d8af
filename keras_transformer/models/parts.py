"""The stacks of a Transformer: blocks that are given their parts.

The parts come from functions that hold the numbers of one model, and are called with
what is left to say: a name, a seed, and layers of an attention's own.
"""

import random
from collections.abc import Callable
from typing import Any

from keras_transformer.randomness.seeds import copies, spread_seed


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

    def blocks(name, first):
        return [
            make_block(
                name == "decoder",
                None if seed is None else seed + place,
                f"block_{place - first}",
                own[place],
                **make,
            )
            for place in range(first, first + count)
        ]

    sides = (("encoder", 0), ("decoder", count))
    return [stack(blocks(name, first), name=name) for name, first in sides]


def make_block(
    is_decoder: bool,
    seed: int | None,
    name: str,
    patterns: Any,
    positions: Any,
    attention: Any,
    feed_forward: Any,
    block: Any,
    dropout: float,
) -> Any:
    """A block of the encoder or of the decoder.

    Args:
        is_decoder: Whether it is causal, and has a second attention.
        seed: Seed of its dropouts, or `None`.
        name: Name of the block.
        patterns: The layers that each attention gets copies of, by argument.
        positions: Makes the positions inside a self-attention, or `None`.
        attention: Makes an attention.
        feed_forward: Makes a feed-forward network.
        block: Makes a block from its parts.
        dropout: Dropout after each sub-layer.
    """
    own = own_parts(1 + is_decoder, **patterns, positions=positions(causal=is_decoder))
    sublayers = [("self_attention", attention, own[0])]
    if is_decoder:
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
