"""Published weaknesses of Keras, and what becomes of each here.

What is told of each comes from its public advisory. `test_weaknesses.py` tries them;
the page `docs/guarantees.md` is written from this list.
"""

import dataclasses

CONFIG = "tests/strangers/test_weaknesses.py::test_no_code_of_a_config_is_run"
NO_MODELS = "tests/strangers/test_weaknesses.py::test_no_command_opens_a_model_file"
NOTHING_UNPACKED = "tests/strangers/test_weaknesses.py::test_no_archive_is_unpacked"
WEIGHTS = (
    "tests/translation/test_strangers_weights.py"
    "::test_weights_that_are_none_are_refused_before_they_are_read"
)
LEGACY = "tests/strangers/test_weaknesses.py::test_a_legacy_model_is_no_weights"
NAMES = "tests/strangers/test_weaknesses.py::test_a_name_is_no_path"
ZIPS = (
    "tests/corpora/test_download.py::test_a_hostile_archive_is_refused_in_little_memory"
)
ARRAYS = "tests/training/test_checkpoint_files.py"


@dataclasses.dataclass(frozen=True)
class Weakness:
    """One published weakness.

    Args:
        name: Its identifier, or what it is where it has none.
        does: What it does.
        reach: Whether our code can reach it.
        test: The test that tries it.
    """

    name: str
    does: str
    reach: str
    test: str


_LAYERS = (
    "only through `from_config` of a layer that is given parts, inside "
    "`keras.saving.load_model`; refused by Keras's safe mode, which we leave on"
)
_NONE = "no: our commands open no `.keras` and no `.h5` model, only weights and JSON"
_ARCHIVES = "no: nothing is unpacked to disk, and `get_file` is not called"

WEAKNESSES = (
    Weakness("CVE-2024-3660", "a `Lambda` layer runs code when it is loaded", _LAYERS,
             CONFIG),
    Weakness("CVE-2025-1550", "`config.json` names any module and function", _LAYERS,
             CONFIG),
    Weakness("CVE-2025-8747", "`config.json` calls functions of Keras itself, such as "
             "`get_file`", _LAYERS, CONFIG),
    Weakness("CVE-2025-9906", "`config.json` switches safe mode off before the rest is "
             "read", _LAYERS, CONFIG),
    Weakness("CVE-2025-9905", "safe mode is ignored for models in legacy `.h5`", _NONE,
             LEGACY),
    Weakness("CVE-2025-49655", "`TorchModuleWrapper` unpickles what a config holds",
             _LAYERS, CONFIG),
    Weakness("CVE-2025-12058", "`StringLookup` reads a vocabulary from a path, or an "
             "address, that a config names", _LAYERS, CONFIG),
    Weakness("CVE-2026-1462", "`TFSMLayer` loads a SavedModel that a config names",
             _LAYERS, CONFIG),
    Weakness("CVE-2026-12481", "`Lambda.from_config` outside of a safe-mode scope "
             "runs code", "only through `from_config` of a layer that is given parts; "
             "refused by Keras 3.15.1, which is the least that we take", CONFIG),
    Weakness("CVE-2024-55459", "`get_file` unpacks an archive's `../` to anywhere",
             _ARCHIVES, NOTHING_UNPACKED),
    Weakness("CVE-2025-12060", "`get_file` unpacks a tar without a filter", _ARCHIVES,
             NOTHING_UNPACKED),
    Weakness("CVE-2025-12638", "a tar with links leads `get_file` out of its folder",
             _ARCHIVES, NOTHING_UNPACKED),
    Weakness("GHSA-hqp4-2352-xf5r", "the check of paths in archives is relative to the "
             "working folder (before Keras 3.14.0)", _ARCHIVES, NOTHING_UNPACKED),
    Weakness("hard links in a tar", "they are followed when `get_file` unpacks",
             _ARCHIVES, NOTHING_UNPACKED),
    Weakness("symbolic links in an archive", "they are followed when it is unpacked",
             _ARCHIVES, NOTHING_UNPACKED),
    Weakness("CVE-2026-12479", "a layer called `../…` writes outside of its folder",
             "no: names of layers come from our code, not from files", NAMES),
    Weakness("CVE-2026-0897", "an HDF5 dataset declares more than it holds, and takes "
             "all memory", "yes, in `model.weights.h5`: refused beyond the size of the "
             "model", WEIGHTS),
    Weakness("CVE-2026-1669", "an HDF5 dataset keeps its bytes in another file, which "
             "is read as weights", "yes, in `model.weights.h5`: refused", WEIGHTS),
    Weakness("HDF5 bombs", "a few bytes unpack to gigabytes of weights",
             "yes, in `model.weights.h5`: refused beyond the size of the "
             "model", WEIGHTS),
    Weakness("zip bombs", "a member of a zip file unpacks to gigabytes",
             "yes, in downloaded corpora: refused beyond a stated size", ZIPS),
    Weakness("npz bombs", "an array's header declares more than is stored",
             "yes, in checkpoints: no more is read than the file has bytes", ARRAYS),
)  # fmt: skip
