"""A second reading of `docs/reference/format.md`: a reader, an evaluator and a brute force that import nothing of leptonopt."""
