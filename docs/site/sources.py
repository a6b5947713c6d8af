"""Lay out what Sphinx reads: the repository's own pages, at their own places.

Links between pages stay as they are. A link to a file that is no page brings the file
along, a link to a folder a page that lists it, and a guide's program becomes a page.
"""

import json
import pathlib
import re
import shutil

import api

ROOT = pathlib.Path(__file__).parents[2]
PAGES = (
    *("README.md", "SCOREBOARD.md", "BENCHMARKS.md", "CHANGELOG.md"),
    *("CONTRIBUTING.md", "data/README.md", "results/README.md"),
    "results/scoreboard/README.md",
    *("data/spoken-digits/README.md", "deploy/README.md"),
    *("docs/*.md", "docs/guides/*.md"),
    *("docs/guides/*.py", "docs/guides/*.ipynb", "lessons/*.md", "lessons/*.ipynb"),
)
LINK = re.compile(r"\]\((?!\w+:)([^()\s#]+)((?:#[^()\s]*)?)\)")
IMAGE = re.compile(r'(?:src=\\?")(?!\w+:)([^"\\]+)')
LESSONS = (
    *("lessons/README", "lessons/[0-9]*"),
    *("lessons/ledger", "lessons/notation", "lessons/glossary", "lessons/questions"),
)
COURSE = "course"  # a page that holds the lessons alone, to be printed
CAPTIONS = {
    "The course": LESSONS,
    "Results": (
        *("SCOREBOARD", "results/scoreboard/README", "results/README", "BENCHMARKS"),
        *("data/README", "data/spoken-digits/README"),
    ),
    "The library": ("api/*", "docs/guarantees", "docs/ecosystem-laws", "docs/zoo"),
    "Guides": ("docs/guides/*", "deploy/README"),
    "The project": (
        *("docs/architecture", "CONTRIBUTING", "CHANGELOG", "docs/README"),
    ),
}


def percent(text: str) -> str:
    """A program of `# %%` cells as a page."""
    parts = []
    for cell in re.split(r"^# %%", text, flags=re.M)[1:]:
        kind, _, body = cell.partition("\n")
        body = body.strip("\n")
        if "[markdown]" not in kind:
            parts.append(f"```python\n{body}\n```")
        elif body.startswith('"""'):
            parts.append(body.strip('"').strip())
        else:
            parts.append(re.sub(r"^# ?", "", body, flags=re.M))
    return "\n\n".join(parts) + "\n"


def listing(folder: pathlib.Path) -> str:
    """A page of what a folder holds."""
    found = (p for p in folder.rglob("*.*") if "__pycache__" not in p.parts)
    files = sorted(path.relative_to(folder) for path in found)
    names = (f"- [{path}]({path})" for path in map(pathlib.Path.as_posix, files))
    title = f"---\norphan: true\n---\n# {folder.relative_to(ROOT).as_posix()}"
    return "\n".join([title, "", *names, ""])


class Layout:
    """The folder that Sphinx reads.

    Args:
        to: The folder. What it held is gone.
    """

    def __init__(self, to: pathlib.Path):
        shutil.rmtree(to, ignore_errors=True)
        self.to = to
        found = (path for pattern in PAGES for path in sorted(ROOT.glob(pattern)))
        self.pages = set(found)
        for page in sorted(self.pages):
            self.add(page)
        for name, text in api.pages(ROOT / "keras_transformer").items():
            self.write(pathlib.Path("api", name), text)
        front = to / "README.md"
        sides = "\n".join(self.tree(*each) for each in CAPTIONS.items())
        front.write_text(f"{front.read_text('utf-8')}\n{sides}", "utf-8")
        course = (
            f"---\norphan: true\n---\n# The course\n\n{self.tree('Lessons', LESSONS)}"
        )
        self.write(pathlib.Path(f"{COURSE}.md"), course)

    def write(self, name: pathlib.Path, text: str) -> None:
        """A file of this text."""
        path = self.to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def add(self, page: pathlib.Path) -> None:
        """A page, and what it links to."""
        text = page.read_text("utf-8")
        name = page.relative_to(ROOT)
        if page.suffix == ".py":
            text, name = percent(text), name.with_suffix(".md")
        text = LINK.sub(lambda found: self.linked(page, *found.groups()), text)
        for image in IMAGE.findall(text):
            self.bring(page.parent / image)
        if page.suffix == ".ipynb":
            text = folded(text)
        self.write(name, text)

    def linked(self, page: pathlib.Path, target: str, place: str) -> str:
        """A link of a page, as it is on the site."""
        there = (page.parent / target).resolve()
        if there.is_dir():
            target = target.rstrip("/")
            if there / "README.md" in self.pages:
                target += "/README.md"
            else:
                target += "/index.md"
                inside = there.relative_to(ROOT)
                self.write(inside / "index.md", listing(there))
                for path in there.rglob("*.*"):
                    self.bring(path)
        elif there.suffix == ".py" and there in self.pages:
            target = target.removesuffix(".py") + ".md"
        elif there not in self.pages:
            self.bring(there)
        return f"]({target}{place})"

    def bring(self, path: pathlib.Path) -> None:
        """A file that is no page."""
        to = self.to / path.resolve().relative_to(ROOT)
        is_made = "__pycache__" in path.parts
        if path.is_file() and not is_made and not to.exists():
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)

    def tree(self, caption: str, patterns: tuple[str, ...]) -> str:
        """A list of pages, as it stands at the side of every page."""
        paths = [
            p for pattern in patterns for p in sorted(self.to.glob(f"{pattern}.*"))
        ]
        names = [
            path.relative_to(self.to).with_suffix("").as_posix()
            for path in paths
            if path.suffix in (".md", ".ipynb")
        ]
        opening = ["```{toctree}", ":hidden:", f":caption: {caption}", ""]
        return "\n".join([*opening, *names, "```", ""])


def folded(text: str) -> str:
    """A notebook whose solutions are folded."""
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("tags", [])
        if "solution" in tags:
            cell["metadata"]["tags"] = [*tags, "hide-input"]
    return json.dumps(notebook, ensure_ascii=False)
