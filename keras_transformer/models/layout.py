"""Where a Transformer's variables lie when it is spread over several devices."""

from typing import Any

import keras


def layout_map(device_mesh: Any) -> keras.distribution.LayoutMap:
    """The layout of every variable that is worth splitting.

    ```
    variable                                   shape     split along the axis "model"
    query, key, value                          [w, h·d]  heads
    output of an attention                     [h·d, w]  heads
    hidden and gate of a feed-forward network  [w, f]    hidden width, f
    output of a feed-forward network           [f, w]    hidden width, f
    embedding, and the way back                [v, w]    vocabulary, v
    ```

    A sub-layer then needs one sum over the devices, where its output projection ends;
    attention itself needs none, as each device has heads of its own. What is not
    named, such as normalisations and biases of outputs, each device has whole. Batches
    are split along the axis `"batch"`, if the mesh has one.

    Args:
        device_mesh: A `keras.distribution.DeviceMesh` with an axis `"model"`, whose
            size divides the number of key/value heads, the hidden width and the
            vocabularies.

    Returns:
        A `keras.distribution.LayoutMap` for `keras.distribution.ModelParallel`.

    Raises:
        ValueError: If the mesh has no axis `"model"`.

    Example:
        ```python
        mesh = keras.distribution.DeviceMesh((1, 2), ("batch", "model"))
        keras.distribution.set_distribution(
            keras.distribution.ModelParallel(
                layout_map=layout_map(mesh), batch_dim_name="batch"
            )
        )
        model = Transformer(…)
        ```

    Source: Shoeybi et al. 2019, section 3.
    """
    if "model" not in device_mesh.axis_names:
        raise ValueError(
            f"device_mesh needs an axis 'model', got axes {device_mesh.axis_names}"
        )
    layouts = keras.distribution.LayoutMap(device_mesh)
    layouts[r".*attention/(query|key|value)/kernel"] = (None, "model")
    layouts[r".*attention/(query|key|value)/bias"] = ("model",)
    layouts[r".*attention/output/kernel"] = ("model", None)
    layouts[r".*feed_forward/(hidden|gate)/kernel"] = (None, "model")
    layouts[r".*feed_forward/(hidden|gate)/bias"] = ("model",)
    layouts[r".*feed_forward/output/kernel"] = ("model", None)
    layouts[r".*embedding/embeddings"] = ("model", None)
    layouts[r".*embedding/reverse_embeddings"] = (None, "model")
    return layouts
