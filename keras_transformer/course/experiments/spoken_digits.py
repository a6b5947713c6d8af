"""Which digit was said? Encoder and decoder on frames of sound, beside a straight line.

Needs the Free Spoken Digit Dataset in the cache, except for the synthetic voices. Each
seed holds out another pair of its six speakers.
"""

import keras
import numpy as np

from keras_transformer.corpora.log_mel import log_mel
from keras_transformer.corpora.spoken_digits import (
    Clips,
    free_spoken_digits,
    sequences,
    synthetic,
)
from keras_transformer.course.experiments.experiment import Experiment
from keras_transformer.course.speech import SpeechTransformer, heard, spelled, written
from keras_transformer.training import SmoothedCrossEntropy

PAIRS = (("george", "theo"), ("jackson", "yweweler"), ("lucas", "nicolas"))
BATCH, RATE, SMOOTHING = 50, 2e-3, 0.1
EPOCHS = {"official": 12, "held_out": 15, "masked": 15, "voices": 25, "sequences": 20}
DRAWN, SPOKEN = 800, 300  # sequences an epoch, and in the test
LONGEST = {False: 1.2, True: 3.0}  # seconds of a word, and of a sequence
BANDS, HIDDEN = 32, 8  # of a frame, and how many of them are hidden at most


def measure(variant: str, seed: int) -> dict[str, float]:
    """Measure one variant with one seed."""
    keras.utils.set_random_seed(seed)
    data, _, kind = variant.partition("_by_")
    if data in ("voices", "sequences"):
        splits = synthetic()
    else:
        pair = PAIRS[(seed - 1) % len(PAIRS)] if data == "held_out" else ()
        splits = free_spoken_digits(pair)
    if kind == "line":
        return line(splits)
    test = splits["test"]
    if data == "sequences":
        test = sequences(test, SPOKEN, seed=0)
    model = trained(splits["train"], data, kind == "masked_transformer", seed)
    longest = LONGEST[data == "sequences"]
    said = written(model, heard(test.samples, longest))
    found = {"accuracy": share(said, test), "weights": model.count_params()}
    if data == "sequences":
        wrong = sum(map(edits, said, test.texts))
        found["word_error_rate"] = wrong / sum(len(t.split()) for t in test.texts)
    for speaker in dict.fromkeys(test.speakers) if data == "held_out" else ():
        own = [i for i, who in enumerate(test.speakers) if who == speaker]
        found[speaker] = share([said[i] for i in own], test.pick(own))
    return found


def share(said: list[str], clips: Clips) -> float:
    """The share of clips of which every word is right."""
    return float(np.mean([a == b for a, b in zip(said, clips.texts, strict=True)]))


def trained(clips: Clips, data: str, masked: bool, seed: int) -> SpeechTransformer:
    """A model trained on clips, or on sequences of them that are drawn every epoch."""
    draw = np.random.default_rng(seed)
    model = SpeechTransformer(features=4 * BANDS, seed=seed)
    epochs = EPOCHS["masked" if masked else data]
    count = DRAWN if data == "sequences" else len(clips)
    steps = epochs * -(-count // BATCH)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=RATE, warmup_steps=steps // 10
    )
    model.compile(
        optimizer=keras.optimizers.Adam(schedule), loss=SmoothedCrossEntropy(SMOOTHING)
    )
    frames, texts = heard(clips.samples), clips.texts
    for epoch in range(epochs):
        if data == "sequences":
            now = sequences(clips, DRAWN, seed=1000 * seed + epoch)
            frames, texts = heard(now.samples, LONGEST[True]), now.texts
            frames = np.pad(frames, ((0, 0), (0, 75 - frames.shape[1]), (0, 0)))
        shown, target = spelled(texts)
        given = {"source": hidden(frames, draw) if masked else frames, "target": shown}
        model.fit(given, target, BATCH, verbose=0)
    return model


def hidden(frames: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Frames with some neighbouring bands, and one frame, made 0 in each clip."""
    frames = frames.copy()
    for clip in frames:
        first, count = draw.integers(BANDS), draw.integers(HIDDEN + 1)
        clip.reshape(len(clip), -1, BANDS)[:, :, first : first + count] = 0
        clip[draw.integers(max(1, np.any(clip, axis=1).sum()))] = 0
    return frames


def edits(said: str, right: str) -> int:
    """The fewest words to insert, delete or replace until both are the same."""
    row = list(range(len(right.split()) + 1))
    for i, word in enumerate(said.split(), 1):
        before, row[0] = row[0], i
        for j, other in enumerate(right.split(), 1):
            best = min(row[j] + 1, row[j - 1] + 1, before + (word != other))
            before, row[j] = row[j], best
    return row[-1]


def line(splits: dict[str, Clips]) -> dict[str, float]:
    """Logistic regression on what is left of a clip without the order of its frames."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def summary(clips, thirds):
        rows = []
        for clip in clips.samples:
            frames = log_mel(clip / np.abs(clip).max())
            frames = (frames - frames.mean()) / (frames.std() + 1e-6)
            parts = [frames.mean(0), frames.std(0)]
            if thirds:
                parts = [p.mean(0) for p in np.array_split(np.repeat(frames, 3, 0), 3)]
            rows.append(np.concatenate(parts))
        return np.stack(rows)

    found = {}
    for name, thirds in {"accuracy": False, "accuracy_of_thirds": True}.items():
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
        model.fit(summary(splits["train"], thirds), splits["train"].texts)
        guessed = list(model.predict(summary(splits["test"], thirds)))
        found[name] = share(guessed, splits["test"])
    return found


EXPERIMENT = Experiment(
    "Which digit was said? A Transformer on frames of sound, and a straight line",
    {
        "official_by_line": "recordings 0 to 4 of each, logistic regression",
        "official_by_transformer": "recordings 0 to 4 of each, Transformer",
        "held_out_by_line": "two speakers never heard, logistic regression",
        "held_out_by_transformer": "two speakers never heard, Transformer",
        "held_out_by_masked_transformer": "the same, bands and frames hidden at random",
        "voices_by_line": "eight synthetic voices never heard, logistic regression",
        "voices_by_transformer": "eight synthetic voices never heard, Transformer",
        "sequences_by_transformer": "two to four digits in a row, the same voices",
    },
    measure,
)
