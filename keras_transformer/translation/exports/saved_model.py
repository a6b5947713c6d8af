"""A translator as a SavedModel: tokenizers, encoder, cached decoding in one graph."""

import pathlib

from keras_transformer.decoding.lengths import longest_translation
from keras_transformer.text.graph.saved_translation import save_translation
from keras_transformer.translation.translator import Translator

TIMES = 4
"""A text may be so many times as long as the longest training sentence."""


def write_saved_model(folder: pathlib.Path, translator: Translator) -> None:
    """Write what maps texts to translations, each text in one piece.

    Args:
        folder: Where to.
        translator: The translator; how it searches is kept.
    """
    decoder, model = translator.decoder, translator.model
    *shorter, last = decoder.lengths
    lengths = [*shorter, *(last * times for times in range(1, TIMES + 1))]
    longest = {n: longest_translation(n, decoder.length_ratio) for n in lengths}
    if getattr(model, "positions", None) == "learned":  # they end
        end = model.max_length
        longest = {n: most for n, most in longest.items() if max(n, most) <= end}

    def decode(source, limit):
        return decoder.method(model, source=source, max_length=limit).tokens[:, 0]

    tokenizers = translator.source_tokenizer, translator.target_tokenizer
    save_translation(folder, model, tokenizers, decode, longest)
