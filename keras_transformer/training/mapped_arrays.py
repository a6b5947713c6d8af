"""What `checkpoint.save_arrays` saved, as arrays on the disk.

The arrays of such a file stand in it as they would in memory, uncompressed.
"""

import math
import pathlib
import struct
import zipfile

import numpy as np

from keras_transformer.training.checkpoint import opened, told

LOCAL = struct.Struct("<26x2H")  # before a member: how long its name and extra field is
PIECE = 2**24  # bytes that are read at once


def map_arrays(path: pathlib.Path, advice: str) -> tuple[list[np.ndarray], dict]:
    """Open what `save_arrays` saved, without holding it.

    The file is read once, in pieces: its sums are checked.

    Args:
        path: The file.
        advice: What to do about a file that cannot be read, for the error.

    Returns:
        `(arrays, about)`, the arrays mapped from the file, not to be written to.

    Raises:
        CheckpointError: If the file is not such a file.
    """
    with opened(path, advice) as (archive, members):
        *arrays, about = [_mapped(path, archive, info) for info in members]
        return arrays, told(about)


def _mapped(path, archive, info):
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise ValueError(f"{info.filename} is compressed")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            raise ValueError(f"{info.filename} is of the npy version {version}")
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        header = file.tell()
        left = info.file_size - header
        if dtype.hasobject or math.prod(shape) * dtype.itemsize != left:
            raise ValueError(
                f"{info.filename} declares {shape} of {dtype} in {left} bytes"
            )
        while file.read(PIECE):  # to its end: that checks the sum
            pass
    with open(path, "rb") as file:
        file.seek(info.header_offset)
        name, extra = LOCAL.unpack(file.read(LOCAL.size))
    begin = info.header_offset + LOCAL.size + name + extra + header
    if not left:
        return np.zeros(shape, dtype)
    return np.memmap(path, dtype, "r", begin, shape)
