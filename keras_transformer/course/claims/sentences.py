"""The claims that the course measures, in the words of textbooks."""

import types
import typing


class Claim(typing.NamedTuple):
    """A sentence that is taught as true.

    Args:
        sentence: What is claimed.
        source: Who says so, or says the opposite; empty for what is said everywhere.
    """

    sentence: str
    source: str = ""


CLAIMS: typing.Mapping[int, Claim] = types.MappingProxyType(
    {
        1: Claim(
            "An encoder turns the source into one fixed vector; a decoder writes the "
            "target from it.",
            "Sutskever et al. 2014; Cho et al. 2014",
        ),
        2: Claim(
            "Each step reads only what was written before; outputs have any length.",
            "Sutskever et al. 2014",
        ),
        3: Claim(
            "One fixed vector is a bottleneck.",
            "Cho et al. 2014b; Bahdanau et al. 2015",
        ),
        4: Claim(
            "Over long sequences the gradient of a recurrent network vanishes.",
            "Bengio et al. 1994",
        ),
        5: Claim(
            "Attention gives each target word a context of its own.",
            "Bahdanau et al. 2015",
        ),
        6: Claim(
            "Attention is score, softmax, weighted sum, on queries, keys and values.",
            "Vaswani et al. 2017",
        ),
        7: Claim("A search in a library and a recruiter's choice are attention."),
        8: Claim(
            "Soft weights lie between 0 and 1 and sum to 1.",
            "Bahdanau et al. 2015; Xu et al. 2015",
        ),
        9: Claim(
            "Hard attention can keep the k best keys only.",
            "Xu et al. 2015; Luong et al. 2015",
        ),
        10: Claim(
            "Hard attention draws keys and is trained by reinforcement learning.",
            "Xu et al. 2015; Williams 1992",
        ),
        11: Claim(
            "Similarity can be learned by adding: linear on [q; k], or the tanh of it.",
            "Bahdanau et al. 2015; Luong et al. 2015",
        ),
        12: Claim(
            "Dot products, plain or scaled, compute similarity almost for free.",
            "Luong et al. 2015; Vaswani et al. 2017",
        ),
        13: Claim(
            "Without 1/√d the scores grow with d, the softmax saturates, gradients "
            "vanish.",
            "Vaswani et al. 2017",
        ),
        14: Claim(
            "Attention weights make a model interpretable.",
            "Bahdanau et al. 2015; against it: Jain and Wallace 2019",
        ),
        15: Claim(
            "Self-attention replaces recurrence and computes all pairs at once.",
            "Vaswani et al. 2017",
        ),
        16: Claim(
            "The encoder sees both sides, the decoder only what came before; "
            "cross-attention asks with the one and reads the other.",
            "Vaswani et al. 2017",
        ),
        17: Claim("Cost grows with the square of the length.", "Vaswani et al. 2017"),
        18: Claim(
            "Several heads see more than one, and cost the same.",
            "Vaswani et al. 2017; against it: Michel et al. 2019",
        ),
        19: Claim("Heads lower the risk of overfitting."),
        20: Claim(
            "Attention is blind to order; encodings of positions tell it, low "
            "frequencies the far and high ones the near.",
            "Vaswani et al. 2017; Shaw et al. 2018; Su et al. 2021",
        ),
        21: Claim(
            "Residual connections let depth train, layer normalisation steadies it, "
            "adaptive optimisers help.",
            "He et al. 2016; Ba et al. 2016; Xiong et al. 2020",
        ),
        22: Claim(
            "The feed-forward network adds what attention cannot do.",
            "Vaswani et al. 2017",
        ),
        23: Claim("Batch normalisation helps training.", "Ioffe and Szegedy 2015"),
        24: Claim(
            "Training lowers the cross-entropy of the right token.",
            "Sutskever et al. 2014; Szegedy et al. 2016",
        ),
        25: Claim(
            "Encoder and decoder work together, or either alone.",
            "Devlin et al. 2019; Radford et al. 2018",
        ),
        26: Claim(
            "Pretraining on text alone pays when labels are few.",
            "Devlin et al. 2019; Radford et al. 2018",
        ),
        27: Claim(
            "Schedules, initialisation, regularisation, augmentation and clipping "
            "make training work.",
            "Vaswani et al. 2017; Glorot and Bengio 2010; He et al. 2015",
        ),
        28: Claim(
            "Pruning, quantisation and distillation make a model smaller and lose "
            "little.",
            "Han et al. 2015; Kim and Rush 2016",
        ),
        29: Claim(
            "GPUs speed training up, and it can be spread over several devices.",
            "Micikevicius et al. 2018; Vaswani et al. 2017",
        ),
        30: Claim(
            "A decoder alone generates text and holds a dialogue.",
            "Radford et al. 2019",
        ),
        31: Claim(
            "The same blocks recognise, detect and generate images.",
            "Dosovitskiy et al. 2021; Carion et al. 2020; Chen et al. 2020",
        ),
        32: Claim(
            "The same encoder and decoder turn speech into words.",
            "Radford et al. 2023",
        ),
        33: Claim(
            "The same decoder recommends what comes next.",
            "Kang and McAuley 2018",
        ),
        34: Claim("A trained model can be deployed as a service."),
        35: Claim("Ten questions about attention have short answers."),
        36: Claim(
            "A Transformer translates better than recurrent models with attention.",
            "Vaswani et al. 2017",
        ),
        37: Claim(
            "The base model has 65 million weights.", "Vaswani et al. 2017, table 3"
        ),
        38: Claim("A cache of keys and values changes nothing but the time."),
        39: Claim(
            "Beam search finds better translations than greedy decoding.",
            "Sutskever et al. 2014; against it: Koehn and Knowles 2017, Stahlberg and "
            "Byrne 2019",
        ),
        40: Claim(
            "Samples follow the model, and filters trade diversity for quality.",
            "Holtzman et al. 2020",
        ),
    }
)
"""Each claim by its number; 1 to 35 are the textbooks', the others the course's own."""
