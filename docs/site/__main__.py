"""Build the site from what is stored, or print the course.

```
python docs/site              # build/site/index.html
python docs/site pdf          # build/course.pdf
```
"""

import pathlib
import shutil
import subprocess
import sys
import time

from sphinx.cmd.build import build_main

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE))

import check  # noqa: E402
import sources  # noqa: E402

BUILD = sources.ROOT / "build"


def sphinx(builder: str, to: pathlib.Path, *options: str) -> None:
    """Build, and end if anything was wrong."""
    places = [str(BUILD / "site-sources"), str(to)]
    quiet = ["-q", "-W", "--keep-going", "-b", builder, "-c", str(HERE)]
    if build_main([*quiet, "-d", str(BUILD / f"site-{builder}"), *options, *places]):
        raise SystemExit(1)


def site() -> pathlib.Path:
    """The site, checked; its first page."""
    sphinx("html", BUILD / "site")
    faults = check.faults(BUILD / "site")
    if faults:
        raise SystemExit("\n".join(faults))
    return BUILD / "site" / "index.html"


def pdf() -> pathlib.Path:
    """The lessons as one document, printed by Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    browser = next(filter(None, map(shutil.which, names)), None)
    if browser is None:
        raise SystemExit("Chromium prints the course, and it is not installed")
    # The pages that are not of the course stand in no list.
    ignored = "suppress_warnings=misc.highlighting_failure,toc.not_included"
    root = f"root_doc={sources.COURSE}"
    sphinx("singlehtml", BUILD / "course", "-D", root, "-D", ignored)
    printed = BUILD / "course.pdf"
    page = (BUILD / "course" / f"{sources.COURSE}.html").as_uri()
    command = [browser, "--headless", "--no-sandbox", "--no-pdf-header-footer"]
    command += [f"--print-to-pdf={printed}", "--timeout=60000", page]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return printed


def main() -> None:
    """Build what is asked for."""
    started = time.monotonic()
    sources.Layout(BUILD / "site-sources")
    made = pdf() if sys.argv[1:] == ["pdf"] else site()
    print(f"{made}: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
