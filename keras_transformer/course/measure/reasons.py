"""Why a model wrote a word: what each source word had to do with its probability.

Axes: `b` sentence, `t` target token or word, `s` source token or word, `v` vocabulary,
`w` width of the embeddings.
"""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

from keras_transformer.corpora import Pairs
from keras_transformer.laws.gradients import gradients
from keras_transformer.tokens import END, START, padded
from keras_transformer.translation.translator import Translator
from keras_transformer.translation.words import token_words

BATCH = 16  # pairs in one pass, each as often as it has words


def hidden_words(
    translator: Translator, pairs: Pairs, contrastive: bool = False
) -> list[np.ndarray]:
    """How much less probable a target word gets when a source word is cut out.

    ```
    reason[t, s] = max(0, log p(t | source) - log p(t | source without s))
    ```

    Args:
        translator: The translator, which reads the references.
        pairs: Source and target sentences.
        contrastive: Of `log p(t)` minus that of the token which the model would write
            instead, not of `log p(t)`: why this word, and no other?

    Returns:
        For each pair float `[t, s]` between words; a row sums to 1, or is 0.

    Source: Li et al. 2016 (erasure); Yin and Neubig 2022 (contrastive).
    """
    found = []
    for batch in _batches(translator, pairs):
        cut, written = [], []
        for source, target, reads, _ in batch:
            for word in range(-1, max(reads) + 1):  # -1: none
                rest = zip(source, reads, strict=True)
                cut.append([i for i, w in rest if w != word])
                written.append(target)
        logs = iter(_logs(translator.model, cut, written))
        for _, target, reads, writes in batch:
            mine = itertools.islice(logs, max(reads) + 2)
            logs_of = np.stack(list(mine))[:, : len(target)]
            said = _of(logs_of, target)
            if contrastive:
                others = logs_of[0].copy()
                others[np.arange(len(target)), target] = -np.inf
                said = said - _of(logs_of, others.argmax(axis=1))
            found.append(_shares(_by_word((said[0] - said[1:]).T, writes)))
    return found


def gradient_times_input(translator: Translator, pairs: Pairs) -> list[np.ndarray]:
    """How fast `log p(t)` falls as the embedding of a source word shrinks.

    ```
    reason[t, s] = max(0, Σ_w  x[s, w] · ∂ log p(t) / ∂ x[s, w])
    ```

    Args:
        translator: The translator, which reads the references.
        pairs: Source and target sentences.

    Returns:
        For each pair float `[t, s]` between words; a row sums to 1, or is 0.

    Source: Ding et al. 2019.
    """
    model, found = translator.model, []
    for batch in _batches(translator, pairs):
        copies = [
            i for i, one in enumerate(batch) for _ in one[1]
        ]  # one a target token
        step = np.concatenate([np.arange(len(one[1])) for one in batch])
        ids = padded([[*one[0], END] for one in batch])[copies]
        written = padded([[START, *one[1]] for one in batch])[copies]
        wanted = padded([one[1] for one in batch], written.shape[1])[copies]
        x = np.asarray(ops.convert_to_numpy(model.source_embedding(ids)))

        def said(x, ids=ids, written=written, wanted=wanted):
            with _given(model, x):
                logits = model.call({"source": ids, "target": written}, training=False)
            logs = ops.log_softmax(ops.cast(logits, "float32"))
            return ops.take_along_axis(logs, wanted[..., None], axis=-1)[..., 0]

        direction = np.eye(written.shape[1], dtype="float32")[step]
        (slopes,), _ = gradients(said, [x], direction)
        rows = iter((slopes * x).sum(axis=-1))
        for source, target, reads, writes in batch:
            mine = np.stack(list(itertools.islice(rows, len(target))))
            tokens = mine[:, : len(source)]
            found.append(_shares(_by_word(_by_word(tokens, writes).T, reads).T))
    return found


def _batches(translator: Translator, pairs: Pairs) -> Iterator:
    """For each pair the ids of both sides, and the word that each is a part of."""
    source, target = translator.source_tokenizer, translator.target_tokenizer
    ids = source.encode(pairs.source), target.encode(pairs.target)
    found = []
    for reads, writes, *texts in zip(*ids, pairs.source, pairs.target, strict=True):
        parts = (
            token_words(source, reads, texts[0]),
            token_words(target, writes, texts[1]),
        )
        found.append((list(reads), list(writes), *parts))
    for first in range(0, len(found), BATCH):
        yield found[first : first + BATCH]


def _logs(model: Any, sources: list, targets: list) -> np.ndarray:
    """Log-probabilities `[b, t, v]` of each next target token."""
    source = padded([[*ids, END] for ids in sources])
    target = padded([[START, *ids] for ids in targets])
    logits = model({"source": source, "target": target}, training=False)
    return ops.convert_to_numpy(ops.log_softmax(ops.cast(logits, "float32")))


def _of(logs: np.ndarray, tokens: Any) -> np.ndarray:
    """What logs `[b, t, v]` say of a token for each target position: `[b, t]`."""
    picked = np.asarray(tokens)[None, :, None]
    return np.take_along_axis(logs, picked, axis=2)[..., 0]


@contextlib.contextmanager
def _given(model: Any, x: Any) -> Iterator[None]:
    """Let a model take the embeddings of its source from here."""
    own = model.source_embedding

    class Given:
        input_dim, output_dim = own.input_dim, own.output_dim

        def __call__(self, ids):
            return x

    object.__setattr__(model, "source_embedding", Given())
    try:
        yield
    finally:
        object.__setattr__(model, "source_embedding", own)


def _by_word(rows: np.ndarray, words: list[int]) -> np.ndarray:
    """Sums of the rows of each word."""
    summed = np.zeros((max(words) + 1, rows.shape[1]))
    np.add.at(summed, words, rows)
    return summed


def _shares(reasons: np.ndarray) -> np.ndarray:
    """What speaks for a word, as shares of all that does."""
    kept = np.maximum(reasons, 0.0)
    total = kept.sum(axis=1, keepdims=True)
    return np.divide(kept, total, out=np.zeros_like(kept), where=total > 0)
