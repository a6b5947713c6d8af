"""How much memory a recipe needs, before anything of it is made.

The estimates count what cannot be done without: a recipe that is refused would have
been killed by the system, or taken it down. One that passes may still need more.
"""

from typing import Any

from keras_transformer.system.devices import accelerated
from keras_transformer.system.memory import available
from keras_transformer.system.reading import sized
from keras_transformer.translation.recipes import Recipe

FLOAT = 4  # bytes


def weights(recipe: Recipe, sizes: tuple[int, int]) -> int:
    """The number of weights of a recipe's model, small parts left out.

    Args:
        recipe: The recipe.
        sizes: Sizes of the source and of the target vocabulary.
    """
    model, width = recipe.model, recipe.model.width
    embeddings = (max(sizes) if recipe.text.shared else sum(sizes)) * width
    if model.kind == "transformer":
        block = 4 * width**2 + 2 * width * model.hidden_width
        return embeddings + model.num_layers * (2 * block + 4 * width**2)
    units = model.units
    seen = model.context == "attention"  # what the decoder reads beside its input
    encoder = 3 * units * (width + units // 2) + units**2
    decoder = 3 * units * (width + units + seen * units) + units * width
    return embeddings + encoder + decoder


def to_train(recipe: Recipe, sizes: tuple[int, int]) -> dict[str, int]:
    """The bytes that training needs at least, by the settings that decide.

    Args:
        recipe: The recipe.
        sizes: Sizes of the source and of the target vocabulary.
    """
    model, training = recipe.model, recipe.training
    # Values, gradients, two moments, and the moving average.
    copies = 4 + (training.average > 0)
    positions = training.batch_tokens
    if model.kind == "transformer":
        scores = model.num_heads * training.lengths[0]
        batch = "training.batch_tokens or model.num_layers"
        kept = model.num_layers * (8 * model.width + 2 * model.hidden_width + scores)
    else:
        batch = "training.batch_tokens"
        kept = 8 * model.units
    return {
        _measures(recipe): FLOAT * copies * weights(recipe, sizes),
        batch: FLOAT * positions * (kept + sizes[1]),
    }


def to_decode(recipe: Recipe, sizes: tuple[int, int], beam: int) -> dict[str, int]:
    """The bytes that translating a batch needs at least, by the settings that decide.

    Args:
        recipe: The recipe.
        sizes: Sizes of the source and of the target vocabulary.
        beam: Hypotheses of a sentence.
    """
    decoding, model = recipe.decoding, recipe.model
    rows = decoding.batch_size * beam
    steps = decoding.length_ratio * recipe.training.lengths[0] + 8
    cached = 0
    if model.kind == "transformer":
        cached = 2 * model.num_layers * model.width * steps
    numbers = rows * (sizes[1] + 2 * min(beam, sizes[1]) + cached + steps)
    return {
        _measures(recipe): FLOAT * weights(recipe, sizes),
        "decoding.batch_size and decoding.beam": int(FLOAT * numbers),
    }


def require_memory(what: str, needed: dict[str, Any]) -> None:
    """Refuse what cannot be had. An accelerator has a memory of its own: there, pass.

    Args:
        what: What is to be done.
        needed: What `to_train` or `to_decode` said.

    Raises:
        ValueError: If it is more than there is; names the settings that need most.
    """
    total, room = sum(needed.values()), available()
    if room is None or total <= room or accelerated():
        return
    largest = max(needed, key=lambda name: needed[name])
    raise ValueError(
        f"{what} must fit into the memory that is free, {sized(room)}, got at least "
        f"{sized(total)}: lower {largest}, which takes {sized(needed[largest])}"
    )


def _measures(recipe):
    more = "num_layers" if recipe.model.kind == "transformer" else "units"
    return f"model.width, model.{more} or text.vocabulary_size"
