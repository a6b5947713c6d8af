"""Ways in which a file, or what it says, can be other than it was written."""

import copy

from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=6,
)
"""Whatever JSON holds, with NaN and infinity, which Python's JSON holds too."""


KINDS = [
    "bit",
    "bits",
    "cut",
    "lost",
    "zeroed",
    "doubled",
    "moved",
    "inserted",
    "empty",
]


def damaged_bytes(random, data):
    """The bytes with one damage of a random kind; and the kind."""
    data = bytearray(data)
    place, end = sorted(random.randrange(len(data) + 1) for _ in range(2))
    kind = random.choice(KINDS)
    if kind in ("bit", "bits"):
        for _ in range(1 if kind == "bit" else random.randrange(2, 50)):
            data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    elif kind == "cut":
        del data[place:]
    elif kind == "lost":
        del data[place:end]
    elif kind == "zeroed":
        data[place:end] = bytes(end - place)
    elif kind == "doubled":
        data[place:place] = data[place:end]
    elif kind == "moved":
        part = data[place:end]
        del data[place:end]
        where = random.randrange(len(data) + 1)
        data[where:where] = part
    elif kind == "new":
        data[place:place] = random.randbytes(random.randrange(1, 100))
    else:
        data.clear()
    return bytes(data), kind


def _places(value, path=()):
    yield path
    children = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        children = enumerate(value)
    for name, child in children:
        yield from _places(child, (*path, name))


@st.composite
def damaged_json(draw, value):
    """The value with one to three of its parts replaced, deleted or added."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([*_places(value)]))
        if not path:
            if draw(st.integers(0, 9)) == 0:
                return draw(ANYTHING)
            continue
        *inner, last = path
        holder = value
        for name in inner:
            holder = holder[name]
        kind = draw(st.sampled_from(("replace", "replace", "delete", "add")))
        if kind == "replace":
            holder[last] = draw(ANYTHING)
        elif kind == "delete":
            del holder[last]
        elif isinstance(holder, dict):
            holder[draw(st.text(max_size=8))] = draw(ANYTHING)
        else:
            holder.append(draw(ANYTHING))
    return value
