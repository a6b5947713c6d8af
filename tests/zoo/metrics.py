import collections
import math

import numpy as np
from keras import ops

from zoo import mutant, sound


def hits(labels, logits):
    labels = np.asarray(labels)
    right = ops.convert_to_numpy(logits).argmax(-1) == labels
    return right, labels != 0


class Count:
    """A metric that counts over batches."""

    def __init__(self):
        self.reset_state()

    def reset_state(self):
        self.total, self.count = 0.0, 0.0

    def add(self, total, count):
        self.total += float(total)
        self.count += float(count)

    def result(self):
        return self.total / self.count


@sound("accuracy", like="accuracy")
class Accuracy(Count):
    def update_state(self, labels, logits):
        right, kept = hits(labels, logits)
        self.add((right & kept).sum(), kept.sum())


@mutant(
    "accuracy over padding: whatever is said there is an error, or a hit",
    like="accuracy",
    seen="cs230-stanford/cs230-code-examples#13; jsbaan/transformer-from-scratch#7",
)
class CountsPadding(Count):
    def update_state(self, labels, logits):
        right, kept = hits(labels, logits)
        self.add(right.sum(), kept.size)


@mutant("padding masked among the hits, not in the count", like="accuracy")
class DividesByEverything(Count):
    def update_state(self, labels, logits):
        right, kept = hits(labels, logits)
        self.add((right & kept).sum(), kept.size)


@mutant("padding masked on the prediction instead of the label", like="accuracy")
class MasksThePrediction(Count):
    def update_state(self, labels, logits):
        right, _ = hits(labels, logits)
        said = ops.convert_to_numpy(logits).argmax(-1) != 0
        self.add((right & said).sum(), said.sum())


@mutant("mean over batches instead of tokens", like="accuracy")
class MeanOfBatches(Accuracy):
    def update_state(self, labels, logits):
        right, kept = hits(labels, logits)
        self.add((right & kept).sum() / kept.sum(), 1)


@mutant("never reset: the first epoch stays in all others", like="accuracy")
class NeverReset(Accuracy):
    def reset_state(self):
        if not hasattr(self, "total"):
            super().reset_state()


@mutant("only the last batch counts", like="accuracy")
class LastBatch(Accuracy):
    def update_state(self, labels, logits):
        self.reset_state()
        super().update_state(labels, logits)


def surprise(labels, logits):
    logits = ops.convert_to_numpy(logits).astype("float64")
    chances = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    labels = np.asarray(labels)
    return -np.take_along_axis(chances, labels[..., None], -1)[..., 0], labels != 0


@sound("perplexity", like="perplexity")
class Perplexity(Count):
    def update_state(self, labels, logits):
        cost, kept = surprise(labels, logits)
        self.add((cost * kept).sum(), kept.sum())

    def result(self):
        return math.exp(self.total / self.count)


@mutant("perplexity as the mean of the batches' perplexities", like="perplexity")
class MeanOfExponentials(Count):
    def update_state(self, labels, logits):
        cost, kept = surprise(labels, logits)
        self.add(math.exp((cost * kept).sum() / kept.sum()), 1)


@mutant("perplexity with base 2 of a loss in nats", like="perplexity")
class WrongBase(Perplexity):
    def result(self):
        return 2 ** (self.total / self.count)


@sound("cross-entropy", like="cross_entropy")
class Surprise(Count):
    def update_state(self, labels, logits):
        cost, kept = surprise(labels, logits)
        self.add((cost * kept).sum(), kept.sum())


@mutant("cross-entropy in bits, shown as nats", like="cross_entropy")
class InBits(Surprise):
    def result(self):
        return self.total / self.count / math.log(2)


def bleu_of(hypotheses, references, longest=4, clip=True, penalty=lambda x: min(0, x)):
    """BLEU of runs of up to `longest` words; the penalty is read from 1 - r / c."""
    match, count = [0] * longest, [0] * longest
    lengths = [0, 0]
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        said, meant = hypothesis.split(), reference.split()
        lengths[0] += len(said)
        lengths[1] += len(meant)
        for n in range(longest):
            grams = [
                collections.Counter(
                    zip(*(words[i:] for i in range(n + 1)), strict=False)
                )
                for words in (said, meant)
            ]
            known = grams[0] & grams[1]
            match[n] += sum(known.values() if clip else (grams[0][g] for g in known))
            count[n] += sum(grams[0].values())
    if 0 in match:
        return 0.0
    logs = [math.log(m / c) for m, c in zip(match, count, strict=True)]
    short = penalty(1 - lengths[1] / lengths[0])
    return 100 * math.exp(sum(logs) / longest + short)


@sound("BLEU", like="bleu")
def bleu(hypotheses, references):
    return bleu_of(hypotheses, references)


@mutant(
    "arguments swapped: references scored against hypotheses",
    like="bleu",
    seen="bentrevett/pytorch-seq2seq#62",
)
def swapped(hypotheses, references):
    return bleu_of(references, hypotheses)


@mutant("no brevity penalty: one sure word scores full marks", like="bleu")
def without_brevity(hypotheses, references):
    return bleu_of(hypotheses, references, penalty=lambda x: 0)


@mutant("a word said twice is right twice: counts are not clipped", like="bleu")
def not_clipped(hypotheses, references):
    return bleu_of(hypotheses, references, clip=False)


@mutant("single words only: their order does not count", like="bleu")
def single_words(hypotheses, references):
    return bleu_of(hypotheses, references, longest=1)


@mutant("what is too long is rewarded: the penalty has no bound", like="bleu")
def rewards_length(hypotheses, references):
    return bleu_of(hypotheses, references, penalty=lambda x: x)


@mutant("mean of sentence scores instead of corpus counts", like="bleu")
def mean_of_sentences(hypotheses, references):
    pairs = list(zip(hypotheses, references, strict=True))
    return sum(bleu_of([h], [r]) for h, r in pairs) / len(pairs)


@mutant(
    "only the first sentence is scored",
    like="bleu",
    seen="vibrantlabsai/ragas#2888; mjpost/sacrebleu#272",
)
def first_sentence(hypotheses, references):
    return bleu_of(hypotheses[:1], references[:1])


@mutant(
    "accuracy as a mean of row means: narrow batches count too much", like="accuracy"
)
class MeanOfRows(Count):
    def update_state(self, labels, logits):
        right, kept = hits(labels, logits)
        rows = (right & kept).sum(1) / np.maximum(kept.sum(1), 1)
        # As `keras.metrics.Mean` does with weights [b, t]: tokens weigh by the width.
        self.add((rows * kept.sum(1) / kept.shape[1]).sum(), kept.mean(1).sum())


@mutant("BLEU clipped by all references together", like="bleu")
def clipped_by_the_corpus(hypotheses, references):
    logs = []
    for n in range(1, 5):
        said, meant = (
            collections.Counter(
                " ".join(text.split()[i : i + n])
                for text in texts
                for i in range(len(text.split()) - n + 1)
            )
            for texts in (hypotheses, references)
        )
        right = sum((said & meant).values())
        if not right:
            return 0.0
        logs.append(math.log(right / sum(said.values())) / 4)
    lengths = [len(" ".join(texts).split()) for texts in (hypotheses, references)]
    return 100 * math.exp(sum(logs) + min(0, 1 - lengths[1] / lengths[0]))
