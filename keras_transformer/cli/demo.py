"""The command `demo`."""

import contextlib
import dataclasses
import pathlib

from keras_transformer.cli.explain import FIGURE, draw
from keras_transformer.cli.say import goes_on, say

EXAMPLES = (
    "Der alte Mann ruft seine Schwester an.",
    "Warum hast du gestern das Fenster nicht zugemacht?",
    "Ich weiß, dass der Zug um drei Uhr ankommt.",
)


@dataclasses.dataclass(frozen=True)
class Demo:
    """Train the first translator, score it, translate, and draw its attention."""

    folder: pathlib.Path = pathlib.Path("runs/phrasebook")
    """Folder of the run; a second call uses what is there."""
    text: tuple[str, ...] = ()
    """Texts of your own to translate."""

    @property
    def kept(self) -> str | None:
        """What is said of an interrupted run that can go on."""
        return goes_on(self.folder)

    def run(self) -> None:
        """Demonstrate."""
        from keras_transformer import corpora
        from keras_transformer.translation import experiment

        translator = experiment.train("phrasebook", self.folder, say=say)
        pairs = corpora.load("phrasebook").splits["test"]
        scores = experiment.evaluate(translator, pairs)
        print(f"\nHeld-out sentences: {scores}\n")
        own = [text for text in self.text if text.strip()]
        texts = [*EXAMPLES, *own]
        for text, translation in zip(texts, translator(texts), strict=True):
            print(f"  {text}\n  → {translation}\n")
        for text in (*own, *EXAMPLES):
            with contextlib.suppress(ValueError):  # too long to be explained
                draw(translator, text, self.folder / FIGURE)
                break
