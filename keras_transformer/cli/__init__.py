"""The command line: a file a command, a dataclass whose fields are the flags."""

from keras_transformer.system.extras import needs

needs(__name__, "cli", "tyro")
