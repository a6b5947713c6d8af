"""Settings of Sphinx. `python docs/site` builds with them."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

project = html_title = "Attention, measured"
root_doc = "README"
extensions = ["myst_nb", "pages"]
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}

nb_execution_mode = "off"  # what is shown is what is stored
nb_ipywidgets_js: dict = {}  # it would come from elsewhere
myst_enable_extensions = ["amsmath", "dollarmath", "html_image"]
myst_heading_anchors = 4
suppress_warnings = ["misc.highlighting_failure"]  # examples leave out with "…"

html_theme = "furo"
html_math_renderer = "mathml"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = [("site.js", {"defer": "defer"})]
html_show_search_summary = False  # it fetches pages, which a browser refuses on disk
html_show_sphinx = False
html_show_copyright = False  # the licence is in the repository
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
