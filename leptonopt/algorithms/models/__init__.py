"""Mathematical models of a `Problem`: time-indexed and interval, their constraints, and their export to files."""
