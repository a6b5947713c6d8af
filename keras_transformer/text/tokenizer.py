"""The tokenizer: normalise, segment, cut into pieces; and all the way back."""

import functools
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_transformer.text import learning, storage, vocabulary
from keras_transformer.text.detokenization import detokenize
from keras_transformer.text.normalization import normalize
from keras_transformer.text.options import check_options
from keras_transformer.text.segmentation import Segmenter
from keras_transformer.text.spelling import Spelling
from keras_transformer.text.texts import checked
from keras_transformer.tokens import reserved

if TYPE_CHECKING:
    from keras_transformer.text.graph.engine import GraphEngine


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
        self._segmenter = Segmenter(self.vocabulary)
        self._spelling = Spelling(self.vocabulary)

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
        atoms = learning.count_atoms(checked(sentences), case, form)
        return cls(learning.choose_pieces(atoms, vocabulary_size), case, form)

    def normalize(self, texts: Sequence[str]) -> list[str]:
        """The texts as they come back from `decode(encode(texts))`."""
        return [normalize(text, self.case, self.form) for text in checked(texts)]

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
        normal = self.normalize(texts)
        return [np.array(self._segmenter.ids(text), np.int32) for text in normal]

    def encode_graph(self, texts: Any) -> Any:
        """`encode` as TensorFlow operations, for a graph that is exported.

        Args:
            texts: (texts) strings. Bytes that are not UTF-8 become U+FFFD.

        Returns:
            (texts, pieces) int32.

        Raises:
            MissingExtra: If TensorFlow or tensorflow-text is not installed.
        """
        return self._graph.encode_graph(texts)

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
        return [detokenize(row.tolist(), self._spelling) for row in rows]

    def decode_graph(self, ids: Any) -> Any:
        """`decode` as TensorFlow operations, for a graph that is exported.

        Args:
            ids: (texts, pieces) integers, ragged or padded.

        Returns:
            (texts) strings.

        Raises:
            MissingExtra: If TensorFlow or tensorflow-text is not installed.
        """
        return self._graph.decode_graph(ids)

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
    def _graph(self) -> "GraphEngine":
        from keras_transformer.text.graph.engine import GraphEngine

        return GraphEngine(self.vocabulary, self.case, self.form)

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
