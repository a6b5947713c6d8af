"""Vocabularies in a folder that are damaged, or say something else than they did."""

import collections
import json

from keras_transformer.text import Tokenizer
from soak.damage import damaged_bytes, damaged_json
from soak.fuzz import examples

SENTENCES = ["Ruf an!", "Er ruft an.", "Das Kind malt einen Hund, oder?"]
NAMES = ("vocabulary.txt", "tokenizer.json")


def rounds(folder, random):
    """A round is ten damaged files, and ten that say something else."""
    done = collections.Counter()
    Tokenizer.learn(SENTENCES * 2, 330).save(folder)
    whole = {name: (folder / name).read_bytes() for name in NAMES}

    def require_refused_or_whole():
        """What loads gives texts back as they were."""
        done["files damaged"] += 1
        try:
            tokenizer = Tokenizer.load(folder)
        except ValueError:
            done["files refused"] += 1
            return
        texts = tokenizer.normalize(SENTENCES)
        assert tokenizer.decode(tokenizer.encode(SENTENCES)) == texts

    def said(options):
        (folder / NAMES[1]).write_text(json.dumps(options), "utf-8")
        require_refused_or_whole()

    while True:
        done.clear()
        for _ in range(10):
            name = random.choice(NAMES)
            (folder / name).write_bytes(damaged_bytes(random, whole[name])[0])
            require_refused_or_whole()
            (folder / name).write_bytes(whole[name])
        options = json.loads(whole[NAMES[1]])
        examples(said, random, 10, options=damaged_json(options))
        (folder / NAMES[1]).write_bytes(whole[NAMES[1]])
        yield collections.Counter(done)
