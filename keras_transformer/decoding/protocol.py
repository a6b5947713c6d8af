"""What a model must offer so that every decoding rule works with it."""

from typing import Any, Protocol


class Decodable(Protocol):
    """A model that translates one token at a time.

    The state is a value: `step` returns a new one and changes nothing. It may be any
    nest of tuples and dicts; every leaf is a tensor whose first axis is the batch,
    so that a beam can reorder the hypotheses with one `tree.map_structure`.
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
            tokens: The last token of each hypothesis, integers `[b]`.
            state: What `start` or the step before returned.

        Returns:
            Logits of the next token, float `[b, v]`, and the new state.
        """
