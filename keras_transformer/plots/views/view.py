"""A view: a drawing that moves, with the table that stands where no script runs."""

import hashlib
import html
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from keras_transformer.plots.views.script import script, sheet
from keras_transformer.system.files import write_text

_OUTPUT = """\
<div class="kt-view" data-kt="{name}">{still}</div>
<style>{sheet}</style>
<script type="module">
{script}
const given = {data};
for (const el of document.querySelectorAll('[data-kt="{name}"]')) {{
delete el.dataset.kt;
render({{ model: {{ get: () => given }}, el }});
}}
</script>"""

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<body style="margin: 16px">
<main>
{output}
</main>
</html>
"""


class View:
    """A drawing that moves, which a notebook shows and `save` writes as a page.

    The script that draws it stands inside the page, and asks nothing of any server: in
    JupyterLab, in an exported page and on a site. A view that can ask its kernel is
    also a widget, where a kernel runs. Where no script runs, a table stands instead.

    Args:
        kind: The file of JavaScript that draws it.
        data: What is drawn; all that JSON can hold.
        still: What stands where no script runs; each has `_repr_html_`.
        answer: What the kernel answers when the view asks for more; `None` if it never
            does.
    """

    def __init__(
        self,
        kind: str,
        data: Mapping[str, Any],
        still: Sequence[Any],
        answer: Callable[[dict], dict] | None = None,
    ):
        self.kind = kind
        self.data = dict(data)
        self.still = list(still)
        self.answer = answer

    def __repr__(self) -> str:
        title = self.data.get("title")
        return "\n\n".join(filter(None, [title, *map(repr, self.still)]))

    def _repr_html_(self) -> str:
        # Within a script, HTML ends at the first `</script`, even in a string.
        data = json.dumps(self.data, ensure_ascii=False, allow_nan=False).replace(
            "<", "\\u003c"
        )
        title = html.escape(self.data.get("title") or "")
        still = "".join(part._repr_html_() for part in self.still)
        name = hashlib.sha256(f"{self.kind}{data}".encode()).hexdigest()[:12]
        return _OUTPUT.format(
            name=name,
            still=f"<p>{title}</p>{still}" if title else still,
            sheet=sheet(),
            script=script(self.kind),
            data=data,
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        bundle = {"text/plain": repr(self), "text/html": self._repr_html_()}
        if self.answer is None:
            # As a widget it would be gone as soon as its kernel is.
            return bundle
        return {**self.widget()._repr_mimebundle_()[0], **bundle}

    def widget(self) -> Any:
        """The view as an ipywidget, which can be put beside others.

        Raises:
            MissingExtra: If anywidget is not installed.
        """
        from keras_transformer.plots.views.widget import Widget

        return Widget(self.kind, self.data, self.answer)

    def save(self, path: str | os.PathLike) -> None:
        """Write a page that shows the view, from a disk as well as from a server.

        Args:
            path: The file to write.
        """
        title = html.escape(self.data.get("title") or "Attention")
        page = _PAGE.format(title=title, output=self._repr_html_())
        write_text(path, page)
