"""What a model must offer so that every decoding rule works with it.

Axes: `b` sentence, `k` hypotheses of a sentence, `n = b·k` rows, the hypotheses of a
sentence one behind the other; `s` source position, `v` vocabulary.
"""

from typing import Any, Protocol


class Decodable(Protocol):
    """A model that translates one token at a time.

    The state is a value: `step` returns a new one and changes nothing. It may be any
    nest of tuples and dicts of tensors.

    **A state of one hypothesis a sentence.** The first axis of every leaf is the batch.
    That is all that greedy decoding and sampling need, and a beam too: it repeats each
    row for its hypotheses, and after each step gathers the rows that go on.

    **A state that knows better.** What is copied for nothing, the encoder's memory
    above all, is the same for all hypotheses of a sentence. A state may therefore bring
    two methods of its own (a `NamedTuple` can have methods); see `HypothesisState`. Its
    leaves are then laid out as it likes, but the sentences, or their rows, come first:
    a search takes out those that have ended. `step` finds the number of hypotheses in
    the shapes: `k` is the number of tokens divided by the number of sentences.
    """

    def start(self, source: Any, max_length: int) -> Any:
        """The state before the first target token.

        Args:
            source: Source ids, integers `[b, s]`, 0 = padding.
            max_length: How many target tokens the state must have room for.
        """

    def step(self, tokens: Any, state: Any) -> tuple[Any, Any]:
        """One more target token.

        Args:
            tokens: The last token of each hypothesis, integers `[n]`.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[n, v]`, and the new state.
        """


class HypothesisState(Protocol):
    """A state that lays out the hypotheses of a sentence itself."""

    def spread(self, count: int) -> Any:
        """The state of `count` hypotheses of each sentence, equal so far.

        Args:
            count: The number of hypotheses, `k`.
        """

    def reorder(self, parents: Any) -> Any:
        """The state whose row `i` goes on from what row `parents[i]` was.

        Args:
            parents: Integers `[n]`, each a row of the same sentence.
        """
