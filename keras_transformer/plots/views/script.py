"""The JavaScript of a view as one module that imports nothing."""

import functools
import pathlib
import re

_FOLDER = pathlib.Path(__file__).parent
_IMPORT = re.compile(r'^import [^;]* from "\./(\w+)\.js";\n', re.M)
# Comments and indentation are for readers of the files.
_FOR_READERS = re.compile(r"^\s*(//.*\n)?|(?<=\n)\n+", re.M)


@functools.cache
def script(name: str) -> str:
    """Join a file of JavaScript with all that it imports, each file once.

    Args:
        name: The file, without its ending.

    Returns:
        Statements that declare `render({model, el})`, and export nothing.

    Example:
        >>> "import" in script("cut"), script("cut").count("function cut(")
        (False, 1)
    """
    texts: dict[str, str] = {}

    def read(file: str) -> None:
        text = (_FOLDER / "js" / f"{file}.js").read_text("utf-8")
        for other in _IMPORT.findall(text):
            if other not in texts:
                read(other)
        texts[file] = re.sub("^export ", "", _IMPORT.sub("", text), flags=re.M)

    read(name)
    return _FOR_READERS.sub("", "".join(texts.values()))


@functools.cache
def sheet() -> str:
    """The style sheet of all views."""
    return _FOR_READERS.sub("", (_FOLDER / "views.css").read_text("utf-8"))
