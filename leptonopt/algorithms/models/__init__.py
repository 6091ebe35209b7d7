"""Mathematical models of a `Problem`, time-indexed and interval, and their export to files."""
