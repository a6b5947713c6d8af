"""Recipes in a folder that are damaged, or say something else than they did."""

import collections
import json

from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.run_folder import RECIPE, read_recipe
from soak.damage import damaged_bytes, damaged_json
from soak.fuzz import examples


def rounds(folder, random):
    """A round is a hundred damaged files, and a hundred that say something else."""
    path, done = folder / RECIPE, collections.Counter()

    def require_refused_or_read():
        done["files damaged"] += 1
        try:
            assert isinstance(read_recipe(folder), Recipe)
        except ValueError as error:
            assert str(path) in str(error)
            done["files refused by name"] += 1

    def said(recipe):
        path.write_text(json.dumps(recipe), "utf-8")
        require_refused_or_read()

    while True:
        done.clear()
        recipe = RECIPES[random.choice([*RECIPES])].to_dict()
        recipe = json.loads(json.dumps(recipe))
        for _ in range(100):
            path.write_bytes(damaged_bytes(random, json.dumps(recipe).encode())[0])
            require_refused_or_read()
        examples(said, random, recipe=damaged_json(recipe))
        yield collections.Counter(done)
