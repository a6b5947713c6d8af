"""What is wrong with a site on the disk: links, anchors, weight, strangers."""

import html.parser
import pathlib
import urllib.parse

HEAVIEST = 2_000_000  # a page with all that it loads
LOADS = {"img": "src", "script": "src", "link": "href", "iframe": "src"}


class Page(html.parser.HTMLParser):
    """What a page names.

    Args:
        path: Its file.
    """

    def __init__(self, path: pathlib.Path):
        super().__init__()
        self.path = path
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attributes: list) -> None:
        """Keep what an element names."""
        found = dict(attributes)
        self.ids |= {found.get("id"), found.get("name")} - {None}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        loaded = found.get(LOADS.get(tag, ""))
        if loaded and found.get("rel") not in ("index", "search", "next", "prev"):
            self.loads.append(loaded)


def faults(folder: pathlib.Path) -> list[str]:
    """Every broken link, every request elsewhere, every heavy page."""
    pages = {path: Page(path) for path in folder.rglob("*.html")}
    return [
        f"{path.relative_to(folder)}: {fault}"
        for path, page in sorted(pages.items())
        for fault in [*broken(page, pages), *loaded(page)]
    ]


def broken(page: Page, pages: dict[pathlib.Path, Page]) -> list[str]:
    """Links of a page that lead nowhere."""
    found = []
    for link in dict.fromkeys(page.links):
        parts = urllib.parse.urlsplit(link)
        if parts.scheme:
            continue
        there = page.path
        if parts.path:
            there = (page.path.parent / urllib.parse.unquote(parts.path)).resolve()
        place = urllib.parse.unquote(parts.fragment)
        if not there.exists():
            found.append(f"{link}: no such file")
        elif place and there in pages and place not in pages[there].ids:
            found.append(f"{link}: no such anchor")
    return found


def loaded(page: Page) -> list[str]:
    """What a page loads from elsewhere, or too much of."""
    found, weight = [], page.path.stat().st_size
    for load in dict.fromkeys(page.loads):
        parts = urllib.parse.urlsplit(load)
        if parts.scheme == "data":
            continue
        if parts.scheme or parts.netloc:
            found.append(f"{load}: loaded from elsewhere")
            continue
        there = page.path.parent / urllib.parse.unquote(parts.path)
        if there.is_file():
            weight += there.stat().st_size
        else:
            found.append(f"{load}: no such file")
    if weight > HEAVIEST:
        found.append(f"{weight:,} bytes with all that it loads, over {HEAVIEST:,}")
    return found
