"""A view as an ipywidget that can ask its kernel."""

from collections.abc import Callable, Mapping
from typing import Any

from keras_transformer.system.extras import needs

needs("keras_transformer.plots.views", "plots", "anywidget")

import anywidget
import traitlets

from keras_transformer.plots.views.script import script, sheet


class Widget(anywidget.AnyWidget):
    """What `View` shows where a kernel runs; its arguments are those of `View`."""

    _esm = traitlets.Unicode().tag(sync=True)
    _css = traitlets.Unicode().tag(sync=True)
    data = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        kind: str,
        data: Mapping[str, Any],
        answer: Callable[[dict], dict] | None = None,
    ):
        super().__init__(
            _esm=f"{script(kind)}\nexport default {{ render }};",
            _css=sheet(),
            data={**data, "live": answer is not None},
        )
        if answer is not None:
            self.on_msg(lambda _, asked, __: self.send(answer(asked)))
