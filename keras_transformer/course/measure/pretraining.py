"""A small encoder that guesses hidden words, and the classifier made of it."""

import keras
import numpy as np

from keras_transformer.course.measure.sentence_kinds import HIDDEN, each_word_hidden
from keras_transformer.models import Backbone, Classifier, MaskedLanguageModel
from keras_transformer.training import (
    MaskedTokens,
    PackedRows,
    TrainingConfig,
    compile_model,
)


def encoder(vocabulary: int, seed: int) -> Backbone:
    """An encoder of two layers, four heads and width 64, with random weights.

    Args:
        vocabulary: Number of tokens.
        seed: Seed of its weights.
    """
    keras.utils.set_random_seed(seed)
    return Backbone(vocabulary, 64, 2, 4, 128, dropout=0.0, seed=seed)


def pretrain(
    model: MaskedLanguageModel,
    text: list[list[int]],
    passes: int,
    seed: int,
    rate: float = 0.3,
    length: int = 32,
) -> keras.callbacks.History:
    """Let an encoder guess the hidden words of a text.

    Args:
        model: The model; it is compiled here.
        text: The ids of each sentence.
        passes: How often it reads the text.
        seed: Seed of what is hidden, and of the order.
        rate: Share of the words to guess.
        length: Tokens of a row, in which several sentences stand.
    """
    rows = PackedRows(text, length=length, batch_tokens=1024, seed=seed)
    data = MaskedTokens(rows, model.backbone.vocabulary, HIDDEN, rate, seed=seed)
    config = TrainingConfig(
        peak_learning_rate=6e-3, warmup_steps=100, label_smoothing=0.0
    )
    compile_model(model, config)
    return model.fit(data, epochs=passes, verbose=0)


def right_guesses(model: MaskedLanguageModel, sentences: list[list[int]]) -> float:
    """Share of hidden words that are guessed, one hidden at a time.

    Args:
        model: The model.
        sentences: The ids of each sentence.
    """
    read, place, hidden = each_word_hidden(sentences)
    said = model.predict(read, batch_size=512, verbose=0)
    return float(np.mean(said[np.arange(len(read)), place].argmax(1) == hidden))


def classifier(vocabulary: int, classes: int, seed: int) -> Classifier:
    """A classifier on such an encoder, with random weights.

    Args:
        vocabulary: Number of tokens.
        classes: Number of classes.
        seed: Seed of its weights.
    """
    model = Classifier(encoder(vocabulary, seed), classes, dropout=0.0)
    model.build()
    return model


def compiled(model: Classifier, learning_rate: float) -> Classifier:
    """The same classifier, ready to be tuned.

    Args:
        model: The classifier.
        learning_rate: Learning rate of Adam.
    """
    model.compile(
        keras.optimizers.Adam(learning_rate, global_clipnorm=1.0),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model
