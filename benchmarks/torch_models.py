"""The peers that PyTorch computes: `nn.Transformer`, Marian, and one attention.

Eager, as their users run them, with the fused Adam and the fused attention.
"""

from benchmarks.threads import torch as threaded_torch
from benchmarks.threads import torch_device, torch_precision

PADDING = 0


def transformer(size: dict):
    """`nn.Transformer`, pre-norm, with one embedding for source, target and output."""
    torch = threaded_torch()
    nn = torch.nn

    class Translator(nn.Module):
        def __init__(self):
            super().__init__()
            width, dropout = size["width"], size["dropout"]
            self.embedding = nn.Embedding(size["vocabulary"], width)
            nn.init.normal_(self.embedding.weight, std=width**-0.5)
            self.dropout = nn.Dropout(dropout)
            self.body = nn.Transformer(
                width,
                size["heads"],
                size["layers"],
                size["layers"],
                size["hidden"],
                dropout,
                batch_first=True,
                norm_first=True,
            )
            for layer in (*self.body.encoder.layers, *self.body.decoder.layers):
                layer.dropout.p = 0.0  # that on the hidden layer: nobody else has it
            length = size["length"]
            place = torch.arange(length)[:, None]
            rate = 1e4 ** (-torch.arange(0, width, 2) / width)
            waves = [torch.sin(place * rate), torch.cos(place * rate)]
            self.register_buffer("positions", torch.cat(waves, -1))
            mask = torch.ones(length, length, dtype=torch.bool).triu(1)
            self.register_buffer("later", mask)

        def _embed(self, tokens):
            scale = size["width"] ** 0.5
            return self.dropout(self.embedding(tokens) * scale + self.positions)

        def forward(self, source, target):
            hidden = source == PADDING
            x = self.body(
                self._embed(source),
                self._embed(target),
                tgt_mask=self.later,
                src_key_padding_mask=hidden,
                memory_key_padding_mask=hidden,
                tgt_is_causal=True,
            )
            return nn.functional.linear(x, self.embedding.weight)

    return Translator()


def marian_config(size: dict, **changes):
    """The configuration of a Marian of these sizes; it is post-norm."""
    import transformers

    return transformers.MarianConfig(
        vocab_size=size["vocabulary"],
        d_model=size["width"],
        encoder_layers=size["layers"],
        decoder_layers=size["layers"],
        encoder_attention_heads=size["heads"],
        decoder_attention_heads=size["heads"],
        encoder_ffn_dim=size["hidden"],
        decoder_ffn_dim=size["hidden"],
        activation_function="relu",
        dropout=size["dropout"],
        attention_dropout=size["dropout"],
        activation_dropout=0.0,
        max_position_embeddings=64,
        scale_embedding=True,
        pad_token_id=PADDING,
        decoder_start_token_id=1,
        bos_token_id=1,
        eos_token_id=2,
        forced_eos_token_id=None,
        init_std=size["width"] ** -0.5,
        **changes,
    )


def marian(size: dict):
    """Hugging Face's Marian."""
    torch = threaded_torch()
    import transformers

    class Translator(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body = transformers.MarianMTModel(marian_config(size))

        def forward(self, source, target):
            mask = source != PADDING
            found = self.body(
                source, attention_mask=mask, decoder_input_ids=target, use_cache=False
            )
            return found.logits

    return Translator()


MODELS = {"torch": transformer, "marian": marian}


def step(name: str, size: dict, inputs: dict, labels):
    """A function that makes one training step and returns the loss."""
    torch = threaded_torch()
    torch.manual_seed(1)
    device = torch_device()
    model = MODELS[name](size).train().to(device)
    optimizer = torch.optim.Adam(
        model.parameters(), 1e-3, (0.9, 0.98), 1e-9, fused=True
    )
    source, target, labels = (
        torch.tensor(x, dtype=torch.long, device=device)
        for x in (inputs["source"], inputs["target"], labels)
    )

    def run():
        optimizer.zero_grad(set_to_none=True)
        with torch_precision():
            logits = model(source, target)
            loss = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), labels.flatten(), ignore_index=PADDING
            )
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return float(loss.detach())

    return run


def attention_programs(heads: int, x, probe, causal: bool = False) -> dict:
    """`nn.MultiheadAttention` without weights, which is its fused attention."""
    torch = threaded_torch()
    layer = torch.nn.MultiheadAttention(x.shape[-1], heads, batch_first=True)
    layer = layer.to(torch_device())
    # It asks for a mask too, and does not look at it: the smallest takes no memory.
    mask = torch.zeros(1, 1, device=torch_device()) if causal else None
    return layer_programs(
        lambda x: layer(x, x, x, need_weights=False, attn_mask=mask, is_causal=causal)[
            0
        ],
        [*layer.parameters()],
        x,
        probe,
    )


def layer_programs(call, parameters: list, x, probe) -> dict:
    """Forward, and forward and backward, of what PyTorch computes eagerly.

    Args:
        call: The layer, of a sequence `[b, t, w]`.
        parameters: Its weights.
        x: The sequence.
        probe: What its output is weighted by.
    """
    torch, device = threaded_torch(), torch_device()
    x, probe = torch.tensor(x, device=device), torch.tensor(probe, device=device)

    def done(found):
        if device == "cuda":
            torch.cuda.synchronize()
        return found

    def forward():
        with torch.no_grad(), torch_precision():
            return done(call(x))

    def both():
        # As elsewhere, query, key and value are one sequence, with one gradient.
        given = x.detach().requires_grad_()
        with torch_precision():
            total = (call(given) * probe).sum()
        return done(torch.autograd.grad(total, [given, *parameters]))

    return {"forward": forward, "forward and backward": both}
