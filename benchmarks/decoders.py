"""The programs that translate: ours and the peers', each to exactly so many tokens.

Every one maps source ids `[b, s]` to target ids `[b, t]`, by greedy decoding or by a
beam, with random weights of the same sizes, and knows no end: with random weights an
end would come by chance, and who stops early does less work.
"""

import keras
import numpy as np
from keras import ops

from benchmarks.threads import cores, torch_device, torch_precision
from benchmarks.threads import torch as threaded_torch
from benchmarks.torch_models import marian_config
from benchmarks.translators import ours as our_model
from keras_transformer.decoding import BatchDecoder, Beam, Greedy

START, END = 1, 2


def _never_end(model):
    """Weights with which the end is never likely, as no trained model needs them.

    The last normalisation adds the same vector to every output, and the end's
    embedding points the other way. No operation is added or left out.
    """
    width = model.width
    norm = model.decoder.final_norm
    direction = np.ones(width, "float32") / width**0.5
    norm.beta.assign(4 * direction)
    embedding = model.target_embedding.embeddings
    rows = ops.convert_to_tensor(embedding)
    embedding.assign(ops.slice_update(rows, (END, 0), -8 * direction[None]))


def ours(size: dict, beam: int, xla: bool):
    """This package's decoder of whole lists of sentences."""
    model, _ = our_model(size)
    model.build()
    _never_end(model)
    decoder = BatchDecoder(
        model,
        Greedy() if beam == 1 else Beam(beam),
        batch_size=size["batch"],
        lengths=(size["length"],),
        length_ratio=(size["new tokens"] - 8 + 0.5) / size["length"],
        xla=xla,
    )
    # The decoder ends each source by itself.
    return lambda source: np.array(decoder([ids[:-1] for ids in source]))


class HubTranslator(keras.Model):
    """keras-hub's encoder and cached decoder layers, and one of its samplers."""

    def __init__(self, size, beam, epsilon=1e-5, stops=None):
        import keras_hub

        super().__init__()
        self.size = size
        self.beam = beam
        self.stops = stops
        layers = keras_hub.layers
        options = {
            "intermediate_dim": size["hidden"],
            "num_heads": size["heads"],
            "normalize_first": True,
            "layer_norm_epsilon": epsilon,
        }
        count = range(size["layers"])
        self.embedding = keras.layers.ReversibleEmbedding(
            size["vocabulary"], size["width"]
        )
        self.positions = layers.SinePositionEncoding()
        self.encoders = [layers.TransformerEncoder(**options) for _ in count]
        self.decoders = [layers.TransformerDecoder(**options) for _ in count]
        self.encoder_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.decoder_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.sampler = (
            keras_hub.samplers.GreedySampler()
            if beam == 1
            else keras_hub.samplers.BeamSampler(num_beams=beam)
        )

    def build(self, input_shape):
        sequence = (None, None, self.size["width"])
        self.embedding.build((None, None))
        for layer in self.encoders:
            layer.build(sequence)
        for layer in self.decoders:
            layer.build(
                decoder_sequence_shape=sequence, encoder_sequence_shape=sequence
            )
        self.encoder_norm.build(sequence)
        self.decoder_norm.build(sequence)
        self.built = True

    def _embed(self, tokens, start=0):
        x = self.embedding(tokens) * self.size["width"] ** 0.5
        return x + self.positions(x, start_index=start)

    def call(self, source):
        size = self.size
        mask = ops.not_equal(source, 0)
        x = self._embed(source)
        for layer in self.encoders:
            x = layer(x, padding_mask=mask)
        memory = self.encoder_norm(x)
        batch = source.shape[0]
        # Projected once; of no hypothesis, so the sampler does not gather it.
        across = []
        for layer in self.decoders:
            attention = layer._cross_attention_layer
            pair = [attention._key_dense(memory), attention._value_dense(memory)]
            across.append(ops.repeat(ops.stack(pair, axis=1), self.beam, axis=0))
        memory = ops.repeat(memory, self.beam, axis=0)
        mask = ops.repeat(mask, self.beam, axis=0)

        def following(prompt, cache, index):
            column = ops.slice(prompt, (0, index - 1), (batch * self.beam, 1))
            x = self._embed(column, index - 1)
            written = []
            for layer, own, other in zip(self.decoders, cache, across, strict=True):
                x, own, _ = layer(
                    x,
                    memory,
                    encoder_padding_mask=mask,
                    self_attention_cache=own,
                    self_attention_cache_update_index=index - 1,
                    cross_attention_cache=other,
                )
                written.append(own)
            x = self.decoder_norm(x)
            logits = self.embedding(x, reverse=True)
            return ops.squeeze(logits, 1), None, tuple(written)

        heads = size["heads"]
        room = (batch, 2, size["new tokens"], heads, size["width"] // heads)
        cache = tuple(ops.zeros(room) for _ in self.decoders)
        prompt = ops.full((batch, size["new tokens"] + 1), 0, "int32")
        prompt = ops.slice_update(prompt, (0, 0), ops.full((batch, 1), START, "int32"))
        found = self.sampler(
            following, prompt, cache, index=1, stop_token_ids=self.stops, model=self
        )
        return found[:, 1:]


def keras_hub(size: dict, beam: int, xla: bool):
    """keras-hub, compiled as a whole like ours."""
    model = HubTranslator(size, beam)
    model.build(None)
    model.compile(jit_compile=xla)
    return lambda source: np.asarray(model.predict_on_batch(source))


def _marian_model(size):
    torch = threaded_torch()
    import transformers

    torch.manual_seed(1)
    return transformers.MarianMTModel(marian_config(size)).eval()


def marian(size: dict, beam: int, xla: bool):
    """Hugging Face's Marian with its cache; PyTorch is never compiled."""
    torch, device = threaded_torch(), torch_device()
    model = _marian_model(size).to(device)
    count = size["new tokens"]

    def run(source):
        source = torch.tensor(source, dtype=torch.long, device=device)
        with torch.inference_mode(), torch_precision():
            found = model.generate(
                source,
                attention_mask=torch.ones_like(source),
                num_beams=beam,
                do_sample=False,
                min_new_tokens=count,
                max_new_tokens=count,
            )
        return found[:, 1:].cpu().numpy()

    return run


def ctranslate2(size: dict, beam: int, xla: bool):
    """CTranslate2 in float32, from the weights of the Marian; compiled in C++."""
    import tempfile

    import ctranslate2 as engine
    from ctranslate2.converters.transformers import BartLoader

    model = _marian_model(size)
    # What its loader of Marians does, but keeping the vocabulary at its full size.
    model.config.normalize_before = False
    model.config.normalize_embedding = False
    spec = BartLoader().get_model_spec(model)
    pieces = ["<pad>", "<s>", "</s>", "<unk>"]
    pieces += [str(n) for n in range(len(pieces), size["vocabulary"])]
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.config.decoder_start_token = "<s>"
    spec.validate()
    spec.optimize()
    with tempfile.TemporaryDirectory() as folder:
        spec.save(folder)
        translator = engine.Translator(
            folder,
            compute_type="float32",
            inter_threads=1,
            intra_threads=cores(),
        )
    number = {piece: place for place, piece in enumerate(pieces)}
    count = size["new tokens"]

    def run(source):
        found = translator.translate_batch(
            [[pieces[i] for i in ids] for ids in source.tolist()],
            beam_size=beam,
            min_decoding_length=count,
            max_decoding_length=count,
        )
        return np.array([[number[p] for p in one.hypotheses[0]] for one in found])

    return run


DECODERS = {
    "ours": ours,
    "keras-hub": keras_hub,
    "marian": marian,
    "ctranslate2": ctranslate2,
}
