"""Small dialogues, made of the phrasebook's questions: every answer can be checked.

`[A] Does Anna sing ? [B] Yes , she does . [A] And you ? [B] Yes , I do .`

The verb of each answer is that of the first question, bent for its own pronoun. One who
answers says yes to everything, or no.
"""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

ASKS, ANSWERS = "[A]", "[B]"
PRONOUNS = {  # who is asked about: how the answer says it
    **dict.fromkeys(("Anna", "Maria", "Clara", "she"), "she"),
    **dict.fromkeys(("Tom", "Peter", "Paul", "he"), "he"),
    **{"you": "I", "I": "you", "we": "we", "they": "they"},
}
VERBS = {  # the first word of a question: what he does, what I do, what others do
    **dict.fromkeys(("Does", "Do"), ("does", "do", "do")),
    **dict.fromkeys(("Is", "Are", "Am"), ("is", "am", "are")),
    **dict.fromkeys(("Was", "Were"), ("was", "was", "were")),
    **{verb.title(): (verb,) * 3 for verb in ("did", "will", "can", "would", "could")},
}


def answer(verb: str, subject: str, yes: bool) -> str:
    """The short answer to a question.

    Args:
        verb: The first word of the question.
        subject: Who is asked about.
        yes: Whether to agree.

    Example:
        >>> answer("Does", "Anna", yes=True), answer("Are", "you", yes=False)
        ('Yes , she does .', 'No , I am not .')
    """
    pronoun = PRONOUNS[subject]
    form = {"she": 0, "he": 0, "I": 1}.get(pronoun, 2)
    said = f"{pronoun} {VERBS[verb][form]}"
    return f"Yes , {said} ." if yes else f"No , {said} not ."


@dataclasses.dataclass(frozen=True)
class Dialogue:
    """A question, and others that go on from it, each with its answer.

    Args:
        questions: What is asked, first the whole question, then "And … ?".
        answers: The answers.
    """

    questions: tuple[str, ...]
    answers: tuple[str, ...]

    def prompt(self, turn: int) -> str:
        """All that was said before an answer, with the marker that asks for it.

        Args:
            turn: The number of the answer, from 0.
        """
        pairs = zip(self.questions[:turn], self.answers[:turn], strict=True)
        before = [f"{ASKS} {asked} {ANSWERS} {said}" for asked, said in pairs]
        return " ".join([*before, f"{ASKS} {self.questions[turn]} {ANSWERS}"])

    def __str__(self) -> str:
        last = len(self.answers) - 1
        return f"{self.prompt(last)} {self.answers[last]}"


def questions(sentences: Iterable[str]) -> list[str]:
    """The sentences that ask for yes or no about a name or a pronoun, in their order.

    Args:
        sentences: Sentences, a space between any two words.

    Example:
        >>> questions(["Does he sing ?", "He sings .", "Who sings ?"])
        ['Does he sing ?']
    """
    found = (text.split() for text in sentences)
    kept = (w for w in found if w[0] in VERBS and w[1] in PRONOUNS and w[-1] == "?")
    return [" ".join(words) for words in kept if "not" not in words]


def dialogues(
    asked: Sequence[str], count: int, turns: int, seed: int = 0
) -> list[Dialogue]:
    """Dialogues that begin with these questions, each as often as the others.

    Args:
        asked: Questions, as `questions` finds them.
        count: How many dialogues.
        turns: Questions in each.
        seed: Decides about whom it goes on, and who agrees.
    """
    dice, made = np.random.default_rng(seed), []
    for number in range(count):
        first = asked[number % len(asked)]
        verb, subject = first.split()[:2]
        others = [name for name in PRONOUNS if name != subject]
        also = [str(name) for name in dice.choice(others, turns - 1, replace=False)]
        yes = bool(dice.random() < 0.5)
        made.append(
            Dialogue(
                (first, *(f"And {name} ?" for name in also)),
                tuple(answer(verb, name, yes) for name in (subject, *also)),
            )
        )
    return made
