"""banking77: what customers ask their bank, each question with one of 77 intents."""

from collections.abc import Mapping

from keras_transformer.corpora.download import fetch
from keras_transformer.corpora.entry import RemoteFile
from keras_transformer.corpora.labelled import Labelled, read_labelled

ADDRESS = (
    "https://raw.githubusercontent.com/PolyAI-LDN/task-specific-datasets/master/"
    "banking_data"
)
SHA256 = {
    "train": "b06e26ac675513959a63135f11b94ea7786ed02da65db93a5650d8838cbc664b",
    "test": "d12d6e3bc4c3103966ae786dc435913c0c563dfa328f5a3646d0e62cfeeb474d",
}
FILES = {
    split: RemoteFile(
        name=f"{split}.csv",
        folder="banking77",
        address=f"{ADDRESS}/{split}.csv",
        sha256=checksum,
        most=2**24,
    )
    for split, checksum in SHA256.items()
}


def load_banking77() -> Mapping[str, Labelled]:
    """The 13,083 questions of banking77, by split: 10,003 to train on, 3,080 to test.

    Its licence is CC BY 4.0. The files are taken from the cache, or downloaded into it,
    and verified.

    Returns:
        The splits `"train"` and `"test"`; a label is the name of an intent.

    Raises:
        CorpusError: If a file cannot be had, is not the published one, or is damaged.

    Source: Casanueva et al. 2020, Efficient intent detection with dual sentence
    encoders.
    """
    return {
        split: read_labelled(fetch(file), "text", "category")
        for split, file in FILES.items()
    }
