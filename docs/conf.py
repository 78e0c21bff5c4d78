"""Sphinx's configuration; `sphinx-build -W --keep-going docs build/docs` builds the documentation."""

project = "pytest-glue"
author = "the authors of pytest-glue"
extensions = ["myst_parser", "sphinxcontrib.mermaid"]

myst_heading_anchors = 4
myst_fence_as_directive = ["mermaid"]

html_theme = "furo"
html_title = "pytest-glue"
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
