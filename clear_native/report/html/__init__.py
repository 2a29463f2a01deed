"""A report as one self-contained page: what it shows, as records in per cent of a chart, and the templates."""
