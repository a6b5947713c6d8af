"""Tokens that an encoder has to guess.

Axes: `b` batch, `t` position.
"""

from collections.abc import Collection
from typing import Any

import numpy as np

from keras_transformer.tokens.reserved import END, PADDING
from keras_transformer.training.dataset import Batches

KEPT, SWAPPED = 0.1, 0.1  # of the tokens to guess; the others are hidden


def mask_tokens(
    ids: np.ndarray,
    vocabulary: int,
    mask_id: int,
    seed: Any = 0,
    rate: float = 0.15,
    special: Collection[int] = (),
) -> tuple[np.ndarray, np.ndarray]:
    """Token ids some of which are hidden, and what stood there.

    Of the tokens to guess 80 % become `mask_id`, 10 % any word, and 10 % stay as
    they are: a model cannot tell which of the tokens that it sees are right.

    Args:
        ids: Token ids, integers `[b, t]`.
        vocabulary: Number of tokens.
        mask_id: The token that hides others; it is never drawn as a word.
        seed: Seed of the draws, an integer or several.
        rate: Share of the tokens to guess, in (0, 1).
        special: Tokens that are never to be guessed, and never drawn; padding, start
            and end are none in any case.

    Returns:
        The ids to read, and the labels, int32 `[b, t]`: the tokens to guess, and
        padding, which no loss counts, everywhere else.

    Raises:
        ValueError: If the rate is not in (0, 1), the mask is no word of the vocabulary,
            or no word is left to draw.

    Example:
        >>> ids = np.array([[1, 5, 6, 7, 8, 9, 2, 0]])
        >>> read, labels = mask_tokens(ids, 11, mask_id=10, rate=0.4, seed=6)
        >>> read.tolist(), labels.tolist()  # 5 was swapped, 6 stayed, 7 is hidden
        ([[1, 3, 6, 10, 8, 9, 2, 0]], [[0, 5, 6, 7, 0, 0, 0, 0]])

    Source: Devlin et al. 2019, section 3.1.
    """
    if not 0 < rate < 1:
        raise ValueError(f"rate must be in (0, 1), got rate={rate}")
    if not END < mask_id < vocabulary:
        raise ValueError(
            f"mask_id must be a word of the vocabulary, greater than {END}, got "
            f"mask_id={mask_id}, vocabulary={vocabulary}"
        )
    never = {mask_id, *special}
    words = np.array([i for i in range(END + 1, vocabulary) if i not in never], "int32")
    if not len(words):
        raise ValueError("there must be a word to draw, got only special ones")
    random = np.random.default_rng(seed)
    ids = np.asarray(ids, "int32")
    chosen = (random.random(ids.shape) < rate) & np.isin(ids, words)
    share, drawn = random.random(ids.shape), random.choice(words, ids.shape)
    read = np.where(share < KEPT, ids, np.where(share < KEPT + SWAPPED, drawn, mask_id))
    read = np.where(chosen, read, ids).astype("int32")
    return read, np.where(chosen, ids, PADDING).astype("int32")


class MaskedTokens(Batches):
    """Batches of sentences in which an encoder has to guess some of the tokens.

    Which ones depends on the seed, the epoch and the batch alone: in every epoch
    others, and in a run that was interrupted the same again.

    Args:
        batches: Batches whose inputs are token ids, or a dict with `"ids"`, such as
            `PackedRows`. Their labels are not used.
        vocabulary: See `mask_tokens`.
        mask_id: See `mask_tokens`.
        rate: See `mask_tokens`.
        special: See `mask_tokens`.
        seed: Seed of the draws.
        **kwargs: As of `Batches`.

    Example:
        >>> from keras_transformer.training import PackedRows
        >>> rows = PackedRows([[5, 6, 7, 8]], length=6, batch_tokens=6)
        >>> batches = MaskedTokens(rows, vocabulary=11, mask_id=10, rate=0.5)
        >>> inputs, labels = batches.batch(epoch=0, index=0)
        >>> inputs["ids"].tolist(), labels.tolist()
        ([[1, 10, 10, 10, 8, 0]], [[0, 5, 6, 7, 0, 0]])

    Source: Devlin et al. 2019, section 3.1; anew in every epoch: Liu et al. 2019.
    """

    def __init__(
        self,
        batches: Batches,
        vocabulary: int,
        mask_id: int,
        rate: float = 0.15,
        special: Collection[int] = (),
        seed: int = 0,
        **kwargs: int | bool,
    ):
        super().__init__(**kwargs)
        self.batches = batches
        self.seed = seed
        self.options = {
            "vocabulary": vocabulary,
            "mask_id": mask_id,
            "rate": rate,
            "special": tuple(special),
        }

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        return len(self.batches)

    def order(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """The batches of an epoch, as of what is masked."""
        return self.batches.order(epoch)

    def batch(self, epoch: int, index: int) -> tuple[Any, np.ndarray]:
        """One batch.

        Args:
            epoch: The epoch, counted from 0.
            index: The batch within the epoch, counted from 0.

        Returns:
            `(inputs, labels)`: the inputs with some of the tokens hidden; labels int32
            `[b, t]`, as `mask_tokens` returns them.
        """
        inputs, _ = self.batches.batch(epoch, index)
        ids = inputs["ids"] if isinstance(inputs, dict) else inputs
        seed = [self.seed, epoch, index]
        read, labels = mask_tokens(ids, seed=seed, **self.options)
        return ({**inputs, "ids": read} if isinstance(inputs, dict) else read), labels

    def fingerprint(self) -> str:
        """A hash of the data and of how it is masked."""
        return f"{self.batches.fingerprint()} {self.seed} {self.options}"
