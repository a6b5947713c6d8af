"""The blocks of the Transformer on handwritten digits and on choices."""

from typing import Any

import keras
import numpy as np

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.course import elsewhere as e
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.speech import SpeechTransformer
from keras_transformer.models import Backbone, Block, FeedForward, LanguageModel, Stack
from keras_transformer.positions import SinusoidalPositions
from keras_transformer.training import SmoothedCrossEntropy

WORLDS = {"tastes": e.Tastes(), "chain": e.Chain()}


def trained(model: Any, x: Any, y: Any, epochs: int, rate: float = 3e-3) -> Any:
    """A model after so many passes, in batches of 64, the learning rate falling."""
    warm, steps = 60, epochs * -(-len(y) // 64)
    schedule = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - warm, warmup_target=rate, warmup_steps=warm
    )
    loss = SmoothedCrossEntropy()
    if y.ndim == 1:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    long = steps > 1000 and not isinstance(model, keras.Sequential)  # worth compiling
    model.compile(keras.optimizers.Adam(schedule), loss, jit_compile=long)
    model.fit(x, y, batch_size=64, epochs=epochs, verbose=0)
    return model


def patches(seed: int) -> dict[str, float]:
    """The share of test digits that are recognised as patches."""
    data, width = e.digits(), 32

    def block():
        parts = MultiHeadAttention(4, width), FeedForward(width, 4 * width)
        return Block(*parts, dropout=0.1)

    ends = keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(10)
    blocks = SinusoidalPositions(), Stack([block(), block()])
    model = keras.Sequential([keras.layers.Dense(width), *blocks, *ends])
    cut = [e.patches(each, 2) for each in (data.train, data.test)]
    trained(model, cut[0], data.train_labels, epochs=30)
    said = model.predict(cut[1], verbose=0).argmax(-1)
    return {"accuracy": float((said == data.test_labels).mean())}


def scenes(seed: int) -> tuple[e.Scenes, e.Scenes]:
    """What to learn from and what to read."""
    *seen, test, labels = e.digits()
    return e.scenes(*seen, 10_000, seed), e.scenes(test, labels, 500, seed=100)


def reader(seed: int) -> dict[str, Any]:
    """How well scenes are read by an encoder and a decoder."""
    seen, test = scenes(seed)
    model = SpeechTransformer(16, e.SCENE_VOCABULARY, width=48, dropout=0.0)
    cut = [e.patches(each.pictures, 4) for each in (seen, test)]
    shown = np.pad(seen.tokens[:, :-1], ((0, 0), (1, 0)), constant_values=1)
    trained(model, {"source": cut[0], "target": shown}, seen.tokens, epochs=8)
    said = e.written(model, cut[1], test.tokens.shape[1])
    found = e.rated(*([e.boxes(row) for row in rows] for rows in (said, test.tokens)))
    begun = np.pad(said[:1, :-1], ((0, 0), (1, 0)), constant_values=1)
    looked = model.looked_at({"source": cut[1][:1], "target": begun})  # [1, h, t, s]
    looked = np.round(np.mean(looked, axis=(0, 1), dtype="float64"), 3)
    return found | {"written": said[:6].tolist(), "looked": looked.tolist()}


def pixels(seed: int) -> dict[str, Any]:
    """Bits a pixel, and how many of the digits drawn are what was asked for."""
    from sklearn.neural_network import MLPClassifier

    data = e.digits()
    seen, test = e.pixel_tokens(*data[:2]), e.pixel_tokens(*data[2:])
    sizes = {"positions": "learned", "max_length": 66, "causal": True}
    model = LanguageModel(Backbone(e.PIXEL_VOCABULARY, 48, 2, 4, 192, **sizes))
    labels = seen[:, 1:] * (np.arange(65) > 0)  # the class is given, not guessed
    trained(model, seen[:, :-1], labels, epochs=50, rate=5e-3)
    logits = model.predict(test[:, :-1], verbose=0)[:, 1:].astype("float64")
    logits -= np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    own = np.take_along_axis(logits, test[:, 2:, None], axis=-1)
    asked = np.repeat(np.arange(10), 20)
    prompts = np.stack([np.ones(200, int), asked + e.CLASS], axis=1)
    drawn = e.drawn(model, prompts, 64, seed)
    judge = MLPClassifier(64, max_iter=200, random_state=seed)
    judge.fit(seen[:, 2:], data.train_labels)
    right = judge.predict(test[:, 2:]) == data.test_labels
    shown = drawn[[20 * digit + place for place in (0, 1) for digit in range(10)]]
    return {
        "drawn": ["".join(map(str, row)) for row in np.clip(shown - e.GREY, 0, 3)],
        "bits": float(-own.mean() / np.log(2)),
        "as asked": float((judge.predict(drawn) == asked).mean()),
        "judge": float(right.mean()),
    }


def choices(kind: str, name: str, seed: int) -> dict[str, float]:
    """Hit rates at 1, 5 and 10 of the last ten choices of sessions of 20."""
    world = WORLDS[name]
    seen, test = world.draw(3000, 20, seed), world.draw(1000, 20, seed=100)
    if kind == "ceiling":
        scores = world.chances(test)
    else:
        scores = e.forecast(kind, seen, test, world.vocabulary, trained)
    rates = e.hit_rates(scores[:, 10:], test[:, 10:])
    kinds = (f"{name}, hit {k}" for k in (1, 5, 10))
    return dict(zip(kinds, rates, strict=True))


def simpler(seed: int) -> dict[str, float]:
    """What a line, an MLP and windows know of pictures."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    data, (seen, test), found = e.digits(), scenes(seed), {}
    flat = [each.reshape(-1, 64) for each in (data.train, data.test)]
    for name, model in {
        "line": LogisticRegression(max_iter=1000),
        "MLP": MLPClassifier(64, max_iter=400, random_state=seed),
    }.items():
        said = model.fit(flat[0], data.train_labels).predict(flat[1])
        found[name] = float((said == data.test_labels).mean())
    said = e.Windows(seen, seed).read(test.pictures)
    return found | e.rated(said, [e.boxes(row) for row in test.tokens])


def measure(variant: str, seed: int) -> dict[str, Any]:
    """What is stored of a variant."""
    keras.utils.set_random_seed(seed)
    kinds = {"patches": patches, "reader": reader, "pixels": pixels}
    if variant in (kinds := kinds | {"without blocks": simpler}):
        return kinds[variant](seed)
    return choices(variant, "tastes", seed) | choices(variant, "chain", seed)


EXPERIMENT = Experiment(
    "Does any of this care that it was words?",
    {
        "attention": "choices: a causal Transformer, 2 blocks of width 32, distances",
        "sinusoids": "choices: the same with sinusoidal positions",
        "GRU": "choices: a GRU of 64 units",
        "Markov": "choices: what follows the last item",
        "popularity": "choices: what is chosen most",
        "ceiling": "choices: what can be known",
        "without blocks": "pictures: logistic regression, an MLP, an MLP on windows",
        "patches": "pictures: a class, from 16 patches, 2 blocks of width 32",
        "reader": "pictures: boxes, from 21 patches, encoder and decoder of width 48",
        "pixels": "pictures: 64 pixels, one after the other, 2 blocks of width 48",
    },
    measure,
)
