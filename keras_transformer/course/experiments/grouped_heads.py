"""What do fewer key/value heads cost in bits, and what do they save?"""

from typing import Any

import keras
import numpy as np

from keras_transformer.course.dialogues import dialogues, questions
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.experiments.few_talks import encoded, numbers
from keras_transformer.models import Backbone, LanguageModel
from keras_transformer.training import PackedRows, TrainingConfig, compile_model

PASSES, TURNS = 4, 4


def bits(model: LanguageModel, texts: list[list[int]]) -> float:
    """Bits a token, the end of each text included."""
    rows = PackedRows(texts, length=64, batch_tokens=2048)
    logs = model.evaluate(rows, verbose=0, return_dict=True)
    return float(logs["token_cross_entropy"] / np.log(2))


def measure(variant: str, seed: int) -> dict[str, Any]:
    """Bits a token of unseen sentences and talks after training on both kinds.

    Args:
        variant: How many key/value heads, in digits.
        seed: Seed of weights and order.
    """
    told = numbers()[0]
    talks = dialogues(questions(told["train"]), 4000, TURNS, seed=1)
    unseen = questions(told["valid"] + told["test"])
    groups = int(variant)
    sizes = {"width": 64, "num_layers": 2, "num_heads": 4, "hidden_width": 256}
    sizes |= {"positions": "rotary", "dropout": 0.0, "causal": True}
    keras.utils.set_random_seed(seed)
    vocabulary = len(numbers()[1]) + 3
    model = LanguageModel(Backbone(vocabulary, **sizes, num_key_value_heads=groups))
    config = TrainingConfig(
        peak_learning_rate=4e-3, warmup_steps=60, label_smoothing=0.0
    )
    compile_model(model, config)
    read = encoded([*told["train"], *talks])
    rows = PackedRows(read, length=64, batch_tokens=2048, seed=seed)
    model.fit(rows, epochs=PASSES, verbose=0)
    return {
        "sentences": bits(model, encoded(told["test"])),
        "dialogues": bits(model, encoded(dialogues(unseen, 200, TURNS, seed=7))),
        "parameters": model.count_params(),
        "bytes a token": 2 * 2 * groups * 16 * 4,
    }


EXPERIMENT = Experiment(
    "How many key/value heads does a decoder need?",
    {
        "4": "4, one for each head",
        "2": "2, each for two heads (grouped)",
        "1": "1 for all (multi-query)",
    },
    measure,
)
