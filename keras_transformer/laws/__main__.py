"""`python -m keras_transformer.laws FILE NAME LIKE`: a check that ends, whatever it is.

In a notebook `check` runs in the notebook's own process: that is fast, and code that
never ends is interrupted by hand. Here it runs in a process of its own.
"""

import argparse
import runpy
import sys

from keras_transformer.laws.sandbox import Limits, run_limited

HELD = 42  # not 0: code that ends the process has not passed


def main() -> None:
    """Check a function or a class of a file; 0 if all laws hold, 1 if not."""
    parser = argparse.ArgumentParser(prog="python -m keras_transformer.laws")
    parser.add_argument("file", help="a Python file")
    parser.add_argument("name", help="the function or class in it that is judged")
    parser.add_argument("like", help="what it should behave like, such as Attention")
    parser.add_argument("--seconds", type=float, default=Limits().seconds)
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        from keras_transformer.laws import check

        candidate = runpy.run_path(given.file)[given.name]
        sys.exit(HELD if check(candidate, like=given.like).ok else 1)
    command = [sys.executable, "-m", "keras_transformer.laws", "--inside"]
    command += [given.file, given.name, given.like]
    ended = run_limited(command, Limits(seconds=given.seconds))
    print(ended.output, end="")
    if ended.broke:
        print(f"\n{given.name} was ended: {ended.broke}.")
    elif ended.code not in (HELD, 1):
        print(f"\n{given.name} ended the check with exit code {ended.code}.")
    sys.exit(0 if ended.code == HELD else 1)


if __name__ == "__main__":
    main()
