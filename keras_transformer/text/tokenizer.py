"""The tokenizer: normalise, segment, cut into pieces; and all the way back."""

import functools
import itertools
import os
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from keras_transformer.text import (
    detokenization,
    learning,
    segmentation,
    storage,
    strings,
    vocabulary,
)
from keras_transformer.text.normalization import check_options, normalize
from keras_transformer.tokens import reserved

_NO_LIMIT = 2**31 - 1


class Tokenizer:
    """Text to ids and back, for any text and without loss.

    `decode(encode(text)) == normalize(text)` for every Unicode text. How that is
    reached, and where the ideas come from, is told in `vocabulary`.

    Reserved ids: `PADDING` 0, `START` 1, `END` 2, `UNK` 3. Encoding yields none of
    them, not even for text that contains `"[END]"`: characters that the vocabulary
    does not know are spelled in bytes, so `UNK` is left to models that write it.

    Args:
        pieces: The vocabulary, reserved pieces first, as `Tokenizer.learn` makes it.
        case: `"keep"`, or `"lower"` for text in lower case.
        form: `"NFKC"`, or `"NFC"`, under which `，` stays `，` and `½` stays `½`.

    Raises:
        ValueError: If the vocabulary is not a valid one, or an option is unknown.

    Example:
        >>> tokenizer = Tokenizer.learn(["Ruf an!", "Er ruft an."] * 2, 400)
        >>> ids = tokenizer.encode(["Er ruft: an!"])
        >>> tokenizer.decode(ids)
        ['Er ruft: an!']
    """

    PADDING = reserved.PADDING
    START = reserved.START
    END = reserved.END
    UNK = vocabulary.UNK

    def __init__(self, pieces: Sequence[str], case: str = "keep", form: str = "NFKC"):
        check_options(case, form)
        self.vocabulary = vocabulary.check(pieces)
        self.case = case
        self.form = form
        self._alphabet = segmentation.Alphabet(self.vocabulary)
        self._spelling = detokenization.Spelling(self.vocabulary)
        self._wordpiece = tf_text.FastWordpieceTokenizer(
            list(self.vocabulary),
            suffix_indicator=vocabulary.SUFFIX,
            unknown_token=vocabulary.CONTROL[vocabulary.UNK],
            max_bytes_per_word=_NO_LIMIT,  # longer words would become [UNK]
            no_pretokenization=True,
            token_out_type=tf.int32,
        )

    @classmethod
    def learn(
        cls,
        sentences: Iterable[str],
        vocabulary_size: int = 8000,
        case: str = "keep",
        form: str = "NFKC",
    ) -> "Tokenizer":
        """Learns the vocabulary from sentences: those of the training side only.

        Args:
            sentences: The text; that of both languages for a shared vocabulary.
            vocabulary_size: The size that is not exceeded, reserved pieces included.
            case: `"keep"` or `"lower"`.
            form: `"NFKC"` or `"NFC"`.

        Returns:
            The tokenizer. The same sentences, in any order, give the same one.

        Raises:
            ValueError: If a sentence is not text, or the size is too small.
        """
        check_options(case, form)
        atoms = learning.count_atoms(strings.to_tensor(sentences), case, form)
        return cls(learning.choose_pieces(atoms, vocabulary_size), case, form)

    def normalize(self, texts: Sequence[str]) -> list[str]:
        """The texts as they come back from `decode(encode(texts))`."""
        texts = normalize(strings.to_tensor(texts), self.case, self.form)
        return strings.from_tensor(texts)

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Texts to ids, without `START` and `END`.

        Args:
            texts: A list of strings. The empty string gives no ids.

        Returns:
            An int32 array for each text.

        Raises:
            ValueError: If `texts` is not a list of strings, or one of them holds a
                lone surrogate and so is not Unicode text.
        """
        ids = self._encode(strings.to_tensor(texts))
        flat, splits = ids.flat_values.numpy(), ids.row_splits.numpy()
        return [flat[begin:end] for begin, end in itertools.pairwise(splits)]

    def encode_graph(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """`encode` as TensorFlow operations, for a graph that is exported.

        Args:
            texts: (texts) strings. Bytes that are not UTF-8 become U+FFFD.

        Returns:
            (texts, pieces) int32.
        """
        # Strings live on the CPU only; the rest is not worth the way to and fro.
        with tf.device("CPU"):
            texts = normalize(texts, self.case, self.form)
            atoms = segmentation.segment(texts, self._alphabet)
            words = self._wordpiece.tokenize(atoms.words)
            spelled = tf.strings.bytes_split(atoms.strangers)
            byte_ids = vocabulary.FIRST_BYTE + _byte_values(spelled.flat_values)
            ids = tf.concat([words.flat_values, atoms.singles, byte_ids], 0)
            words_at = tf.gather(atoms.words_at, words.value_rowids())
            bytes_at = tf.gather(atoms.strangers_at, spelled.value_rowids())
            places = tf.concat([words_at, atoms.singles_at, bytes_at], 0)
            # The pieces of one word share its place: their order must not change.
            order = tf.argsort(places, stable=True)
            return tf.RaggedTensor.from_value_rowids(
                tf.gather(ids, order),
                tf.gather(atoms.rows, tf.gather(places, order)),
                nrows=tf.size(texts, tf.int64),
                validate=False,  # they ascend: places were sorted, and rows do
            )

    def decode(self, ids: Iterable[Sequence[int]]) -> list[str]:
        """Ids to texts, with the spaces where they belong.

        Args:
            ids: For each text its ids: lists, arrays, or the rows of one array.
                A row is read up to its first `END`; `PADDING` and `START` are
                passed over. An `UNK` is shown as `�`.

        Returns:
            A string for each row.

        Raises:
            ValueError: If an id is not an integer within the vocabulary.
        """
        rows = [self._checked_ids(row) for row in ids]
        flat = np.concatenate([np.zeros(0, np.int32), *rows])
        lengths = np.array([len(row) for row in rows], np.int64)
        with tf.device("CPU"):
            ragged = tf.RaggedTensor.from_row_lengths(flat, lengths)
            return strings.from_tensor(self._decode(ragged))

    def decode_graph(self, ids: tf.RaggedTensor | tf.Tensor) -> tf.Tensor:
        """`decode` as TensorFlow operations, for a graph that is exported.

        Args:
            ids: (texts, pieces) integers, ragged or padded.

        Returns:
            (texts) strings.
        """
        with tf.device("CPU"):
            if not isinstance(ids, tf.RaggedTensor):
                ids = tf.RaggedTensor.from_tensor(ids)
            return detokenization.detokenize(ids, self._spelling)

    def pieces(self, ids: Sequence[int]) -> list[str]:
        """The pieces of one text as a figure shows them, one for each id.

        Args:
            ids: The ids of one text.

        Returns:
            The pieces; joiner marks are left out and `[SPACE]` is shown as `␣`.
        """
        shown = [self.vocabulary[place] for place in self._checked_ids(ids)]
        space = vocabulary.CONTROL[vocabulary.SPACE]
        return [
            "␣" if piece == space else piece.strip(vocabulary.JOINER) for piece in shown
        ]

    def letters(self, ids: Sequence[int]) -> list[str]:
        """What each piece of one text writes: `pieces` without the marks of suffixes.

        Args:
            ids: The ids of one text.
        """
        return [piece.removeprefix(vocabulary.SUFFIX) for piece in self.pieces(ids)]

    def continues(self, token: int) -> bool:
        """Whether a piece goes on with a word, or with the bytes of a character.

        Before such a piece no text may be cut.

        Args:
            token: The id of the piece.
        """
        byte = token - vocabulary.FIRST_BYTE
        is_suffix = self.vocabulary[token].startswith(vocabulary.SUFFIX)
        return is_suffix or 0x80 <= byte < 0xC0  # these follow a first byte in UTF-8

    def tokens(self, text: str) -> list[str]:
        """The pieces of a text as a figure shows them: `["ruf", "##t", "an"]`."""
        return self.pieces(self.encode([text])[0])

    def get_config(self) -> dict:
        """The arguments that make this tokenizer again, fit for JSON."""
        return {
            "pieces": list(self.vocabulary),
            "case": self.case,
            "form": self.form,
        }

    @classmethod
    def from_config(cls, config: dict) -> "Tokenizer":
        """The tokenizer that `get_config` described."""
        return cls(**config)

    def save(self, folder: str | os.PathLike) -> None:
        """Writes `vocabulary.txt`, a piece a line, and `tokenizer.json`.

        Each file appears whole or not at all.

        Args:
            folder: Where to; made if it does not exist.
        """
        storage.write(folder, self.vocabulary, self.case, self.form)

    @classmethod
    def load(cls, folder: str | os.PathLike) -> "Tokenizer":
        """Reads what `save` wrote.

        Args:
            folder: The folder given to `save`.

        Returns:
            The tokenizer.

        Raises:
            ValueError: If the files do not belong together or are of another format.
        """
        options = storage.read(folder)
        try:
            return cls(**options)
        except ValueError as error:
            raise ValueError(f"{folder}/vocabulary.txt: {error}") from error

    @functools.cached_property
    def _encode(self):
        # Nothing in it depends on a tensor's value: AutoGraph would only take time.
        return tf.function(
            self.encode_graph,
            input_signature=[tf.TensorSpec([None], tf.string)],
            autograph=False,
        )

    @functools.cached_property
    def _decode(self):
        return tf.function(
            self.decode_graph,
            input_signature=[tf.RaggedTensorSpec([None, None], tf.int32)],
            autograph=False,
        )

    def _checked_ids(self, ids: Sequence[int]) -> np.ndarray:
        ids = np.asarray(ids)
        if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
            raise ValueError(f"the ids of a text must be a row of integers, got {ids}")
        outside = ids[(ids < 0) | (ids >= len(self.vocabulary))]
        if outside.size:
            raise ValueError(
                f"ids must be from 0 to {len(self.vocabulary) - 1}, got {outside[0]}"
            )
        return ids.astype(np.int32)


def _byte_values(characters: tf.Tensor) -> tf.Tensor:
    """The numbers of strings of one byte each."""
    # Reshaped, not indexed: for no strings at all the second axis is 0 long.
    return tf.cast(tf.reshape(tf.io.decode_raw(characters, tf.uint8), [-1]), tf.int32)
