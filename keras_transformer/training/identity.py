"""What two runs, or a run and a file, differ in: field by field."""

import dataclasses
import json
import os
from collections.abc import Mapping
from typing import Any

from keras_transformer.training.buckets import LengthBuckets
from keras_transformer.training.checkpoint import CheckpointError
from keras_transformer.training.config import TrainingConfig

FREE = ("epochs", "patience", "checkpoint_seconds")
"""What may change when a run goes on."""


def identity_of(
    config: TrainingConfig,
    train: LengthBuckets,
    valid: LengthBuckets,
    made_of: Mapping[str, Any] | None = None,
) -> dict:
    """What must agree for a run to go on, as JSON gives it back.

    Args:
        config: How it trains.
        train: What it trains on.
        valid: What it validates with.
        made_of: What else its weights depend on.
    """
    training = dataclasses.asdict(config)
    for free in FREE:
        del training[free]
    data = {"train": train.fingerprint(), "valid": valid.fingerprint()}
    identity = {"training": training, "data": data, **(made_of or {})}
    return json.loads(json.dumps(identity, allow_nan=False))


def differences(found: Any, wanted: Any, name: str = "") -> list[str]:
    """The fields in which two descriptions differ, by their dotted names.

    Args:
        found: What is written down: anything JSON holds.
        wanted: What it is compared with.
        name: What they are called.

    Example:
        >>> differences({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}})
        ['a.b (1 there, 3 here)']
    """
    if isinstance(found, dict) and isinstance(wanted, dict):
        return [
            line
            for field in dict.fromkeys([*wanted, *found])
            for line in differences(
                found.get(field), wanted.get(field), f"{name}.{field}".lstrip(".")
            )
        ]
    if found == wanted:
        return []
    shown = [repr(value) for value in (found, wanted)]
    if max(map(len, shown)) > 40:  # a hash, or a list
        return [name]
    return [f"{name} ({shown[0]} there, {shown[1]} here)"]


def require_same(path: str | os.PathLike, found: Any, wanted: dict) -> None:
    """Refuse a file that was written by a run of something else.

    Args:
        path: The file, for the error.
        found: What the file says.
        wanted: What it has to say.

    Raises:
        CheckpointError: Naming the fields that differ.
    """
    if not isinstance(found, dict):
        raise CheckpointError(
            f"{path} does not say what it was trained with: it is of another version; "
            "train into another folder, or delete this one"
        )
    if fields := differences(found, wanted):
        raise CheckpointError(
            f"{path} belongs to a run with other data or another configuration: "
            f"{', '.join(fields)}; train into another folder, or delete this one"
        )
