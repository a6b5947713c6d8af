"""A Transformer that hears: frames of sound go in, words come out.

Everything behind its first layer is the Transformer of the course: a `Stack` of blocks
reads, another, which sees the first one's output, writes.

Axes: `b` batch, `s` frame, `f` numbers a frame, `t` target position, `w` width, `v`
vocabulary.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_transformer.attention import MultiHeadAttention
from keras_transformer.corpora.log_mel import log_mel, stacked
from keras_transformer.corpora.spoken_digits import WORDS
from keras_transformer.models import Block, FeedForward, Stack, TransformerState
from keras_transformer.models.embedding import embed, token_embedding
from keras_transformer.positions import SinusoidalPositions
from keras_transformer.tokens import END, START, padded

FIRST = END + 1  # the id of the first word
VOCABULARY = FIRST + len(WORDS)
JOINED = 4  # frames of 10 ms that become one


@keras.saving.register_keras_serializable(package="keras_transformer")
class SpeechTransformer(keras.Model):
    """Encoder and decoder, with a matrix where the Transformer has an embedding.

    Args:
        features: Numbers a frame, `f`.
        vocabulary: Number of target tokens, `v`.
        width: Width of the model, `w`.
        num_layers: Blocks of the encoder, and of the decoder.
        num_heads: Number of heads.
        dropout: Dropout after each sub-layer.
        seed: Seed of the dropouts.

    Call arguments:
        inputs: A dict: `"source"`, float `[b, s, f]`, a frame of zeros is padding; and
            `"target"`, integers `[b, t]`, the words shifted right, `START` first.

    Returns:
        Logits `[b, t, v]`: position `t` predicts the token after `target[t]`.

    Masking:
        Frames of padding are hidden, and no target position sees a later one.

    Example:
        >>> model = SpeechTransformer(features=3, vocabulary=5, width=8, num_heads=2)
        >>> frames, said = np.ones((1, 7, 3), "float32"), np.array([[1, 4]])
        >>> tuple(model({"source": frames, "target": said}).shape)
        (1, 2, 5)
    """

    def __init__(
        self,
        features: int,
        vocabulary: int = VOCABULARY,
        width: int = 64,
        num_layers: int = 2,
        num_heads: int = 4,
        dropout: float = 0.1,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.settings = {"features": features, "vocabulary": vocabulary, "width": width}
        self.settings |= {"num_layers": num_layers, "num_heads": num_heads}
        self.settings |= {"dropout": dropout, "seed": seed}
        seeds = iter(range(10 * (seed or 0), 10 * (seed or 0) + 2 * num_layers))

        def blocks(reads_memory):
            for _ in range(num_layers):
                attentions = [
                    MultiHeadAttention(num_heads, width)
                    for _ in range(1 + reads_memory)
                ]
                yield Block(
                    attentions[0],
                    FeedForward(width, 4 * width),
                    *attentions[1:],
                    dropout=dropout,
                    seed=None if seed is None else next(seeds),
                )

        self.projection = keras.layers.Dense(width, name="projection")
        self.positions = SinusoidalPositions()
        self.embedding = token_embedding(vocabulary, width, True, None, "embedding")
        self.encoder = Stack(list(blocks(False)), name="encoder")
        self.decoder = Stack(list(blocks(True)), name="decoder")

    def build(self, input_shape: Any = None) -> None:
        if self.built:
            return
        sequence = (None, None, self.settings["width"])
        self.projection.build((None, None, self.settings["features"]))
        self.embedding.build((None, None))
        self.encoder.build(sequence)
        self.decoder.build(sequence, sequence)
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        return self.embedding(self._written(inputs, training=training), reverse=True)

    def encode(self, frames: Any, training: bool | None = None) -> tuple[Any, Any]:
        """Frames `[b, s, f]` to memory `[b, s, w]` and its mask `[b, 1, s]`."""
        mask = ops.expand_dims(ops.any(ops.not_equal(frames, 0), axis=-1), 1)
        x = self.positions(self.projection(frames))
        return self.encoder(x, attention_mask=mask, training=training), mask

    def _written(self, inputs, **asked):
        memory, mask = self.encode(inputs["source"], training=asked.get("training"))
        x = self.positions(embed(self.embedding, inputs["target"]))
        seen = {"cross_attention_mask": mask, "use_causal_mask": True}
        return self.decoder(x, memory, **seen, **asked)

    def looked_at(self, inputs: Any) -> Any:
        """Where each word looks: cross-attention of the last block, `[b, h, t, s]`.

        Args:
            inputs: As in a call.
        """
        _, weights = self._written(inputs, return_weights=True)
        return weights[-1]["cross_attention"]

    def start(self, source: Any, max_length: int) -> TransformerState:
        """The state before the first word.

        Args:
            source: Frames, float `[b, s, f]`.
            max_length: How many tokens the state has room for.
        """
        self.build()
        memory, mask = self.encode(source, training=False)
        batch = ops.shape(source)[0]
        return TransformerState(
            position=ops.zeros((batch,), "int32"),
            past=self.decoder.allocate(batch, max_length, memory.dtype),
            memory=self.decoder.project(memory),
            memory_mask=mask,
        )

    def step(self, tokens: Any, state: TransformerState) -> tuple[Any, Any]:
        """One more word.

        Args:
            tokens: The last token of each hypothesis, integers `[n]`.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[n, v]`, and the new state.
        """
        position = state.position[0]
        x = embed(self.embedding, ops.expand_dims(tokens, 1))
        x = self.positions(x, offset=position)
        seen = state.memory, state.memory_mask, state.own_past()
        x, past = self.decoder.step(x, state.past, position, *seen)
        logits = self.embedding(x, reverse=True)[:, 0]
        return logits, state._replace(position=state.position + 1, past=past)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self.settings}


def heard(samples: Iterable[np.ndarray], longest: float = 1.2) -> np.ndarray:
    """Clips as the model's source: log-mel frames, four of them joined to one.

    A clip's own mean and deviation are taken out: how loud it is tells nothing.

    Args:
        samples: For each clip float `[n]`.
        longest: Seconds; what is said later is not heard.

    Returns:
        Float32 `[b, s, 128]`, filled up with zeros to the longest clip.
    """
    rows = []
    for clip in samples:
        clip = clip / max(float(np.abs(clip).max()), 1e-9)
        frames = log_mel(clip)[: round(100 * longest)]
        frames = (frames - frames.mean()) / (frames.std() + 1e-6)
        rows.append(stacked(frames, JOINED))
    filled = np.zeros((len(rows), max(map(len, rows)), rows[0].shape[1]), "float32")
    for number, row in enumerate(rows):
        filled[number, : len(row)] = row
    return filled


def spelled(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """What the decoder is shown, and what it has to say, integers `[b, t]` each."""
    ids = [[FIRST + WORDS.index(word) for word in text.split()] for text in texts]
    shown = padded([[START, *row] for row in ids])
    return shown, padded([[*row, END] for row in ids])


def written(model: Any, frames: np.ndarray, most: int = 6) -> list[str]:
    """What a model writes, at each step the likeliest word.

    Args:
        model: A `SpeechTransformer`.
        frames: Float `[b, s, f]`.
        most: Tokens, with the end.

    Returns:
        The words of each clip, with spaces between them.
    """
    state = model.start(frames, most)
    ids = [np.full(len(frames), START)]
    for _ in range(most):
        logits, state = model.step(ops.convert_to_tensor(ids[-1], "int32"), state)
        ids.append(ops.convert_to_numpy(logits).argmax(-1))
    return [_said(row) for row in np.stack(ids[1:], 1).tolist()]


def _said(row):
    until = row.index(END) if END in row else len(row)
    return " ".join(WORDS[i - FIRST] for i in row[:until] if i >= FIRST)
