"""Reports: committed records in, markdown pages and SVG figures out, the same bytes everywhere.

`render.py` writes and checks pages; `results.py` reads and `checks.py` refuses; `tables.py` and
`figures.py` turn results into words and pictures; `text.py` makes any text harmless in markdown.
"""
