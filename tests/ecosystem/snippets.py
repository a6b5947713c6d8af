"""The few lines that show a break, with nothing but the package itself."""

import contextlib
import io

HEAD = 'import numpy as np\n\nx = np.ones((1, 3, 8), "float32")\n'
KERAS = "import keras\n" + HEAD
TORCH = "import torch\n\nx = torch.ones((1, 3, 8))\n"
FUSED = "attend = torch.nn.functional.scaled_dot_product_attention\n"
HEADS = "attend = torch.nn.MultiheadAttention(8, 2, batch_first=True)\n"
UNSEEN = "nobody = np.zeros((1, 3, 3), bool)  # no query sees a key\n"

BLIND = "a_blind_query_is_answered_without_nan"
NAN = "what_no_query_sees_may_be_nan"
CAUSAL = "use_causal_mask_hides_what_comes_later"

_NAN = """value = x.copy()
value[0, 2] = np.nan
mask = np.array([[[True, True, False]]])  # hidden from every query
"""


def _keras(make):
    attend = KERAS + f"attend = {make}\n"
    return {
        BLIND: attend
        + UNSEEN
        + "one = attend(x, x, attention_mask=nobody)\n"
        + "two = attend(x, -x, attention_mask=nobody)\n"
        + "print(np.array_equal(one, two))",
        NAN: attend
        + _NAN
        + "print(np.isnan(attend(x, value, attention_mask=mask)).any())",
        CAUSAL: attend
        + "newest = x[:, :1]  # one query, behind two keys from a cache\n"
        + 'asked = {"use_causal_mask": True, "return_attention_scores": True}\n'
        + "print(np.asarray(attend(newest, x, **asked)[1])[0, 0].tolist())",
    }


def _listed(make):
    return {
        NAN: KERAS
        + f"attend = {make}\n"
        + _NAN
        + "made = attend([x, value], mask=[None, mask[:, 0]])\n"
        + "print(np.isnan(made).any())"
    }


_TORCH_NAN = """value = x.clone()
value[0, 2] = torch.nan
"""

SNIPPETS = {
    "keras.layers.MultiHeadAttention": _keras("keras.layers.MultiHeadAttention(2, 4)"),
    "keras.layers.GroupQueryAttention": _keras(
        "keras.layers.GroupQueryAttention(4, 2, 1)"
    ),
    "keras.layers.Attention": _listed("keras.layers.Attention()"),
    "keras.layers.AdditiveAttention": _listed("keras.layers.AdditiveAttention()"),
    "torch.nn.MultiheadAttention": {
        BLIND: TORCH
        + HEADS
        + "nobody = torch.ones((3, 3), dtype=bool)  # True hides\n"
        + "print(attend(x, x, x, attn_mask=nobody)[0].isnan().any().item())",
        "gradients_through_a_blind_query_are_finite": TORCH
        + HEADS
        + "hidden = torch.tensor([[True] * 3, [False] * 3, [False] * 3])\n"
        + "attend(x, x, x, attn_mask=hidden)[0].sum().backward()\n"
        + "print(attend.in_proj_weight.grad.isnan().any().item())",
        NAN: TORCH
        + HEADS
        + _TORCH_NAN
        + "hidden = torch.tensor([[False, False, True]])  # True hides\n"
        + "made, _ = attend(x, value, value, key_padding_mask=hidden)\n"
        + "print(made.isnan().any().item())",
    },
    "torch.nn.functional.scaled_dot_product_attention": {
        NAN: TORCH
        + FUSED
        + _TORCH_NAN
        + "mask = torch.tensor([[[True, True, False]]])  # hidden from every query\n"
        + "print(attend(x, x, value, mask).isnan().any().item())",
    },
}


def shown(code):
    """What a snippet prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "<snippet>", "exec"), {})
    return said.getvalue().strip()
