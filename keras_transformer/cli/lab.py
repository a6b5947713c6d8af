"""The command `lab`."""

import dataclasses
import pathlib

from keras_transformer.classroom import lab, lessons
from keras_transformer.cli.say import say
from keras_transformer.system.extras import needs
from keras_transformer.system.ranges import Port


@dataclasses.dataclass(frozen=True)
class Lab:
    """Open the lessons in JupyterLab, as copies to write into."""

    folder: pathlib.Path | None = None
    """Where the copies lie, in its folder `work`; by default in the checkout, or in the
    folder `attention-lessons` where the package was installed without one."""
    fresh: str | None = None
    """Number of a lesson to bring back as it came, instead: 03. What you wrote is kept
    in `work/before`."""
    browser: bool = True
    """Open a browser."""
    port: Port | None = None
    """Where the server listens; by default the first free port from 8888 on."""

    def run(self) -> None:
        """Lay out and open, or bring back."""
        needs("keras-transformer lab", "lessons", "jupyterlab")
        folder = (self.folder or lessons.place()).resolve()
        if self.fresh is not None:
            kept = lessons.fresh(folder, self.fresh)
            say(f"lesson {self.fresh} is as it came")
            if kept:
                say(f"yours is kept: {kept}")
            return
        for line in lessons.lay_out(folder):
            say(line)
        lab.start(folder, self.browser, self.port)
