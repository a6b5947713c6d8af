"""The command `serve`."""

import dataclasses
import pathlib
import typing

import tyro

from keras_transformer.cli.say import say
from keras_transformer.cli.search import Search, SearchFlags
from keras_transformer.system.ranges import Port
from keras_transformer.translation.service.limits import Limits

LimitFlags = typing.Annotated[Limits, tyro.conf.arg(name="")]


@dataclasses.dataclass(frozen=True)
class Serve:
    """Serve a translator: JSON over HTTP, and a page to type into.

    There is no password: who reaches the address can translate. SIGTERM or Ctrl-C stops
    it; what was accepted is answered first.
    """

    folder: tyro.conf.Positional[pathlib.Path]
    """Folder of a trained translator."""
    host: str = "127.0.0.1"
    """Address to listen at; 0.0.0.0 is every one of this machine."""
    port: Port = 8000
    """Port to listen at; 0 takes a free one."""
    limits: LimitFlags = dataclasses.field(default_factory=Limits)
    search: SearchFlags = dataclasses.field(default_factory=Search)

    def run(self) -> None:
        """Serve."""
        from keras_transformer.system.extras import needs
        from keras_transformer.translation.translator import Translator

        needs("serve", "serve", "starlette", "uvicorn", "prometheus_client")
        from keras_transformer.translation.service.run import listen, serve

        with listen(self.host, self.port) as listening:
            translator = Translator.load(self.folder, **vars(self.search))
            serve(translator, listening, self.limits, say)
