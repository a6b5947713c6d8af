"""From dirty pairs to a scored translator, by the commands that a user would type.

The pairs are those of `benchmarks.dirty`, in two files or one table; each command runs
in a process of its own.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

from benchmarks import dirty

ROOT = pathlib.Path(__file__).parents[1]
LANGUAGES = ("de", "en")


def measure(
    peers: list[str],
    rounds: int,
    pairs: int = 2000,
    table: bool = False,
    train: str = "",
) -> tuple[dict, list[dict]]:
    """What `clean` drops, what is said before training, seconds by step, and BLEU.

    Args:
        peers: Not asked.
        rounds: Not asked: everything happens once.
        pairs: How many pairs there are before the dirt.
        table: Whether they come as one CSV, not as two text files.
        train: Further flags for `train`, as in a shell.
    """
    load = os.getloadavg()[0]
    made, put_in = dirty.spoiled(dirty.sentences(pairs))
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        clean, run, scores = (folder / each for each in ("clean", "run", "scores.json"))
        files = (dirty.write_table if table else dirty.write_files)(folder, made)
        columns = ("--columns", *LANGUAGES) if table else ()
        corpus = (
            ("--corpus", clean / "pairs.tsv")
            if table
            else ("--files", *(clean / file.name for file in files))
        )
        steps = {
            "clean": ("clean", *files, "--out", clean, *columns),
            "train": (
                *("train", "--recipe", "auto", *corpus, "--folder", run),
                *shlex.split(train),
            ),
            "evaluate": ("evaluate", run, "--splits", "test", "--output", scores),
        }
        seconds, said = {}, {}
        for step, command in steps.items():
            started = time.perf_counter()
            said[step] = typed(command)
            seconds[step] = round(time.perf_counter() - started, 1)
        report = json.loads((clean / "report.json").read_text("utf-8"))
        reached = json.loads(scores.read_text("utf-8"))
    told = re.search(r"^(about .*?) at the pace", said["train"], re.M)
    test = reached["scores"]["test"]
    about = {
        "pairs": report["read"],
        "kept": report["kept"],
        **{f"put in: {kind}": count for kind, count in put_in.items()},
        **{f"dropped: {rule}": count for rule, count in report["dropped"].items()},
        "told": told[1],
        "load average before": round(load, 1),
        "parameters": reached["parameters"],
        "passes": len(reached["history"]),
        "test sentences": test["sentences"],
        "test BLEU": round(test["bleu"], 1),
    }
    rows = [
        {"step": step, "seconds": {"ours": took}, "ratio": {}}
        for step, took in seconds.items()
    ]
    return about, rows


def typed(command: tuple) -> str:
    """What a command of the package says.

    Raises:
        RuntimeError: If it fails; with what it said.
    """
    words = [str(word) for word in command]
    print("keras-transformer", shlex.join(words), flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "keras_transformer", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[0]} failed: {done.stderr[-2000:]}")
    return done.stderr + done.stdout
