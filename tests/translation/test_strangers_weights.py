"""A translator's folder from a stranger: its weights are weights, and no more."""

import shutil

import h5py
import numpy as np
import pytest

from keras_transformer.translation.run_folder import WEIGHTS
from keras_transformer.translation.translator import Translator


@pytest.fixture
def folder(smoke_folder, tmp_path):
    return shutil.copytree(smoke_folder, tmp_path / "copy")


def some_dataset(file):
    found = []
    file.visit(found.append)
    found = [name for name in found if isinstance(file[name], h5py.Dataset)]
    return max(found, key=lambda name: file[name].size)


def bomb(file, name):
    shape = (2**17, 2**17)  # 64 GiB of float32 in a few bytes
    del file[name]
    file.create_dataset(name, shape, "float32", chunks=(2**10, 2**10))


def zipped_bomb(file, name):
    del file[name]
    chunks = (2**10, 2**10)
    zeros = file.create_dataset(
        name, (2**12, 2**12), "float32", chunks=chunks, compression="gzip"
    )
    zeros[...] = np.zeros(zeros.shape, "float32")


def elsewhere(file, name):
    size, kind = file[name].shape, file[name].dtype
    del file[name]
    file.create_dataset(name, size, kind, external=[("/etc/passwd", 0, 2**20)])


def virtual(file, name):
    layout = h5py.VirtualLayout(file[name].shape, "float32")
    layout[:] = h5py.VirtualSource("other.h5", "x", shape=file[name].shape)
    del file[name]
    file.create_virtual_dataset(name, layout)


def external_link(file, name):
    del file[name]
    file[name] = h5py.ExternalLink("/etc/hostname", "/x")


def soft_link(file, name):
    del file[name]
    file[name] = h5py.SoftLink("/nowhere")


def circle(file, name):
    file["own"] = file["/"]
    bomb(file, name)


@pytest.mark.parametrize(
    ("harm", "rule"),
    [
        (bomb, "no more than the weights of its model"),
        (zipped_bomb, "no more than the weights of its model"),
        (circle, "no more than the weights of its model"),
        (elsewhere, "must hold its weights itself"),
        (virtual, "must hold weights alone"),
        (external_link, "got a ExternalLink"),
        (soft_link, "got a SoftLink"),
    ],
    ids=lambda part: getattr(part, "__name__", ""),
)
def test_weights_that_are_none_are_refused_before_they_are_read(folder, harm, rule):
    path = folder / WEIGHTS
    with h5py.File(path, "r+") as file:
        harm(file, some_dataset(file))
    with pytest.raises(ValueError, match=rf"{path}: .*{rule}"):
        Translator.load(folder)


def test_weights_in_circles_that_are_whole_are_looked_at_once(folder):
    with h5py.File(folder / WEIGHTS, "r+") as file:
        file["own"] = file["/"]
    assert Translator.load(folder)([""]) == [""]


@pytest.mark.parametrize("data", [b"", b"no HDF5", b"\x89HDF\r\n\x1a\n" + b"\xff" * 99])
def test_what_is_no_file_of_weights_is_refused_by_name(folder, data):
    (folder / WEIGHTS).write_bytes(data)
    with pytest.raises(ValueError, match=rf"{WEIGHTS}: must be a whole file of HDF5"):
        Translator.load(folder)


def test_a_device_is_no_file_of_weights(folder):
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to("/dev/zero")
    with pytest.raises((ValueError, OSError), match=WEIGHTS):
        Translator.load(folder)


def test_weights_that_are_cut_off_or_flipped_are_loaded_or_refused(folder):
    path = folder / WEIGHTS
    whole = path.read_bytes()
    random = np.random.default_rng(7)
    for _ in range(40):
        data = bytearray(whole)
        if random.random() < 0.3:
            data = data[: random.integers(len(data))]
        else:
            data[random.integers(min(4096, len(data)))] ^= 1 << random.integers(8)
        path.write_bytes(data)
        try:
            Translator.load(folder)
        except ValueError as error:
            assert str(path) in str(error)
