"""Result files: what a run reached, how, and on what machine."""

import datetime
import json
import pathlib

from keras_transformer.system.files import write_json
from keras_transformer.translation.run_folder import read_device, versions
from keras_transformer.translation.translator import Translator


def write_result(
    path: pathlib.Path, folder: pathlib.Path, translator: Translator, scores: dict
) -> None:
    """Write a result file.

    Args:
        path: The JSON file.
        folder: Folder of the run, with its `history.json`.
        translator: The translator that was scored.
        scores: Scores by split.
    """
    history = pathlib.Path(folder) / "history.json"
    rows = json.loads(history.read_text("utf-8")) if history.is_file() else []
    write_json(
        pathlib.Path(path),
        {
            "corpus": translator.recipe.corpus,
            "parameters": translator.model and translator.model.count_params(),
            **({"engine": "ctranslate2"} if translator.engine else {}),
            "training_minutes": round(rows[-1]["seconds"] / 60, 1) if rows else None,
            "device": read_device(folder),
            "date": datetime.date.today().isoformat(),
            "versions": versions(),
            "scores": scores,
            "recipe": translator.recipe.to_dict(),
            "history": rows,
        },
    )
