"""The tricks of training, each left out of the Transformer of the phrasebook."""

from typing import Any

TRICKS: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "transformer_constant_rate": (
        "a constant rate: no warm-up, no decay",
        {},
        {"warmup_steps": 0},
    ),
    "transformer_no_smoothing": ("no label smoothing", {}, {"label_smoothing": 0.0}),
    "transformer_no_clipping": ("no clipping", {}, {"clip_norm": 1e9}),
    "transformer_no_dropout": ("no dropout", {"dropout": 0.0}, {}),
    "transformer_no_average": ("no average of weights", {}, {"average": 0.0}),
    "transformer_one_width": ("no buckets, one width", {}, {"lengths": (20,)}),
}
"""By the name of the variant, what its title adds, and how its model and its training
differ."""
