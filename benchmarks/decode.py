"""Translating the test sentences of a trained translator, beside other engines."""

import functools
import pathlib

from benchmarks.timing import in_turns, milliseconds, ratios
from benchmarks.trained import DECODERS
from keras_transformer import corpora
from keras_transformer.translation.evaluation import score
from keras_transformer.translation.translator import Translator

BEAMS = (1, 4)
RUN = pathlib.Path("runs/multi30k-de-en")


def equal(found: list[list], wanted: list[list]) -> float:
    """The share of translations that are the same, token for token."""
    same = sum(one == other for one, other in zip(found, wanted, strict=True))
    return round(same / len(wanted), 3)


def sentences(
    translator: Translator, most: int | None = None
) -> tuple[list[list[int]], list[str]]:
    """Source ids and references of the first test set, none longer than in training."""
    splits = corpora.load(translator.recipe.corpus).splits
    pairs = next(splits[name] for name in splits if name.startswith("test"))
    ids = translator.source_tokenizer.encode(pairs.source[:most])
    kept = [i for i, one in enumerate(ids) if 0 < len(one) <= translator.max_tokens]
    return [ids[i] for i in kept], [pairs.target[i] for i in kept]


def bleu(translator: Translator, found: list[list], references: list[str]) -> float:
    """BLEU of translations, as `evaluate` counts it."""
    tokenizer = translator.target_tokenizer
    wanted = tokenizer.normalize(references)
    lower = tokenizer.case == "lower"
    return round(score(tokenizer.decode(found), wanted, lower).bleu, 1)


def measure(
    peers: list[str], rounds: int, run: pathlib.Path = RUN, most: int | None = None
) -> tuple[dict, list[dict]]:
    """Sentences a second, of sentences that end when they end.

    Every engine is given the same token ids in one list, and makes batches of them as
    it likes. Texts are not encoded or decoded here: that takes nobody any time.
    """
    for name in peers:
        if name not in DECODERS:
            raise ValueError(f"the decoders are {', '.join(DECODERS)}, got {name!r}")
    translator = Translator.load(run)
    sources, references = sentences(translator, most)
    rows = []
    for beam in BEAMS:
        made = {p: DECODERS[p](translator, beam) for p in ("ours", *peers)}
        found = {p: decode(sources) for p, decode in made.items()}
        programs = {p: functools.partial(d, sources) for p, d in made.items()}
        taken = in_turns(programs, rounds)
        tokens = sum(len(ids) + 1 for ids in found["ours"])
        rows.append(
            {
                "search": "greedy" if beam == 1 else f"beam {beam}",
                "tokens a sentence": round(tokens / len(sources), 1),
                "equal": ", ".join(
                    f"{p} {equal(found[p], found['ours']):.1%}" for p in peers
                )
                or None,
                "BLEU": ", ".join(
                    f"{p} {bleu(translator, ids, references)}"
                    for p, ids in found.items()
                ),
                "milliseconds": milliseconds(taken),
                "sentences_per_second": {
                    p: round(len(sources) / times["median"], 1)
                    for p, times in taken.items()
                },
                "ratio": ratios(taken),
            }
        )
        print(rows[-1], flush=True)
    about = {
        "corpus": translator.recipe.corpus,
        "sentences": len(sources),
        "weights": f"{translator.model.count_params():,}",
        "positions": getattr(translator.recipe.model, "positions", "none"),
        "rounds": rounds,
    }
    return about, rows
