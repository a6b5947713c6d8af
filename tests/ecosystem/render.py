"""The page of what others' layers hold and break, from what was stored."""

from ecosystem import LAYERS, RECORD, ROOT, recorded
from ecosystem.snippets import SNIPPETS, shown
from keras_transformer.laws import LAWS

PAGE = ROOT / "docs" / "ecosystem-laws.md"

HEAD = """# The laws, and the layers of others

Which laws of `keras_transformer/laws` hold for the attention that other packages ship,
and which do not. A broken law is no bug by itself: several are choices, written down in
the documentation of the layer. It says what a user has to see to alone.

✓ holds · ✗ is broken · – says nothing about this layer, or cannot be asked of it.

This page is generated, from `results/ecosystem_laws.json`: `make ecosystem-laws` judges
what is installed, on the backend of Keras that is chosen, and keeps the rest. Marian's
attention is not here: it runs inside a C++ program, and a restatement in Keras would
not be Marian.
"""


def page(found):
    """The page, from what is known of each layer."""
    layers = [layer for layer in LAYERS if layer.name in found]
    lines = [HEAD, *_summary(layers, found)]
    for layer in layers:
        lines += _section(layer, found[layer.name])
    return "\n".join(lines) + "\n"


def _summary(layers, found):
    yield "| layer | versions | ✓ | ✗ | – |"
    yield "|---|---|---|---|---|"
    for layer in layers:
        known = found[layer.name]
        versions = ", ".join(f"{p} {v}" for p, v in known["versions"].items())
        counts = " | ".join(str(len(known[o])) for o in ("held", "broken", "silent"))
        yield f"| `{layer.name}` | {versions} | {counts} |"


def _section(layer, known):
    yield f"\n## `{layer.name}`\n"
    if layer.note:
        yield f"{layer.note}\n"
    for law, saw in known["broken"].items():
        yield f"✗ **{_statement(law)}** Seen: {saw}.\n"
        if law in known["shown"]:
            code, output = known["shown"][law]
            yield f"```python\n{code}  # {output}\n```\n"
    yield "✓ " + " · ".join(map(_words, known["held"])) + "\n"
    if known["silent"]:
        yield "– " + " · ".join(map(_words, known["silent"])) + "\n"


def _statement(law):
    return LAWS[law].statement if law in LAWS else "The results equal the reference's."


def _words(law):
    return law.replace("_", " ")


def main():
    """Judge what is here, keep the rest, and write both files."""
    found = recorded()
    for layer in LAYERS:
        if not layer.is_here:
            print("not here:", layer.name, f"({layer.package}, {layer.backend})")
            continue
        known = layer.judged()
        known["shown"] = {
            law: [code, shown(code)]
            for law, code in SNIPPETS.get(layer.name, {}).items()
            if law in known["broken"]
        }
        found[layer.name] = known
        print(f"{layer.name}: {len(known['held'])} held, {len(known['broken'])} broken")
    RECORD.write_text(_text(found), encoding="utf-8")
    PAGE.write_text(page(found), encoding="utf-8")


def _text(found):
    import json

    ordered = {layer.name: found[layer.name] for layer in LAYERS if layer.name in found}
    return json.dumps(ordered, indent=1, ensure_ascii=False) + "\n"
