"""`python -m soak MINUTES`: every part in turn, and what was done to a file."""

import argparse
import collections
import datetime
import json
import logging
import pathlib
import random
import tempfile
import time

import soak
from keras_transformer.system.files import write_json
from keras_transformer.translation.run_folder import versions

RESULT = soak.TESTS.parent / "results" / "soak.json"


def main():
    """Go through the parts until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("minutes", type=float, nargs="?", default=60)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    parser.add_argument("--only", nargs="+", choices=soak.names(), metavar="PART")
    parser.add_argument("--output", type=pathlib.Path, default=RESULT)
    given = parser.parse_args()
    # Each tokenizer has a graph of its own: TensorFlow would warn of many.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    names = given.only or soak.names()
    print(f"{given.minutes:g} minutes of {', '.join(names)}; seed {given.seed}")
    spent = dict.fromkeys(names, 0.0)
    done = {name: collections.Counter() for name in names}
    with tempfile.TemporaryDirectory() as home:
        parts = {}
        end = time.monotonic() + 60 * given.minutes
        while (started := time.monotonic()) < end:
            name = min(names, key=spent.get)  # each gets the same time
            if name not in parts:
                folder = pathlib.Path(home) / name
                folder.mkdir()
                rng = random.Random(f"{given.seed} {name}")
                parts[name] = soak.part(name).rounds(folder, rng)
            done[name].update(next(parts[name]))
            spent[name] += time.monotonic() - started
        for part in parts.values():
            part.close()
    result = {
        "minutes": given.minutes,
        "seed": given.seed,
        "date": datetime.date.today().isoformat(),
        "versions": versions(),
        "parts": {
            name: {**dict(sorted(done[name].items())), "seconds": round(spent[name])}
            for name in names
        },
    }
    write_json(given.output, result)
    print(json.dumps(result["parts"], indent=1, allow_nan=False))


main()
