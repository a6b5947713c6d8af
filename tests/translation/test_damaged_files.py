"""Whatever a folder's settings say: a recipe, or one line that names the file."""

import json
import os
import pathlib

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from keras_transformer.text import Tokenizer
from keras_transformer.translation.recipes import RECIPES, Recipe
from keras_transformer.translation.run_folder import read_recipe

RECIPE = json.dumps(RECIPES["phrasebook"].to_dict())
FUZZED = settings(
    max_examples=400,
    deadline=2000,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from([10**30, -1, 0, 1e999, "NaN", "9" * 5000, [], {}]),
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value, path=()):
    """Every place in nested objects and lists."""
    yield path
    items = dict(enumerate(value)) if isinstance(value, list) else value
    for name, inner in items.items() if isinstance(items, dict) else ():
        yield from places(inner, (*path, name))


def put(value, path, new):
    if not path:
        return new
    value = list(value) if isinstance(value, list) else dict(value)
    value[path[0]] = put(value[path[0]], path[1:], new)
    return value


@st.composite
def damaged(draw, text):
    """Another value at a place, a field more or less, or bytes changed or cut off."""
    if draw(st.booleans()):
        data = bytearray(text.encode())
        for _ in range(draw(st.integers(1, 4))):
            data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
        return bytes(data[: draw(st.integers(0, len(data)))])
    value = json.loads(text)
    path = draw(st.sampled_from([*places(value)]))
    return json.dumps(put(value, path, draw(VALUES))).encode()


def judged(read, path, data):
    """What `read` makes of the file: a value, or an error of one line that names it."""
    path.write_bytes(data)
    try:
        return read()
    except (ValueError, OSError) as error:
        (line,) = str(error).splitlines()
        assert str(path) in line and len(line) < 700
        return None


@FUZZED
@given(data=damaged(RECIPE))
@example(data=b"[" * 100_000)
@example(data=b'{"training": {"epochs": %s}}' % (b"9" * 5000))
@example(data=b'{"model": {"kind": []}}')
@example(data=b'{"text": null}')
@example(data=b'{"training": {"lengths": 5}}')
@example(data=b'{"training": {"clip_norm": NaN}}')
@example(data=b"\xff\xfe{\x00")
@example(data=b" " * 2**21)
def test_a_damaged_recipe_is_a_recipe_or_is_refused(tmp_path, data):
    found = judged(lambda: read_recipe(tmp_path), tmp_path / "recipe.json", data)
    if found is not None:
        # What is read is in its ranges: it comes back, and could be trained with.
        assert Recipe.from_dict(json.loads(json.dumps(found.to_dict()))) == found
        assert hash(found) is not None


@pytest.fixture
def folder(tmp_path):
    Tokenizer.learn(["Ruf an!", "Er ruft an."] * 2, 300).save(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.txt"])
def test_a_damaged_tokenizer_is_a_tokenizer_or_is_refused(folder, name):
    path = folder / name
    whole = path.read_bytes()

    @settings(parent=FUZZED, max_examples=120)
    @given(data=damaged(whole.decode()) if name.endswith("json") else bitten(whole))
    def fuzz(data):
        found = judged(lambda: Tokenizer.load(folder), path, data)
        if found is not None:
            assert found.decode(found.encode(["Er!"])) == found.normalize(["Er!"])

    fuzz()
    for data in (b"[]", b"null", b'{"format": 1}', b'{"format": 1, "size": 300}'):
        assert judged(lambda: Tokenizer.load(folder), path, data) is None


@st.composite
def bitten(draw, whole):
    data = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "dangling", "large"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path, kind):
    path = tmp_path / "recipe.json"
    {
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "dangling": lambda: path.symlink_to(tmp_path / "nothing"),
        "large": lambda: path.write_text(" " * 2**21),
    }[kind]()
    with pytest.raises((ValueError, OSError), match=r"recipe\.json"):
        read_recipe(pathlib.Path(tmp_path))


def test_every_place_is_damaged():
    assert len([*places(json.loads(RECIPE))]) > 40
