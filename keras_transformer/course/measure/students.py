"""A small translator that learns alone, and from a large one."""

from typing import Any, NamedTuple

import keras
import numpy as np

from keras_transformer.corpora import Pairs
from keras_transformer.course.measure import exported, smaller
from keras_transformer.course.studies import recipe, with_seed
from keras_transformer.text import Tokenizer
from keras_transformer.translation.scoring import evaluate
from keras_transformer.translation.translator import Translator

BUDGET = {"epochs": 24, "batch_tokens": 1024, "warmup_steps": 150, "average": 0.98}
LARGE = {"width": 64, "hidden_width": 128}
SMALL = {"width": 32, "num_layers": 1, "hidden_width": 64}
TIMES = 6  # how often BLEU is measured on the way


class Data(NamedTuple):
    """What translators learn from, are watched by and are judged by."""

    train: Pairs
    valid: Pairs
    test: Pairs


def untrained(data: Data, seed: int, **options: Any) -> Translator:
    """A translator whose model nobody has trained, and how that is to be done.

    Args:
        data: The vocabulary is learned from what is trained on.
        seed: Seed of the weights, and of the order.
        **options: Settings of the Transformer's recipe for the phrasebook.
    """
    made = with_seed(recipe("transformer", **options), seed)
    texts = [*data.train.source, *data.train.target]
    tokenizer = Tokenizer.learn(texts, made.text.vocabulary_size)
    size = len(tokenizer.vocabulary)
    keras.utils.set_random_seed(seed)
    model = made.model.make(size, size, made.text, made.training)
    model.build()
    return Translator(model, tokenizer, tokenizer, made)


def bleu(translator: Translator, pairs: Pairs) -> float:
    """BLEU of a translator, as CTranslate2 decodes.

    Args:
        translator: The translator.
        pairs: What it is judged by.
    """
    return evaluate(exported.exported(translator)[0], pairs).bleu


def learn(
    translator: Translator,
    data: Data,
    pairs: Pairs | None = None,
    model: keras.Model | None = None,
) -> list[float]:
    """Train to the end, and look at BLEU on the way.

    Args:
        translator: The translator; its model is trained.
        data: What it is watched by, and learns from by default.
        pairs: What it learns from.
        model: What holds the model, such as a `smaller.Taught`.

    Returns:
        BLEU of the validation pairs, `TIMES` times.
    """
    how, curve = translator.recipe.training, []
    made = pairs or data.train, translator.source_tokenizer, how
    steps = smaller.steps(model or translator.model, *made)
    for step, in_a_pass in enumerate(steps, 1):
        if step % (how.epochs * in_a_pass // TIMES) == 0:
            curve.append(bleu(translator, data.valid))
    return curve


def students(
    teacher: Translator, student: Translator, data: Data
) -> tuple[dict[str, Any], dict[str, Translator]]:
    """What a student learns alone, word by word, and from whole translations.

    Args:
        teacher: A translator that is trained.
        student: One that is not.
        data: What they learn from, and are judged by.

    Returns:
        What was measured, and the translators in CTranslate2, by name.
    """
    made = {"large": exported.exported(teacher)[0]}
    said = tuple(made["large"](data.train.source))
    pairs = {"alone": data.train, "word": data.train}
    pairs["sequence"] = Pairs(data.train.source, said)
    exact = np.mean(np.array(said) == np.array(data.train.target))
    found = {"weights": int(student.model.count_params()), "exact": float(exact)}
    first = student.model.get_weights()
    for how, texts in pairs.items():
        student.model.set_weights(first)
        model = student.model
        if how == "word":
            model = smaller.Taught(model, teacher.model)
        found[f"curve_{how}"] = learn(student, data, texts, model)
        for mode in ("float32", "int8"):
            name = f"{how}_{mode}"
            made[name], found[f"bytes_{name}"] = exported.exported(student, None, mode)
            found[f"bleu_{name}"] = evaluate(made[name], data.test).bleu
    return found, made
