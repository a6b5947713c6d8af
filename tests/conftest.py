import contextlib
import dataclasses
import functools
import gc
import hashlib
import itertools
import os
import pathlib
import platform
import re
import sys
import types
import typing

# Tests compile thousands of programs that each run once, or a few times, on a few
# numbers: what the compiler would save by optimising them it would never earn back. The
# lessons, which train, are compiled as users compile.
os.environ["XLA_FLAGS"] = (
    os.environ.get("XLA_FLAGS", "") + " --xla_backend_optimization_level=0"
    # A program is compiled as a whole: many threads for its parts take longer.
    " --xla_cpu_parallel_codegen_split_count=1"
)
# JAX's emitters of fused kernels take a third of the time of a small program.
if os.environ.get("KERAS_BACKEND") == "jax":
    os.environ["XLA_FLAGS"] += " --xla_cpu_use_fusion_emitters=false"

import hypothesis
import numpy as np
import pytest
from quick import QUICK

# The same examples in every run: a test that fails tells of what was changed. It is
# `make soak` that looks for new ones.
hypothesis.settings.register_profile("tests", derandomize=True)
hypothesis.settings.load_profile("tests")

SUBJECTS = {"Der Mann": "The man", "Die Frau": "The woman", "Das Kind": "The child"}
VERBS = {"sieht": "sees", "kennt": "knows", "malt": "paints", "sucht": "looks for"}
OBJECTS = {"einen Hund": "a dog", "das Haus": "the house", "Brot": "bread"}
ENDS = {".": ".", ", oder?": ", right?"}

# What is pure keras.ops is tested on every backend, the rest on TensorFlow only: each
# half is shared among processes in its own way.
ON_EVERY_BACKEND = {
    "attention",
    "decoding",
    "laws",
    "course/measure",
    "models",
    "positions",
    "randomness",
    "test_mask_rules.py",
    "test_masks.py",
    "training",
    "zoo",
}

# What is left out on PyTorch, and why. `jit_compile` is `torch.compile` there, no XLA:
# the library never asks for it, and it would take minutes.
NOT_ON_TORCH = {
    "course/measure": "what lessons measure, they measure on TensorFlow",
    "zoo": "a mutant breaks the same law whatever computes it",
    "attention/test_additive.py::test_chunks_bound_the_memory_of_the_gradient": (
        "PyTorch keeps freed memory, more of it in one run than in another"
    ),
    "attention/test_additive.py::test_one_query_is_scored_alike_compiled_or_not": "XLA",
    "attention/test_reinforce.py::test_fit_trains_a_score_through_its_draws[True]": (
        "XLA"
    ),
    "models/recurrent/test_recurrent_seq2seq.py::test_xla_equals_eager": "XLA",
    "models/test_token_ids.py::test_in_a_program_it_is_read_as_unknown": (
        "there is no program: every id is seen, and refused"
    ),
    "models/test_transformer.py::test_reported_weights_are_those_that_the_blocks": (
        "it listens to the softmax, and attention is fused there"
    ),
    "models/recurrent/test_recurrent_seq2seq.py"
    "::test_attention_learns_to_reverse_four_tokens": (
        "one long training is enough: that of training/test_run.py"
    ),
}


def pytest_addoption(parser):
    parser.addoption(
        "--half",
        choices=("every-backend", "tensorflow"),
        help="only the tests of every backend, or only those of TensorFlow alone",
    )


def pytest_configure(config):
    # Where others run the tests, this process only hands them out: it need not wait
    # for Keras.
    if config.getoption("tx", None) and not hasattr(config, "workerinput"):
        return
    look_protocols_up_once()
    import keras_transformer_quiet

    keras_transformer_quiet.install()
    import keras

    # Keras reads TensorFlow variables with `np.array`, whose `__array__` is of before
    # NumPy 2: saving a model would fail here on a warning that is not ours.
    config.addinivalue_line(
        "filterwarnings",
        "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning",
    )
    # What was imported stays to the end: the collector need not look at it again and
    # again, nor at the graphs and layers of a thousand tests after every one of them.
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    leave_the_seed_of_tensorflow()
    quantize_without_the_collector()
    if keras.backend.backend() == "torch":
        import torch_beside_numpy

        torch_beside_numpy.install()
    if keras.backend.backend() == "jax":
        share_the_context_of_programs()
        if hasattr(config, "cache"):
            keep_programs(config.cache.mkdir("jax"))


def pytest_ignore_collect(collection_path, config):
    """Leave out what this backend does not test, unless it is asked for by name."""
    only_quick = config.getoption("markexpr") == "quick"
    is_test = collection_path.match("test_*.py")
    if only_quick and is_test and place(collection_path) not in QUICK:
        return True  # importing it takes time
    here = pathlib.Path(__file__).parent
    if collection_path.parent not in (here, here / "course"):
        return None
    name = collection_path.relative_to(here).as_posix()
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    half = config.getoption("half")
    if backend == "torch" and name in NOT_ON_TORCH:
        return True
    if half == "tensorflow":
        return True if name in ON_EVERY_BACKEND else None
    if half is None and backend == "tensorflow":
        return None
    kept = any(f"{each}/".startswith(f"{name}/") for each in ON_EVERY_BACKEND)
    return None if kept else True


def pytest_collection_modifyitems(config, items):
    for item in items:
        if any(re.search(name, item.name) for name in QUICK.get(place(item.path), ())):
            item.add_marker("quick")
    if os.environ.get("KERAS_BACKEND") == "torch":
        left_out = tuple(f"tests/{name}" for name in NOT_ON_TORCH)
        dropped = [item for item in items if item.nodeid.startswith(left_out)]
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if not item.nodeid.startswith(left_out)]


def place(path):
    """Where a test stands, seen from this folder."""
    here = pathlib.Path(__file__).parent
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else ""


def look_protocols_up_once():
    """TensorFlow asks for protocols, several times an operation.

    Python before 3.12 lists what belongs to one anew each time: a tenth of what an
    operation takes.
    """
    if sys.version_info < (3, 12):
        typing._get_protocol_attrs = functools.cache(typing._get_protocol_attrs)


def leave_the_seed_of_tensorflow():
    """Seed all but what nothing here draws from.

    With a new seed TensorFlow forgets its kernels, and prepares every graph anew; on
    another backend Keras would import it for that alone.
    """
    from keras.src.utils import rng_utils

    if hasattr(rng_utils, "tf"):  # private: it may be gone in another version
        rng_utils.tf = types.SimpleNamespace(available=False)


def quantize_without_the_collector():
    """Let a layer drop its matrix without a look at all that thousands of tests left.

    Keras collects garbage for every layer that it quantises: a second each, in the end.
    """
    from keras import Variable
    from keras.layers import Layer

    def drop(layer, name):
        if isinstance(getattr(layer, name), Variable):
            layer._untrack_variable(getattr(layer, name))
            super(Layer, layer).__delattr__(name)
        else:
            whole(layer, name)

    if hasattr(Layer, "_untrack_variable"):  # private: it may be gone
        whole, Layer.__delattr__ = Layer.__delattr__, drop


def share_the_context_of_programs():
    """Lower every program in one MLIR context: a new one takes half of the lowering."""
    from jax._src.interpreters import mlir

    if hasattr(mlir, "make_ir_context"):  # private: it may be gone in another version
        mlir.make_ir_context = functools.cache(mlir.make_ir_context)


def keep_programs(folder):
    """Compile no program twice: neither in this run, nor in another process or run."""
    import jax

    # A program of one processor may not run on another.
    facts = [platform.node(), platform.machine()]
    with contextlib.suppress(OSError):
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        facts += sorted({line for line in lines if line.startswith("flags")})
    machine = hashlib.sha256(repr(facts).encode()).hexdigest()[:16]
    jax.config.update("jax_compilation_cache_dir", str(folder / machine))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@pytest.fixture(autouse=True)
def seeded():
    import keras

    keras.utils.set_random_seed(7)


@pytest.fixture(scope="session")
def gradient():
    """`gradient(function, array)`: of a scalar function, on whatever backend runs."""
    import keras

    backend = keras.backend.backend()

    def tensorflow_gradient(function, array):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            x = tf.constant(array)
            tape.watch(x)
            y = function(x)
        return tape.gradient(y, x).numpy()

    def jax_gradient(function, array):
        import jax

        return np.asarray(jax.grad(function)(jax.numpy.asarray(array)))

    def torch_gradient(function, array):
        import torch

        x = torch.tensor(array, requires_grad=True)
        function(x).backward()
        return x.grad.numpy()

    return {
        "tensorflow": tensorflow_gradient,
        "jax": jax_gradient,
        "torch": torch_gradient,
    }[backend]


@pytest.fixture(scope="session")
def pairs():
    """Sentence pairs by rule, enough to learn a vocabulary from."""
    rows = []
    for sides in itertools.product(*(d.items() for d in (SUBJECTS, VERBS, OBJECTS))):
        for german_end, english_end in ENDS.items():
            german = " ".join(side[0] for side in sides) + german_end
            english = " ".join(side[1] for side in sides) + english_end
            rows.append((german, english))
    return rows


@pytest.fixture(scope="session")
def corpus_file(pairs, tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "sentences.tsv"
    path.write_text("".join(f"{s}\t{t}\n" for s, t in pairs), "utf-8")
    return path


@pytest.fixture(scope="session")
def smoke_recipe(corpus_file):
    from keras_transformer.translation.recipes import RECIPES

    recipe = RECIPES["smoke"]
    return dataclasses.replace(
        recipe,
        corpus=str(corpus_file),
        text=dataclasses.replace(recipe.text, vocabulary_size=350),
        training=dataclasses.replace(recipe.training, batch_tokens=320),
    )


@pytest.fixture(scope="session")
def smoke_training(smoke_recipe, tmp_path_factory):
    """The folder of a translator that was trained for a moment, and what was said."""
    import keras

    from keras_transformer.translation import experiment

    keras.utils.set_random_seed(7)
    folder, said = tmp_path_factory.mktemp("runs") / "smoke", []
    experiment.train(smoke_recipe, folder, progress=False, say=said.append)
    return folder, tuple(said)


@pytest.fixture(scope="session")
def smoke_folder(smoke_training):
    """The folder of a translator that was trained for a moment. Not to be changed."""
    return smoke_training[0]


@pytest.fixture(scope="session")
def translator(smoke_folder):
    from keras_transformer.translation.translator import Translator

    return Translator.load(smoke_folder)


@pytest.fixture(scope="session")
def compiled():
    """`compiled(function)`: the function, as one XLA program where there is XLA."""
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return lambda function: tf.function(function, jit_compile=True)
    if backend == "jax":
        import jax

        return jax.jit
    return lambda function: function


@pytest.fixture(scope="session")
def in_one_piece():
    """`in_one_piece(function)`: one program on JAX, which else compiles each operation.

    Elsewhere it is the function itself.
    """
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.jit
    return lambda function: function
