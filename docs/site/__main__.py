"""Build the site from what is stored, or print the course.

```
python docs/site              # build/site/index.html
python docs/site pdf          # build/course.pdf
```
"""

import pathlib
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


def main() -> None:
    """Build."""
    started = time.monotonic()
    sources.Layout(BUILD / "site-sources")
    sphinx("html", BUILD / "site")
    faults = check.faults(BUILD / "site")
    print(*faults, sep="\n", end="\n" if faults else "")
    if faults:
        raise SystemExit(1)
    print(f"{BUILD / 'site' / 'index.html'}: {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
