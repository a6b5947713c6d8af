"""Text that nobody wrote: every plane of Unicode, marks, controls, and far too much."""

import concurrent.futures
import resource
import sys

from keras_transformer import corpora
from keras_transformer.text import Tokenizer
from keras_transformer.translation.recipes import RECIPES
from keras_transformer.translation.translator import Translator

PLANES = [(p << 16, (p << 16) | 0xFFFF) for p in range(17)]
SPECIAL = [
    *range(0x20), 0x7F, 0x85, 0xA0, 0xAD, 0x61C, 0x200B, 0x200C, 0x200D, 0x200E,
    0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x300, 0x20E3,
    0xFE0F, 0xFEFF, 0xFFED, 0xFFFD, 0xFFFF, 0x1F468, 0x1F3FD, 0xE0067, 0x10FFFF,
]  # fmt: skip
WORDS = ["Der", "Mann", "ruft", "an", ".", "[END]", "[PAD]", "##n", "<0x00>", "\ufeff"]
GROWTH = 512 * 2**20  # bytes that memory may grow by, programs included


def noise(random, longest=40):
    """A text of any characters but halves of them."""
    return "".join(_piece(random) for _ in range(random.randrange(longest)))


def _piece(random):
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(WORDS) + " "
    if kind == 1:
        return chr(random.choice(SPECIAL))
    code = random.randint(*random.choice(PLANES if kind == 2 else PLANES[:2]))
    return "" if 0xD800 <= code < 0xE000 else chr(code)


def untrained():
    """A translator that has learned nothing: it says what it says, always the same."""
    recipe = RECIPES["smoke"]
    pairs = corpora.load("phrasebook").splits["valid"].take(200)
    tokenizer = Tokenizer.learn([*pairs.source, *pairs.target], 500)
    size = len(tokenizer.vocabulary)
    model = recipe.model.make(size, size, recipe.text, recipe.training)
    model.build()
    return Translator(model, tokenizer, tokenizer, recipe)


def require_sane(translator, texts, alone=3):
    """Translate, and compare with the same texts alone, in threads, and as a stream."""
    found = translator(texts)
    assert len(found) == len(texts)
    assert all(text.encode("utf-8").decode("utf-8") == text for text in found)
    seen = translator.source_tokenizer.normalize(texts)
    for text, translation in zip(seen, found, strict=True):
        assert text or not translation, "of nothing to see, something was made"
    for place in range(0, len(texts), max(len(texts) // alone, 1)):
        assert translator([texts[place]]) == [found[place]]
    assert translator(text for text in texts) == found
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(again == found for again in pool.map(translator, [texts] * 4))
    assert translator([]) == []


def require_whole(translator, text):
    """A long text is translated in parts, and nothing of it is cut off."""
    tokenizer = translator.source_tokenizer
    ids = tokenizer.encode([text])[0]
    parts = translator._parts(text, ids)
    assert all(len(part) <= translator.max_tokens for part in parts)
    joined = "".join("".join(tokenizer.letters(part)) for part in parts)
    assert joined.replace("␣", "") == "".join(tokenizer.letters(ids)).replace("␣", "")
    (translation,) = translator([text])
    assert translation


def rounds(folder, random):
    """A round is 500 texts, and one word of a megabyte; the first is a small one."""
    translator = untrained()
    count, length, grown = 30, 2000, 0
    while True:
        before = memory()  # other parts are of the same process
        require_sane(translator, [noise(random) for _ in range(count)])
        word = "".join(random.choice("abcdefgh") for _ in range(length))
        require_whole(translator, word)
        grown += memory() - before
        assert grown < GROWTH, f"memory grew by {grown >> 20} MiB in all"
        yield {"texts": count, "letters in a word": length}
        count, length = 500, 2**20


def memory():
    """The most bytes that this process ever had."""
    scale = 1 if sys.platform == "darwin" else 1024
    return scale * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
