"""One file a run: what was measured, on what machine, with which versions, when."""

import datetime
import importlib.metadata
import json
import pathlib
import platform
import re

import keras

from keras_transformer.system.devices import device_report

PACKAGES = (
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "keras-hub",
    "transformers",
    "ctranslate2",
    "numpy",
)


def machine() -> dict:
    """What a time depends on."""
    report = device_report()
    return {
        **{name: report[name] for name in ("processor", "cores", "accelerators")},
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions() -> dict:
    """The installed versions of all that is compared."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def write(
    folder: pathlib.Path, kind: str, about: dict, rows: list[dict], part: str = ""
) -> None:
    """Write the file of a run.

    Args:
        folder: Where the files are.
        kind: What was measured, such as `train`.
        about: The sizes that all rows share.
        rows: The results.
        part: What of the kind was measured, if not what is measured by default: a
            file of its own, which takes no other's place.
    """
    backend, where = keras.backend.backend(), machine()
    content = {
        "kind": kind,
        "backend": backend,
        "date": datetime.date.today().isoformat(),
        "machine": where,
        "versions": versions(),
        "about": about,
        "rows": rows,
    }
    accelerator = "-".join(re.findall(r"\w+", " ".join(where["accelerators"]).lower()))
    name = "-".join(filter(None, (kind, backend, accelerator, part)))
    path = pathlib.Path(folder) / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1, allow_nan=False)
    path.write_text(text + "\n", "utf-8")
    print(f"wrote {path}")
