"""Multi30k: 31,014 image captions in parallel, the corpus of small MT papers."""

import functools
import itertools

from keras_transformer.corpora.entry import Entry, RemoteFile
from keras_transformer.corpora.files import read_parallel

ADDRESS = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw"
LANGUAGES = {"de": "German", "en": "English", "fr": "French"}

# Our split names, beside what the publisher calls the files.
SPLITS = {
    "train": "train",
    "valid": "val",
    "test_2016": "test_2016_flickr",
    "test_2017": "test_2017_flickr",
    "mscoco": "test_2017_mscoco",
}

SHA256 = {
    "test_2016_flickr.de.gz": (
        "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"
    ),
    "test_2016_flickr.en.gz": (
        "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"
    ),
    "test_2016_flickr.fr.gz": (
        "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90"
    ),
    "test_2017_flickr.de.gz": (
        "a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee"
    ),
    "test_2017_flickr.en.gz": (
        "76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074"
    ),
    "test_2017_flickr.fr.gz": (
        "3ba671ceb2299f3304ffafefea7a833d08632fbaf0ba18546f8a2ec2391af496"
    ),
    "test_2017_mscoco.de.gz": (
        "799e4854c25d601cb6cb6be29eabe5667734c61ace2f495e03e429031a0bc338"
    ),
    "test_2017_mscoco.en.gz": (
        "aab300bfb4427697987e02cd0aacd44bfe8aa50456231b6474c08038bbed2b58"
    ),
    "test_2017_mscoco.fr.gz": (
        "754f3072ba9f124569ba5258b32730fc1d214bbf8e0c6dfb2b74401676220db0"
    ),
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "train.fr.gz": "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "val.fr.gz": "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9",
}

LICENCE = (
    "The publisher distributes it under the terms of Flickr30k "
    "(https://hockenmaier.cs.illinois.edu/DenotationGraph/data/, stated at "
    "https://github.com/multi30k/dataset/issues/8); there is no open licence. "
    "Download it for research and teaching; do not redistribute it."
)
CITATION = (
    "Elliott, Frank, Sima'an, Specia: Multi30K: Multilingual English-German Image "
    "Descriptions. Workshop on Vision and Language, 2016, pp. 70-74, "
    "doi:10.18653/v1/W16-3210. French, test_2017 and mscoco: Elliott, Frank, "
    "Barrault, Bougares, Specia: Findings of the Second Shared Task on Multimodal "
    "Machine Translation and Multilingual Image Description. WMT 2017, "
    "pp. 215-233, https://aclanthology.org/W17-4718."
)


def _file(stem: str, language: str) -> RemoteFile:
    name = f"{stem}.{language}.gz"
    return RemoteFile(name, "multi30k", f"{ADDRESS}/{name}", SHA256[name])


def _read(source, target, paths):
    return {
        split: read_parallel(paths[f"{stem}.{source}.gz"], paths[f"{stem}.{target}.gz"])
        for split, stem in SPLITS.items()
    }


ENTRIES = tuple(
    Entry(
        name=f"multi30k-{source}-{target}",
        source_language=source,
        target_language=target,
        title=f"Captions of photographs, {LANGUAGES[source]} to {LANGUAGES[target]}: "
        "29,000 pairs to train on",
        files=tuple(
            _file(stem, language)
            for stem in SPLITS.values()
            for language in (source, target)
        ),
        licence=LICENCE,
        citation=CITATION,
        homepage="https://github.com/multi30k/dataset",
        read=functools.partial(_read, source, target),
    )
    for source, target in itertools.permutations(LANGUAGES, 2)
)
