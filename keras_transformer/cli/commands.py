"""The commands: train, prepare, translate, evaluate, explain, corpora, demo.

Each is a dataclass: its fields are the flags, its docstrings the help.
"""

import contextlib
import dataclasses
import pathlib
import sys
import typing

import tyro

from keras_transformer import corpora
from keras_transformer.cli.token_commands import Prepare, TrainTokens
from keras_transformer.corpora import registry
from keras_transformer.corpora.lines import decode_lines, read_lines
from keras_transformer.translation.recipes import RECIPES, Recipe

EXAMPLES = (
    "Der alte Mann ruft seine Schwester an.",
    "Warum hast du gestern das Fenster nicht zugemacht?",
    "Ich weiß, dass der Zug um drei Uhr ankommt.",
)
FIGURE = "attention.png"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@dataclasses.dataclass(frozen=True)
class Train:
    """Train a translator by a recipe, or go on with a run that was interrupted.

    Every number of the recipe has a flag, which shows the recipe's own value as its
    default.
    """

    settings: typing.Annotated[Recipe, tyro.conf.arg(name="")]
    recipe: typing.Literal[tuple(RECIPES)] = "phrasebook"  # type: ignore[valid-type]
    """The recipe that the flags start from."""
    folder: pathlib.Path | None = None
    """Folder of the run; runs/<recipe> by default."""
    files: tuple[pathlib.Path, pathlib.Path] | None = None
    """Two parallel text files to train on, source and target, a sentence a line; the
    validation and test sentences are set aside from them."""
    tensorboard: bool = False
    """Write TensorBoard logs into the folder (needs the extra `tensorboard`)."""
    restart: bool = False
    """Delete what the folder holds and start anew."""
    devices: int = 0
    """Devices that share a batch, on JAX (KERAS_BACKEND=jax); 0 takes all."""

    def run(self) -> None:
        """Train."""
        import keras

        from keras_transformer.translation import experiment

        folder = self.folder or pathlib.Path("runs") / self.recipe
        if self.restart:
            experiment.clear(folder)
        callbacks = ()
        if self.tensorboard:
            callbacks = (keras.callbacks.TensorBoard(folder / "tensorboard"),)
        settings, corpus = self.settings, None
        if self.files:
            settings = dataclasses.replace(
                settings, corpus=" ".join(map(str, self.files))
            )
            corpus = corpora.load_files(self.files, name=settings.corpus)
        experiment.train(
            settings, folder, corpus, callbacks, say=_print, devices=self.devices
        )
        _print(f"The translator is in {folder}")


def _loaded(folder, beam, length_penalty):
    """The translator of a folder, with its recipe's search or with another."""
    from keras_transformer.translation.translator import Translator

    translator = Translator.load(folder)
    given = {"beam": beam, "length_penalty": length_penalty}
    given = {name: value for name, value in given.items() if value is not None}
    if not given:
        return translator
    recipe = translator.recipe
    decoding = dataclasses.replace(recipe.decoding, **given)
    return Translator(
        translator.model,
        translator.source_tokenizer,
        translator.target_tokenizer,
        dataclasses.replace(recipe, decoding=decoding),
    )


@dataclasses.dataclass(frozen=True)
class Translate:
    """Translate texts, a file, or standard input: one line in, one line out."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    texts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Texts to translate."""
    file: pathlib.Path | None = None
    """UTF-8 text file to translate line by line."""
    beam: int | None = None
    """Hypotheses of a sentence that are followed; by default the recipe's number."""
    length_penalty: float | None = None
    """How much a beam favours long translations; by default the recipe's number."""

    def run(self) -> None:
        """Translate."""
        if self.texts and self.file:
            raise ValueError("give texts or a file, got both")
        translator = _loaded(self.folder, self.beam, self.length_penalty)
        if self.texts:
            lines = [" ".join(text.splitlines()) for text in self.texts]
        elif self.file:
            lines = read_lines(self.file)
        else:
            lines = decode_lines(sys.stdin.buffer.read(), "standard input")
        for translation in translator(lines):
            # A model that has learned little may spell a line break.
            print(" ".join(translation.splitlines()))


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
    beam: int | None = None
    """Hypotheses of a sentence that are followed; by default the recipe's number."""
    length_penalty: float | None = None
    """How much a beam favours long translations; by default the recipe's number."""

    def run(self) -> None:
        """Evaluate."""
        from keras_transformer.translation import experiment
        from keras_transformer.translation import results as result_files

        translator = _loaded(self.folder, self.beam, self.length_penalty)
        corpus = corpora.load(self.corpus or translator.recipe.corpus)
        results = experiment.evaluate_splits(translator, corpus, self.splits)
        for name, scores in results.items():
            print(
                f"{name:36} BLEU {scores['bleu']:6.2f}  chrF {scores['chrf']:6.2f}  "
                f"exact {scores['exact']:6.1%}  ({scores['sentences']} sentences)"
            )
        print(next(iter(results.values()))["signature"])
        if self.output:
            result_files.write_result(self.output, self.folder, translator, results)
            _print(f"{self.output} written")


@dataclasses.dataclass(frozen=True)
class Explain:
    """Draw which source words a translator looked at for each target word."""

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    text: tyro.conf.Positional[str]
    """One sentence."""
    figure: pathlib.Path = pathlib.Path(FIGURE)
    """Figure to write; the ending chooses the format. Words that matplotlib's font
    cannot write, Chinese ones, make it an HTML page."""
    heads: bool = False
    """Draw every layer and head, instead of the mean of them all."""

    def run(self) -> None:
        """Explain."""
        from keras_transformer.translation.translator import Translator

        print(_draw(Translator.load(self.folder), self.text, self.figure, self.heads))


def _draw(translator, text, path, heads=False) -> str:
    from keras_transformer import plots

    explanation = translator.explain(text)
    if explanation.cross is None:
        raise ValueError("only a model with attention can be explained, got none")
    tokens = explanation.target, explanation.source
    mean = explanation.cross.mean(axis=(0, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    if plots.missing_glyphs("".join(map("".join, tokens)), math=False):
        # A browser has the Chinese glyphs that matplotlib's font lacks.
        path = path.with_suffix(".html")
        table = plots.html_heatmap(mean, *tokens)
        path.write_text(f"<meta charset=utf-8>{table._repr_html_()}\n", "utf-8")
    elif heads:
        plots.attention_heads(explanation.cross, *tokens).savefig(path, dpi=150)
    else:
        plots.attention_heatmap(mean, *tokens).savefig(path, dpi=150)
    _print(f"{path} written")
    return explanation.translation


@dataclasses.dataclass(frozen=True)
class CorporaList:
    """List the registered corpora."""

    def run(self) -> None:
        """List."""
        for name in corpora.names():
            print(f"{name:18} {registry.entry(name).title}")


@dataclasses.dataclass(frozen=True)
class CorporaDownload:
    """Download a corpus into the cache, and verify it."""

    name: tyro.conf.Positional[str]
    """A registered corpus."""
    accept_changed: bool = False
    """Accept a file that its publisher has changed since its checksum was taken."""

    def run(self) -> None:
        """Download."""
        files = registry.download(self.name, accept_changed=self.accept_changed)
        for path in files.values():
            print(path)


@dataclasses.dataclass(frozen=True)
class CorporaShow:
    """Describe a corpus and show some of its pairs."""

    name: tyro.conf.Positional[str]
    """A registered corpus."""
    split: str = "valid"
    """Split to show."""
    count: int = 5
    """Number of pairs."""

    def run(self) -> None:
        """Show."""
        print(corpora.describe(self.name))
        print()
        for line in corpora.show(self.name, self.split, self.count):
            print(line)


@dataclasses.dataclass(frozen=True)
class Demo:
    """Train the first translator, score it, translate, and draw its attention."""

    folder: pathlib.Path = pathlib.Path("runs/phrasebook")
    """Folder of the run; a second call uses what is there."""
    text: tuple[str, ...] = ()
    """Texts of your own to translate."""

    def run(self) -> None:
        """Demonstrate."""
        from keras_transformer.translation import experiment

        translator = experiment.train("phrasebook", self.folder, say=_print)
        pairs = corpora.load("phrasebook").splits["test"]
        scores = experiment.evaluate(translator, pairs)
        print(f"\nHeld-out sentences: {scores}\n")
        own = [text for text in self.text if text.strip()]
        texts = [*EXAMPLES, *own]
        for text, translation in zip(texts, translator(texts), strict=True):
            print(f"  {text}\n  → {translation}\n")
        for text in (*own, *EXAMPLES):
            with contextlib.suppress(ValueError):  # too long to be explained
                _draw(translator, text, self.folder / FIGURE)
                break


COMMANDS: dict[str, typing.Any] = {
    "train": Train,
    "prepare": Prepare,
    "train-tokens": TrainTokens,
    "translate": Translate,
    "evaluate": Evaluate,
    "explain": Explain,
    "corpora": {
        "list": CorporaList,
        "download": CorporaDownload,
        "show": CorporaShow,
    },
    "demo": Demo,
}
