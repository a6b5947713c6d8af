"""A corpus cleaned into a folder: what was kept, what was dropped, and why."""

import contextlib
import dataclasses
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keras_transformer.corpora.cleaning import Cleaning, clean
from keras_transformer.corpora.errors import CorpusError
from keras_transformer.corpora.streams import stream_pairs
from keras_transformer.corpora.tables import Columns
from keras_transformer.system.files import write_json

EXAMPLES = 3
DROPPED, REPORT = "dropped.tsv", "report.json"


def clean_files(
    files: Sequence[str | Path],
    out: str | Path,
    cleaning: Cleaning | None = None,
    *,
    columns: Columns | None = None,
    held_out: Sequence[str | Path] = (),
) -> dict[str, Any]:
    """Clean files of any size into a new folder.

    The folder gets the kept pairs under the names of the files (two files, or one
    `.tsv`), without compression, in UTF-8; the dropped ones as `dropped.tsv` (rule,
    line, source, target), tidied; and what is returned as `report.json`. It appears
    when all of it is written, or not at all.

    Args:
        files: Two parallel files or one table, see `stream_pairs`.
        out: The folder; must not exist, or be empty.
        cleaning: The rules; all of them by default.
        columns: Of a table, the columns of source and target, by number or name.
        held_out: Files like `files`, to be tested on.

    Returns:
        How many pairs were read, kept, and dropped and repaired by rule, with examples.

    Raises:
        CorpusError: If the folder holds something, two files have one name, no pair is
            left, or a file breaks a rule of `stream_pairs`.
    """
    out, cleaning = Path(out), cleaning or Cleaning()
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise CorpusError(f"{out}: must be a new or an empty folder, got a full one")
    names = [_plain_name(file) for file in files]
    if len(files) == 1:
        names = [f"{Path(names[0]).stem}.tsv"]
    if len({*names, DROPPED, REPORT}) != len(names) + 2:
        raise CorpusError(f"{out}: files must have names of their own, got {names}")
    kept_out = stream_pairs(held_out, columns) if held_out else ()
    out.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        judged = clean(stream_pairs(files, columns), cleaning, kept_out)
        report = _write(judged, building, names)
        report |= {"files": [*map(str, files)], "rules": dataclasses.asdict(cleaning)}
        if not report["kept"]:
            raise CorpusError(
                f"{' '.join(map(str, files))}: at least one pair must be left, dropped "
                f"all: {report['dropped']}"
            )
        write_json(building / REPORT, report)
        building.chmod(0o755)
        building.rename(out)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return report


def _plain_name(file):
    name = Path(file).name
    for ending in (".gz", ".zip"):
        name = name.removesuffix(ending)
    return name


def _write(judged, folder, names):
    counts, repairs = Counter(), Counter()
    dropped, examples = Counter(), {}
    with contextlib.ExitStack() as stack:

        def opened(name):
            return stack.enter_context(
                open(folder / name, "w", encoding="utf-8", newline="\n")
            )

        outputs, refused = [*map(opened, names)], opened(DROPPED)
        for pair in judged:
            counts["read"] += 1
            sides = (pair.source, pair.target)
            if pair.rule is None:
                counts["kept"] += 1
                repairs.update(pair.repairs)
                written = sides if len(outputs) == 2 else ("\t".join(sides),)
                for file, text in zip(outputs, written, strict=True):
                    file.write(f"{text}\n")
                continue
            dropped[pair.rule] += 1
            refused.write("\t".join((pair.rule, str(pair.number), *sides)) + "\n")
            shown = examples.setdefault(pair.rule, [])
            if len(shown) < EXAMPLES:
                shown.append([pair.number, *sides])
    return {
        "read": counts["read"],
        "kept": counts["kept"],
        "dropped": dict(dropped),
        "repaired": dict(repairs),
        "examples": examples,
    }


def summary(report: dict[str, Any]) -> str:
    """The report for a reader: a line a rule, and examples.

    Args:
        report: What `clean_files` returned.
    """
    lines = [f"{report['kept']:,} of {report['read']:,} pairs are kept"]
    for rule, count in sorted(report["dropped"].items(), key=lambda item: -item[1]):
        lines.append(f"dropped {count:,}: {rule.replace('_', ' ')}")
        for number, source, target in report["examples"][rule]:
            lines.append(f"    {number}: {_short(source)} | {_short(target)}")
    for name, count in report["repaired"].items():
        lines.append(f"repaired {count:,}: {name}")
    return "\n".join(lines)


def _short(text):
    return text if len(text) <= 60 else f"{text[:57]}..."
