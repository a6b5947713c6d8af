"""Load Keras and its backend without their start-up chatter.

TensorFlow writes lines about CPU features and absent GPUs straight to file descriptor
2, some of them before its log level counts. They would open every command's output
and stand, as errors, in every stored notebook.
"""

import contextlib
import os
import re
import sys
import tempfile

_CHATTER = re.compile(
    rb"absl::InitializeLog|port\.cc|cudart_stub\.cc|cpu_feature_guard\.cc"
    rb"|To enable the following instructions"
)


@contextlib.contextmanager
def quiet():
    """Hold back standard error, and pass on what is not start-up chatter."""
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (AttributeError, OSError):
        yield  # there is no standard error to hold back
        return
    with tempfile.TemporaryFile() as held:
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


if "keras" not in sys.modules:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet():
        import keras  # noqa: F401 - loaded here so that it is loaded quietly
