# %% [markdown]
"""# Greedy translation without Keras.

What `export --to onnx` or `--to litert` wrote, from ids to ids; a line is a sentence:

    python greedy.py FOLDER MOST < ids

It needs NumPy and the engine, and nothing of Keras.
"""

# %%
import pathlib
import sys

import numpy as np

PADDING, START, END = 0, 1, 2


def opened(folder):
    """A function `run(name, inputs) → outputs`, of `start` and of `step`."""
    file = pathlib.Path(folder) / "model.tflite"
    if file.exists():
        from ai_edge_litert.interpreter import Interpreter

        engine = Interpreter(str(file))
        return lambda name, inputs: engine.get_signature_runner(name)(**inputs)
    from onnxruntime import InferenceSession

    both = {
        each: InferenceSession(f"{folder}/{each}.onnx") for each in ("start", "step")
    }

    def run(name, inputs):
        outputs = [each.name for each in both[name].get_outputs()]
        return dict(zip(outputs, both[name].run(outputs, inputs), strict=True))

    return run


def greedy(run, sentences, most):
    """Target ids of each sentence, of at most so many tokens, the end included."""
    source = np.full((len(sentences), 1 + max(map(len, sentences))), PADDING, "int32")
    for row, ids in zip(source, sentences, strict=True):
        row[: len(ids) + 1] = [*ids, END]
    state = run("start", {"source": source, "room": np.array(most, "int32")})
    tokens, ended, found = np.full(len(source), START, "int32"), False, []
    while len(found) < most and not np.all(ended):
        changed = run("step", {"tokens": tokens, **state})
        logits = changed.pop("logits")
        state |= {name.removeprefix("new_"): each for name, each in changed.items()}
        logits[:, :END] = -np.inf  # padding and start are no words
        tokens = logits.argmax(-1).astype("int32")
        ended |= tokens == END
        found.append(tokens)
    rows = np.stack(found, axis=1).tolist()
    return [row[: row.index(END)] if END in row else row for row in rows]


if __name__ == "__main__":
    run = opened(sys.argv[1])
    sentences = [[int(each) for each in line.split()] for line in sys.stdin]
    for ids in greedy(run, sentences, int(sys.argv[2])):
        print(*ids)
