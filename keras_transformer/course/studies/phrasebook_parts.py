"""The parts that lessons do not teach, each in the Transformer of the phrasebook."""

from typing import Any

CHANGED: dict[str, tuple[str, dict[str, Any]]] = {
    "transformer_alibi": ("ALiBi", {"positions": "alibi"}),
    "transformer_vectors": ("relative vectors", {"positions": "vectors"}),
    "transformer_rotary_half": (
        "rotary positions of half a head",
        {"positions": "rotary_half"},
    ),
    "transformer_rotary_ntk": (
        "rotary positions, stretched twice by NTK",
        {"positions": "rotary_ntk"},
    ),
    "transformer_soft_cap": ("scores with a soft cap", {"score": "soft_cap"}),
    "transformer_query_key_norm": (
        "normalised queries and keys",
        {"score": "query_key_norm"},
    ),
    "transformer_temperature": (
        "a learned temperature",
        {"score": "learned_temperature"},
    ),
    "transformer_sink": ("softmax with a learned sink", {"weighting": "sink"}),
    "transformer_off_by_one": ("softmax off by one", {"weighting": "off_by_one"}),
    "transformer_sigmoid": ("sigmoid", {"weighting": "sigmoid"}),
    "transformer_sparsemax": ("sparsemax", {"weighting": "sparsemax"}),
    "transformer_entmax": ("1.5-entmax", {"weighting": "entmax"}),
    "transformer_top_4": ("the 4 best keys", {"weighting": "top_k", "k": 4}),
    "transformer_head_gates": ("gated heads", {"head_gates": True}),
}
"""By the name of the variant, what its title adds and how its model differs."""
