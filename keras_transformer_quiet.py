"""Load Keras and its backend without their start-up lines.

TensorFlow writes lines about CPU features and absent GPUs straight to file descriptor
2, some of them before its log level counts. They would open every command's output
and stand, as errors, in every stored notebook. The command line and the lessons hold
them back; whoever imports the library sees what Keras says, as without it.

This is a module of its own because it must come before `keras_transformer`, which
imports Keras. A notebook says

```
%load_ext keras_transformer_quiet
```
"""

import contextlib
import importlib.abc
import importlib.machinery
import os
import re
import sys
import tempfile
import types
from collections.abc import Iterator, Sequence

_CHATTER = re.compile(
    rb"absl::InitializeLog|port\.cc|cudart_stub\.cc|cpu_feature_guard\.cc"
    rb"|To enable the following instructions"
)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Hold back standard error, and pass on what is not start-up chatter."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError, ValueError):
        yield  # there is no standard error to hold back, or it is closed
        return
    try:
        held = _place_to_hold()
    except OSError:
        os.close(kept)
        yield  # a machine without memory files and without a temporary folder
        return
    with held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            held.seek(0)
            for line in held:
                if not _CHATTER.search(line):
                    os.write(2, line)


def _place_to_hold():
    """A file without a name: in memory, where the system can."""
    if hasattr(os, "memfd_create"):
        return open(os.memfd_create("held"), "w+b")
    return tempfile.TemporaryFile()


class QuietFinder(importlib.abc.MetaPathFinder):
    """Has what is loud imported inside `quiet`, whenever that will be."""

    LOUD = ("tensorflow", "tensorflow_text")

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None = None,
        target: types.ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """The module as the other finders find it, to be executed quietly."""
        if name not in self.LOUD:
            return None
        others = (each for each in sys.meta_path if not isinstance(each, QuietFinder))
        specs = (other.find_spec(name, path, target) for other in others)
        spec = next(filter(None, specs), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def execute_quietly(module):
            with quiet():
                execute(module)

        spec.loader.exec_module = execute_quietly
        return spec


def install() -> None:
    """Import TensorFlow quietly from now on."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not any(isinstance(finder, QuietFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, QuietFinder())


def load_ipython_extension(ipython: object) -> None:
    """What `%load_ext keras_transformer_quiet` does."""
    install()
