"""One file a run: what was measured, on what machine, with which versions, when."""

import datetime
import importlib.metadata
import json
import os
import pathlib
import platform

import keras

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
    processor = platform.processor() or platform.machine()
    cpuinfo = pathlib.Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text("utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    devices = keras.distribution.list_devices()
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)),
        "accelerators": [name for name in devices if "cpu" not in name.lower()],
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
    backend = keras.backend.backend()
    content = {
        "kind": kind,
        "backend": backend,
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "versions": versions(),
        "about": about,
        "rows": rows,
    }
    path = (
        pathlib.Path(folder) / f"{'-'.join(filter(None, (kind, backend, part)))}.json"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    print(f"wrote {path}")
