"""A guess beside the truth."""

import typing


def compare(
    guess: typing.Mapping[str, float | None], measured: typing.Mapping[str, float]
) -> None:
    """Print what a learner guessed beside what was measured.

    Args:
        guess: A number for each question, or None for what was not guessed.
        measured: The answer to each question.

    Raises:
        ValueError: If the two do not ask the same questions.

    >>> compare({"d = 4": 2.0, "d = 1024": None}, {"d = 4": 1.79, "d = 1024": 0.094})
              your guess  measured
    d = 4              2      1.79
    d = 1024           –     0.094
    """
    if set(guess) != set(measured):
        raise ValueError(
            f"guesses are wanted for {', '.join(measured)}, got {', '.join(guess)}"
        )
    width = max(len(name) for name in measured)
    print(f"{'':{width}}  your guess  measured")
    for name, value in measured.items():
        told = guess[name]
        own = "–" if told is None else f"{told:.3g}"
        print(f"{name:{width}}  {own:>10}  {value:8.3g}")
