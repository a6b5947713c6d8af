"""The command `evaluate`."""

import dataclasses
import pathlib
import typing

import tyro

from keras_transformer.cli.say import say
from keras_transformer.cli.search import Search, SearchFlags
from keras_transformer.translation.bleu_tokens import TOKENIZERS


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Score a translator with sacreBLEU on the test splits of its corpus."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    corpus: str | None = None
    """Another corpus than the one it was trained on: a name, or a table, of which every
    pair is scored."""
    columns: tuple[str, str] | None = None
    """Of that table, the columns of source and target, as for `train`."""
    files: tuple[pathlib.Path, ...] = ()
    """Parallel text files, all of whose lines are scored: the source, and one file of
    references or several."""
    splits: tuple[str, ...] = ()
    """Splits to score; all but the training split by default."""
    tokenize: typing.Literal[TOKENIZERS] | None = None
    """How BLEU cuts words; by default as the target language asks for."""
    output: pathlib.Path | None = None
    """JSON file for the scores, with recipe, history and versions."""
    search: SearchFlags = dataclasses.field(default_factory=Search)

    def run(self) -> None:
        """Evaluate."""
        from keras_transformer.translation import experiment, results
        from keras_transformer.translation.translator import Translator

        if self.corpus and self.files:
            raise ValueError("give a corpus or files, got both")
        translator = Translator.load(self.folder, **vars(self.search), progress=True)
        corpus, others = self._tested(translator.recipe)
        scored = experiment.evaluate_splits(
            translator, corpus, self.splits, self.tokenize, others
        )
        for name, scores in scored.items():
            print(
                f"{name:36} BLEU {scores['bleu']:6.2f}  chrF {scores['chrf']:6.2f}  "
                f"exact {scores['exact']:6.1%}  ({scores['sentences']} sentences)"
            )
        print(next(iter(scored.values()))["signature"])
        if self.output:
            results.write_result(self.output, self.folder, translator, scored)
            say(f"{self.output} written")

    def _tested(self, recipe):
        """What is scored, and further references."""
        from keras_transformer import corpora

        if self.files:
            if len(self.files) < 2:
                raise ValueError("give a source and a reference, got one file")
            source, *references = self.files
            pairs = [corpora.read_parallel(source, each) for each in references]
            tested = corpora.Corpus(str(source), "und", "und", {"test": pairs[0]})
            return tested, [each.target for each in pairs[1:]]
        if self.corpus is None or self.corpus == recipe.corpus:
            return corpora.load(recipe.corpus, recipe.columns), ()
        return corpora.load_test(self.corpus, self.columns), ()
