"""The report of a shadow comparison: plots as SVG, and the page that they stand in."""
