"""The commands `corpora list`, `corpora download` and `corpora show`."""

import dataclasses
import typing

import tyro

from keras_transformer import corpora
from keras_transformer.corpora import registry
from keras_transformer.system.ranges import Count


@dataclasses.dataclass(frozen=True)
class CorporaList:
    """List the registered corpora."""

    def run(self) -> None:
        """List."""
        for name in corpora.names():
            print(f"{name:18} {registry.entry(name).title}")


@dataclasses.dataclass(frozen=True)
class CorporaDownload:
    """Download a corpus into the cache, and verify it."""

    name: tyro.conf.Positional[str]
    """A registered corpus."""
    accept_changed: bool = False
    """Accept a file that its publisher has changed since its checksum was taken."""

    def run(self) -> None:
        """Download."""
        files = registry.download(self.name, accept_changed=self.accept_changed)
        for path in files.values():
            print(path)


@dataclasses.dataclass(frozen=True)
class CorporaShow:
    """Describe a corpus and show some of its pairs."""

    name: tyro.conf.Positional[str]
    """A registered corpus."""
    split: str = "valid"
    """Split to show."""
    count: Count = 5
    """Number of pairs."""

    def run(self) -> None:
        """Show."""
        print(corpora.describe(self.name))
        print()
        for line in corpora.show(self.name, self.split, self.count):
            print(line)


Corpora = (
    typing.Annotated[CorporaList, tyro.conf.subcommand("list")]
    | typing.Annotated[CorporaDownload, tyro.conf.subcommand("download")]
    | typing.Annotated[CorporaShow, tyro.conf.subcommand("show")]
)
