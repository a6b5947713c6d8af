"""Figures that move: in JupyterLab, in an exported page, on a site, without a CDN."""
