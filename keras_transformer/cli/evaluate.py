"""The command `evaluate`."""

import dataclasses
import pathlib

import tyro

from keras_transformer.cli.say import say
from keras_transformer.cli.search import Search, SearchFlags


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Score a translator with sacreBLEU on the test splits of its corpus."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    corpus: str | None = None
    """Another corpus than the one it was trained on: a name, or a TSV file."""
    splits: tuple[str, ...] = ()
    """Splits to score; all but the training split by default."""
    output: pathlib.Path | None = None
    """JSON file for the scores, with recipe, history and versions."""
    search: SearchFlags = dataclasses.field(default_factory=Search)

    def run(self) -> None:
        """Evaluate."""
        from keras_transformer import corpora
        from keras_transformer.translation import experiment, results
        from keras_transformer.translation.translator import Translator

        translator = Translator.load(self.folder, **vars(self.search))
        corpus = corpora.load(self.corpus or translator.recipe.corpus)
        scored = experiment.evaluate_splits(translator, corpus, self.splits)
        for name, scores in scored.items():
            print(
                f"{name:36} BLEU {scores['bleu']:6.2f}  chrF {scores['chrf']:6.2f}  "
                f"exact {scores['exact']:6.1%}  ({scores['sentences']} sentences)"
            )
        print(next(iter(scored.values()))["signature"])
        if self.output:
            results.write_result(self.output, self.folder, translator, scored)
            say(f"{self.output} written")
