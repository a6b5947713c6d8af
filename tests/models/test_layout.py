"""A Transformer spread over two devices, where there are two: on JAX."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_transformer.models import Transformer, layout_map

ON_JAX = keras.backend.backend() == "jax"
IDS = {
    "source": np.array([[5, 6, 7, 8, 2], [9, 2, 0, 0, 0]]),
    "target": np.array([[1, 4, 5, 6], [1, 12, 0, 0]]),
}


def translator():
    keras.utils.set_random_seed(3)
    model = Transformer(
        18, 14, 12, 2, 6, 16, dropout=0.0, tie_output=False, num_key_value_heads=2
    )
    model.build()
    return model


def compare_two_with_one():
    alone = translator()
    wanted = alone.predict_on_batch(IDS)
    weights = alone.get_weights()
    mesh = keras.distribution.DeviceMesh((1, 2), ("batch", "model"))
    keras.distribution.set_distribution(
        keras.distribution.ModelParallel(
            layout_map=layout_map(mesh), batch_dim_name="batch"
        )
    )
    spread = translator()
    for mine, before in zip(spread.get_weights(), weights, strict=True):
        assert np.array_equal(mine, before)
    block = spread.decoder.blocks[1]
    whole_and_part = [
        (block.self_attention.query_projection.kernel, (12, 12), (12, 6)),
        (block.self_attention.key_projection.kernel, (12, 4), (12, 2)),
        (block.cross_attention.value_projection.bias, (4,), (2,)),
        (block.cross_attention.output_projection.kernel, (12, 12), (6, 12)),
        (block.feed_forward.hidden.kernel, (12, 16), (12, 8)),
        (block.feed_forward.hidden.bias, (16,), (8,)),
        (block.feed_forward.output_projection.kernel, (16, 12), (8, 12)),
        (block.feed_forward.output_projection.bias, (12,), (12,)),
        (block.self_residual.normalization.gamma, (12,), (12,)),
        (spread.source_embedding.embeddings, (18, 12), (9, 12)),
        (spread.target_embedding.reverse_embeddings, (12, 14), (12, 7)),
    ]
    for variable, whole, part in whole_and_part:
        assert tuple(variable.shape) == whole, variable.path
        held = {shard.data.shape for shard in variable.value.addressable_shards}
        assert held == {part}, (variable.path, held)
    np.testing.assert_allclose(spread.predict_on_batch(IDS), wanted, atol=1e-5)
    print("two devices give what one gives")


@pytest.mark.skipif(not ON_JAX, reason="splitting a model needs the JAX backend")
def test_a_model_on_two_devices_gives_the_logits_of_one():
    here = str(pathlib.Path(__file__).parent)
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import keras_transformer, test_layout; test_layout.compare_two_with_one()",
        ],
        env={
            **os.environ,
            "XLA_FLAGS": os.environ["XLA_FLAGS"]
            + " --xla_force_host_platform_device_count=2",
            "NPROC": "4",  # threads: with one, the two wait for each other
            "PYTHONPATH": os.pathsep.join(
                filter(None, [here, os.environ.get("PYTHONPATH")])
            ),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "two devices give what one gives" in done.stdout


def test_a_mesh_without_an_axis_for_models_is_refused():
    class Mesh:
        """A mesh of names only: a real one needs two devices."""

        axis_names = ("batch",)

    with pytest.raises(ValueError, match=r"needs an axis 'model', got axes \('batch'"):
        layout_map(Mesh())
