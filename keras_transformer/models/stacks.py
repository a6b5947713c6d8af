"""The two stacks of a Transformer, built from its options."""

import dataclasses

from keras_transformer.models.decoder import Decoder
from keras_transformer.models.decoder_block import DecoderBlock
from keras_transformer.models.embedding import inner_positions
from keras_transformer.models.encoder import Encoder, EncoderBlock


def make_stacks(model) -> tuple[Encoder, Decoder]:
    """Encoder and decoder with blocks as the model's options ask for.

    Every block has a mechanism and a seed of its own.

    Args:
        model: A `Transformer` that holds its options.
    """
    count, dtype = model.num_layers, model.dtype_policy
    mechanisms = model.mechanism.spread(2 * count)

    def block(kind, index, place):
        positions = inner_positions(
            model.positions,
            model.num_heads,
            model.max_length,
            causal=kind is DecoderBlock,
            dtype=dtype,
        )
        return kind(
            model.width,
            model.num_heads,
            model.hidden_width,
            model.dropout,
            model.attention_dropout,
            model.hidden_dropout,
            model.norm,
            model.activation,
            **vars(dataclasses.replace(mechanisms[place], positions=positions)),
            # The two dropouts of the embeddings have the seeds before these.
            seed=None if model.seed is None else model.seed + 2 + place,
            dtype=dtype,
            name=f"block_{index}",
        )

    encoder_blocks = [block(EncoderBlock, i, i) for i in range(count)]
    decoder_blocks = [block(DecoderBlock, i, count + i) for i in range(count)]
    return (
        Encoder(encoder_blocks, dtype=dtype, name="encoder"),
        Decoder(decoder_blocks, dtype=dtype, name="decoder"),
    )
