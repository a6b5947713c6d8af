"""A trained translator of this package, as the peers would have it.

Every decoder maps a list of source ids to a list of target ids, without start and end,
and is arranged as its own documentation advises for throughput on these cores. Nothing
is trained anew: the weights are copied.
"""

import tempfile
from collections.abc import Callable

import numpy as np
from keras import ops

from benchmarks.decoders import END, HubTranslator
from benchmarks.threads import cores
from keras_transformer.decoding import BatchDecoder, Beam, Greedy
from keras_transformer.tokens import padded
from keras_transformer.translation.translator import Translator

Decode = Callable[[list], list]
BATCH = 64
OURS = 128
"""Sentences of a batch of ours, shared between two threads: from 64 rows on a loop
leaves out what has ended, and more rows wait longer for the last."""


def ours(translator: Translator, beam: int) -> Decode:
    """As `Translator` does it; without a length penalty, which differs by engine."""
    recipe, method = translator.recipe, Greedy() if beam == 1 else Beam(beam, 0.0)
    decoder = BatchDecoder(
        translator.model,
        method,
        batch_size=OURS,
        lengths=recipe.training.lengths,
        length_ratio=recipe.decoding.length_ratio,
    )
    return lambda sources: [found.tolist() for found in decoder(sources)]


def keras_hub(translator: Translator, beam: int) -> Decode:
    """keras-hub's layers and samplers with our weights, in batches like ours."""
    model, config = translator.model, translator.model.get_config()
    size = {
        "vocabulary": config["target_vocabulary"],
        "width": config["width"],
        "layers": config["num_layers"],
        "heads": config["num_heads"],
        "hidden": config["hidden_width"],
    }
    batches = BatchDecoder(model, lengths=translator.recipe.training.lengths)
    programs = {}

    def program(length):
        if length not in programs:
            most = int(batches.length_ratio * length) + 8
            hub = HubTranslator({**size, "new tokens": most}, beam, 1e-6, (END,))
            hub.build(None)
            _copy_to_hub(model, hub)
            hub.compile(jit_compile=True)
            programs[length] = hub
        return programs[length]

    def decode(sources):
        found = [None] * len(sources)
        groups = {}
        for i in sorted(range(len(sources)), key=lambda i: len(sources[i])):
            length = batches.padded_length(len(sources[i]) + 1)
            groups.setdefault(length, []).append(i)
        for length, indices in groups.items():
            for first in range(0, len(indices), BATCH):
                batch = indices[first : first + BATCH]
                # What fills a batch up repeats its first: nobody waits for it.
                rows = [*batch, *batch[:1] * (BATCH - len(batch))]
                source = padded([[*sources[i], END] for i in rows], length, BATCH)
                tokens = np.asarray(program(length).predict_on_batch(source))
                for i, ids in zip(batch, tokens.tolist(), strict=False):
                    found[i] = ids[: ids.index(END)] if END in ids else ids
        return found

    return decode


def _copy_to_hub(model, hub):
    def dense(into, layer):
        kernel = ops.convert_to_tensor(layer.kernel)
        into.kernel.assign(ops.reshape(kernel, into.kernel.shape))
        into.bias.assign(ops.reshape(layer.bias, into.bias.shape))

    def norm(into, layer):
        into.gamma.assign(layer.gamma)
        into.beta.assign(layer.beta)

    def attention(into, layer):
        dense(into._query_dense, layer.query_projection)
        dense(into._key_dense, layer.key_projection)
        dense(into._value_dense, layer.value_projection)
        dense(into._output_dense, layer.output_projection)

    hub.embedding.embeddings.assign(model.target_embedding.embeddings)
    for stack, layers in ((model.encoder, hub.encoders), (model.decoder, hub.decoders)):
        for block, layer in zip(stack.blocks, layers, strict=True):
            attention(layer._self_attention_layer, block.self_attention)
            norm(layer._self_attention_layer_norm, block.self_residual.normalization)
            if block.cross_attention is not None:
                across = layer._cross_attention_layer_norm
                attention(layer._cross_attention_layer, block.cross_attention)
                norm(across, block.cross_residual.normalization)
            dense(layer._feedforward_intermediate_dense, block.feed_forward.hidden)
            output = block.feed_forward.output_projection
            dense(layer._feedforward_output_dense, output)
            inner = block.feed_forward_residual.normalization
            norm(layer._feedforward_layer_norm, inner)
    norm(hub.encoder_norm, model.encoder.final_norm)
    norm(hub.decoder_norm, model.decoder.final_norm)


def ctranslate2(translator: Translator, beam: int, compute_type: str = "float32"):
    """CTranslate2 with a worker a core, each of one thread, which sorts by length."""
    import ctranslate2 as engine

    from keras_transformer.translation.exports.ctranslate2_model import specification

    pieces = [str(i) for i in range(translator.model.target_vocabulary)]
    spec = specification(translator.model, pieces, pieces)
    with tempfile.TemporaryDirectory() as folder:
        spec.save(folder)
        made = engine.Translator(
            folder,
            compute_type=compute_type,
            inter_threads=cores(),
            intra_threads=1,
        )

    def decode(sources):
        found = made.translate_batch(
            [[pieces[i] for i in ids] for ids in sources],
            beam_size=beam,
            length_penalty=0,
            max_batch_size=BATCH // cores(),
            max_input_length=0,
            max_decoding_length=100,
        )
        return [[int(piece) for piece in one.hypotheses[0]] for one in found]

    return decode


def ctranslate2_int8(translator: Translator, beam: int):
    """The same with weights of 8 bits, whose translations may differ."""
    return ctranslate2(translator, beam, "int8")


DECODERS = {
    "ours": ours,
    "keras-hub": keras_hub,
    "ctranslate2": ctranslate2,
    "ctranslate2 int8": ctranslate2_int8,
}
