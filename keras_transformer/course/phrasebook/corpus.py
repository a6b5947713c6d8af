"""The phrasebook: German sentences, their English translations, gold alignments.

A synchronous grammar draws both sides of a sentence at once, so that it knows which
words translate each other. Words and rules are data: `lexicon.toml` and
`grammar.toml`. The corpus depends on nothing but them and a seed:

    python -m keras_transformer.course.phrasebook data/phrasebook

writes one TSV a split.
"""

import collections
import itertools
import pathlib
from collections.abc import Mapping

from keras_transformer.corpora.corpus import Corpus, Pairs
from keras_transformer.course.phrasebook.draw import Dice
from keras_transformer.course.phrasebook.sentences import Sentence, Sentences

SEED = 2017
PHENOMENA = (
    "separable_verbs",
    "verb_final",
    "modal_bracket",
    "perfect_bracket",
    "verb_second",
    "negation",
    "questions",
    "numbers_plurals",
    "relative_clauses",
    "comparatives",
    "coordination",
    "agreement_at_a_distance",
    "dative_experiencer",
    "reflexives",
    "infinitive_clauses",
)
HEADER = "source\ttarget\talignment\tphenomena"

_SIZES = {"train": 20_000, "valid": 1_000, "test": 1_000}
_CHALLENGE = 200
_LONG = 1_000
_SHORT_LENGTHS = range(3, 17)
_LONG_LENGTHS = range(17, 41)
# Long sentences are rarer than short ones, and there are few very short ones.
_WEIGHTS = (1, 7, 22, 26, 26, 26, 26, 25, 23, 22, 21, 19, 17, 15)
_SHARES = dict(zip(_SHORT_LENGTHS, _WEIGHTS, strict=True))
# A word form that occurs less often can hardly be learned.
_LEAST = 27
# Drawn beyond what is needed, because some sentences hold too rare words.
_SPARE = 1.16


def generate(seed: int = SEED) -> Corpus:
    """Draws the whole corpus.

    Args:
        seed: The corpus that is committed comes from the default.

    Returns:
        The splits `train`, `valid`, `test` (3 to 16 German words, punctuation
        included), `test_long` (17 to 40), and `challenge_` with the name of each
        phenomenon. No two pairs share a source or a target.
    """
    dice = Dice(seed)
    sentences = Sentences()
    sources: dict[str, str] = {}
    targets: set[str] = set()
    needed = sum(_SIZES.values()) + _CHALLENGE * len(PHENOMENA)
    pool = _without_rare_words(
        _draw(sentences, dice, _quotas(_SHARES, int(needed * _SPARE)), sources, targets)
    )
    splits = _split(dice.shuffle(pool), needed)
    known = {form for sentence in splits["train"] for form in _forms(sentence)}
    every = dict.fromkeys(_LONG_LENGTHS, 1)
    long = _draw(sentences, dice, _quotas(every, int(_LONG * 1.8)), sources, targets)
    long = [s for s in dice.shuffle(long) if known.issuperset(_forms(s))]
    splits["test_long"] = _evenly(long, _quotas(every, _LONG))
    order = ("train", "valid", "test", "test_long")
    names = (*order, *(name for name in splits if name not in order))
    return Corpus(
        "phrasebook", "de", "en", {name: _pairs(splits[name]) for name in names}
    )


def to_tsv(pairs: Pairs) -> str:
    """The text of a TSV file: a header, then a line a pair.

    Args:
        pairs: Pairs with alignments and phenomena.
    """
    lines = [HEADER]
    for row in zip(
        pairs.source, pairs.target, pairs.alignments, pairs.phenomena, strict=True
    ):
        source, target, alignment, phenomena = row
        links = " ".join(f"{i}-{j}" for i, j in alignment)
        lines.append("\t".join((source, target, links, ",".join(phenomena))))
    return "\n".join(lines) + "\n"


def write(corpus: Corpus, folder: pathlib.Path) -> None:
    """Writes one `<split>.tsv` for every split of the corpus.

    Args:
        corpus: The corpus.
        folder: Where to; made if it does not exist.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, pairs in corpus.splits.items():
        path = folder / f"{name}.tsv"
        path.write_bytes(to_tsv(pairs).encode("utf-8"))


def _quotas(shares: Mapping[int, int], total: int) -> dict[int, int]:
    """How many sentences of each length make up the total."""
    whole = sum(shares.values())
    quotas = {length: total * share // whole for length, share in shares.items()}
    middle = sorted(shares)[len(shares) // 2]
    quotas[middle] += total - sum(quotas.values())
    return quotas


def _draw(
    sentences: Sentences,
    dice: Dice,
    quotas: dict[int, int],
    sources: dict[str, str],
    targets: set[str],
) -> list[Sentence]:
    """Draws sentences until every length has its share, or no more are found."""
    quotas = dict(quotas)
    lengths = [length for length, quota in quotas.items() if quota]
    result = []
    failures = 0
    while lengths and failures < 20_000:
        failures += 1
        sentence = sentences.draw(dice, dice.pick(lengths))
        if sentence is None:
            continue
        source, target = sentence.source.lower(), sentence.target.lower()
        if sources.setdefault(source, target) != target:
            raise ValueError(
                "a source must have one translation, got "
                f"{sentence.source!r}: {sources[source]!r}, {target!r}"
            )
        length = len(source.split())
        if not quotas.get(length) or target in targets:
            continue
        targets.add(target)
        result.append(sentence)
        failures = 0
        quotas[length] -= 1
        if not quotas[length]:
            lengths.remove(length)
    return result


def _forms(sentence: Sentence) -> list[str]:
    """Its German and English word forms, case apart."""
    source, target = sentence.source.lower().split(), sentence.target.lower().split()
    return ["de:" + word for word in source] + ["en:" + word for word in target]


def _without_rare_words(pool: list[Sentence]) -> list[Sentence]:
    forms = [_forms(sentence) for sentence in pool]
    while True:
        counts = collections.Counter(itertools.chain.from_iterable(forms))
        rare = {form for form, count in counts.items() if count < _LEAST}
        if not rare:
            return pool
        kept = [rare.isdisjoint(each) for each in forms]
        pool = list(itertools.compress(pool, kept))
        forms = list(itertools.compress(forms, kept))


def _evenly(pool: list[Sentence], quotas: dict[int, int]) -> list[Sentence]:
    """The first sentences of the pool that fill the quotas, then any others."""
    quotas = dict(quotas)
    total = sum(quotas.values())
    chosen, others = [], []
    for sentence in pool:
        length = len(sentence.source.split())
        (chosen if quotas.get(length) else others).append(sentence)
        quotas[length] = max(0, quotas.get(length, 0) - 1)
    return (chosen + others)[:total]


def _split(pool: list[Sentence], needed: int) -> dict[str, list[Sentence]]:
    if len(pool) < needed:
        raise ValueError(
            f"the grammar must give {needed} sentences, got {len(pool)} of them"
        )
    splits: dict[str, list[Sentence]] = {}
    rest = pool
    # Phenomena that few sentences show choose first.
    counts = collections.Counter(name for s in pool for name in s.phenomena)
    for name in sorted(PHENOMENA, key=lambda name: (counts[name], name)):
        chosen, others = [], []
        for sentence in rest:
            wanted = name in sentence.phenomena and len(chosen) < _CHALLENGE
            (chosen if wanted else others).append(sentence)
        splits[f"challenge_{name}"] = chosen
        rest = others
    rest = _evenly(rest, _quotas(_SHARES, sum(_SIZES.values())))
    for name in ("valid", "test"):
        # Every tenth of the rest or so, so that all lengths are in every split.
        step = len(rest) // _SIZES[name]
        splits[name] = rest[::step][: _SIZES[name]]
        taken = {s.source for s in splits[name]}
        rest = [s for s in rest if s.source not in taken]
    splits["train"] = rest
    return {name: splits[name] for name in ("train", *sorted(set(splits) - {"train"}))}


def _pairs(sentences: list[Sentence]) -> Pairs:
    return Pairs(
        tuple(s.source for s in sentences),
        tuple(s.target for s in sentences),
        tuple(s.alignment for s in sentences),
        tuple(tuple(p for p in s.phenomena if p in PHENOMENA) for s in sentences),
    )
