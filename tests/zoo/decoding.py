import numpy as np
from keras import ops, tree

from zoo import mutant, sound

PADDING, START, END = 0, 1, 2


class Loop:
    """Greedy decoding, step by step; each mutant replaces one step."""

    def choose(self, logits):
        logits = logits.copy()
        logits[:, [PADDING, START]] = -1e9
        return logits.argmax(-1)

    def finish(self, tokens, ended):
        return np.where(ended, PADDING, tokens)

    def over(self, ended):
        return ended.all()

    def fed(self, tokens):
        return tokens

    def __call__(self, model, source, max_length):
        state = model.start(source, max_length)
        tokens = np.full(len(source), START)
        ended = ~(np.asarray(source) != PADDING).any(1)
        said = np.zeros((len(source), max_length), int)
        for place in range(max_length):
            if self.over(ended):
                break
            logits, state = model.step(self.fed(tokens), state)
            tokens = self.choose(ops.convert_to_numpy(logits))
            tokens = self.finish(tokens, ended)
            said[:, place] = tokens
            ended = ended | (tokens == END)
        return said


sound("greedy", like="greedy")(Loop)


@mutant(
    "goes on after the end",
    like="greedy",
    seen="lucidrains/h-transformer-1d#9",
)
class GoesOn(Loop):
    def finish(self, tokens, ended):
        return tokens


@mutant(
    "stops only when all sentences end in the same step",
    like="greedy",
    seen="Dao-AILab/flash-attention#2784",
)
class WaitsForAll(Loop):
    def __call__(self, model, source, max_length):
        state = model.start(source, max_length)
        tokens = np.full(len(source), START)
        said = np.zeros((len(source), max_length), int)
        for place in range(max_length):
            logits, state = model.step(tokens, state)
            tokens = self.choose(ops.convert_to_numpy(logits))
            said[:, place] = tokens
            if (tokens == END).all():
                break
        return said


@mutant("stops when the first sentence ends", like="greedy")
class StopsWithTheFirst(Loop):
    def over(self, ended):
        return ended.any()


@mutant("finished sentences are filled with END instead of padding", like="greedy")
class FillsWithEnd(Loop):
    def finish(self, tokens, ended):
        return np.where(ended, END, tokens)


@mutant("padding and start may be chosen", like="greedy")
class SaysPadding(Loop):
    def choose(self, logits):
        return logits.argmax(-1)


@mutant("the least likely token", like="greedy")
class LeastLikely(Loop):
    def choose(self, logits):
        logits = logits.copy()
        logits[:, [PADDING, START]] = 1e9
        return logits.argmin(-1)


@mutant("every step is given the start token", like="greedy")
class AlwaysStart(Loop):
    def fed(self, tokens):
        return np.full_like(tokens, START)


@mutant("one token fewer than max_length", like="greedy")
class OneTooFew(Loop):
    def __call__(self, model, source, max_length):
        said = super().__call__(model, source, max_length)
        said[:, -1] = PADDING
        return said


@mutant("one token more than max_length", like="greedy")
class OneTooMany(Loop):
    def __call__(self, model, source, max_length):
        return super().__call__(model, source, max_length + 1)


@mutant("the state of the first step is used in every step", like="greedy")
class StateForgotten(Loop):
    def __call__(self, model, source, max_length):
        class Frozen:
            def start(self, *arguments):
                return model.start(*arguments)

            def step(self, tokens, state):
                return model.step(tokens, state)[0], state

        return super().__call__(Frozen(), source, max_length)


@mutant("an empty source is translated all the same", like="greedy")
class TranslatesNothing(Loop):
    def over(self, ended):
        return False

    def finish(self, tokens, ended):
        self.ended = getattr(self, "ended", np.zeros(len(tokens), bool))
        if len(self.ended) != len(tokens):
            self.ended = np.zeros(len(tokens), bool)
        made = np.where(self.ended, PADDING, tokens)
        self.ended = self.ended | (tokens == END)
        return made

    def __call__(self, model, source, max_length):
        self.ended = np.zeros(len(source), bool)
        return super().__call__(model, np.where(source == 0, 3, source), max_length)


class Beam:
    """Beam search of width 27, without a length penalty."""

    width = 27

    def reorder(self, state, parents):
        return tree.map_structure(lambda leaf: ops.take(leaf, parents, axis=0), state)

    def score(self, total, new):
        return total[:, None] + new

    def freeze(self, chances, ended):
        chances[ended] = -np.inf
        chances[ended, PADDING] = 0.0
        return chances

    def best(self, total, said):
        return int(np.argmax(total))

    def __call__(self, model, source, max_length):
        source = np.asarray(source)
        return np.stack([self.one(model, row[None], max_length) for row in source])

    def one(self, model, source, max_length):
        said = np.zeros((1, max_length), int)
        if not (source != PADDING).any():
            return said[0]
        state = model.start(source, max_length)
        tokens, total = np.array([START]), np.zeros(1)
        ended = np.zeros(1, bool)
        for place in range(max_length):
            if ended.all():
                break
            logits, state = model.step(tokens, state)
            logits = ops.convert_to_numpy(logits).astype("float64")
            logits[:, [PADDING, START]] = -1e9
            top = logits.max(-1, keepdims=True)
            chances = logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))
            scores = self.score(total, self.freeze(chances, ended))
            order = np.argsort(-scores, axis=None, kind="stable")[: self.width]
            order = order[np.isfinite(scores.ravel()[order])]
            parents, tokens = np.unravel_index(order, scores.shape)
            total = scores[parents, tokens]
            said, ended = said[parents], ended[parents]
            said[:, place] = tokens
            ended = ended | (tokens == END)
            state = self.reorder(state, parents)
        return said[self.best(total, said)]


sound("beam search", like="beam")(Beam)


@sound("beam search of width 1", like="greedy")
class Narrow(Beam):
    width = 1


@mutant(
    "beam reorders the tokens, not the state",
    like="beam",
    seen="huggingface/transformers#46612",
)
class StateNotReordered(Beam):
    def reorder(self, state, parents):
        ours = np.arange(len(parents)) % len(tree.flatten(state)[0])
        return super().reorder(state, ours)


@mutant("beam keeps the worst hypothesis", like="beam")
class KeepsTheWorst(Beam):
    def best(self, total, said):
        return int(np.argmin(total))


@mutant("beam scores hypotheses by the last token alone", like="beam")
class LastTokenOnly(Beam):
    def score(self, total, new):
        return 0 * total[:, None] + new


@mutant("beam of width 1 in disguise: the option is not read", like="beam")
class NeverWide(Beam):
    width = 1


@mutant("finished hypotheses go on collecting score and tokens", like="beam")
class NotFrozen(Beam):
    def freeze(self, chances, ended):
        return chances


@mutant("every hypothesis goes on from the state of the best one", like="beam")
class StateOfTheBest(Beam):
    def reorder(self, state, parents):
        return super().reorder(state, np.full_like(parents, parents[0]))


@mutant("the answer of a beam is the best per token, not the likeliest", like="beam")
class BestPerToken(Beam):
    def best(self, total, said):
        return int(np.argmax(total / np.maximum((said != PADDING).sum(1), 1)))
