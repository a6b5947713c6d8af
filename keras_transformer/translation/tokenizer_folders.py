"""The vocabularies of a translator, in its folder."""

import pathlib

from keras_transformer.text import Tokenizer
from keras_transformer.training.identity import differences
from keras_transformer.translation.recipes import Recipe
from keras_transformer.translation.run_folder import TOKENIZERS, VOCABULARY
from keras_transformer.translation.weights import fingerprint


def save_tokenizers(folder: pathlib.Path, source: Tokenizer, target: Tokenizer) -> None:
    """Write the vocabularies: one folder a language, or one for both."""
    shared, *languages = (folder / name for name in TOKENIZERS)
    stale = languages if source is target else [shared]
    for other in stale:
        (other / VOCABULARY).unlink(missing_ok=True)
    if source is target:
        source.save(shared)
    else:
        source.save(languages[0])
        target.save(languages[1])


def load_tokenizers(folder: pathlib.Path) -> tuple[Tokenizer, Tokenizer]:
    """Read what `save_tokenizers` wrote."""
    shared, source, target = (folder / name for name in TOKENIZERS)
    if (shared / VOCABULARY).is_file():
        tokenizer = Tokenizer.load(shared)
        return tokenizer, tokenizer
    return Tokenizer.load(source), Tokenizer.load(target)


def require_text_of(
    folder: pathlib.Path, recipe: Recipe, *tokenizers: Tokenizer
) -> None:
    """Refuse vocabularies of other text than a recipe's.

    Raises:
        ValueError: Naming the fields that differ.
    """
    for tokenizer in tokenizers:
        options = tokenizer.get_config()
        del options["pieces"]
        wanted = {name: getattr(recipe.text, name) for name in options}
        if fields := differences(options, wanted):
            raise ValueError(
                f"{folder} holds a vocabulary of other text than its recipe: "
                f"{', '.join(fields)}; put that back, or train anew"
            )


def fingerprints(source: Tokenizer, target: Tokenizer) -> dict[str, str]:
    """What `weights.vocabularies_on_disk` finds where these two are saved."""
    both = {"source": source, "target": target}
    return {side: fingerprint(each.vocabulary) for side, each in both.items()}
