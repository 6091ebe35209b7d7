"""The methods by name: one module per solver over `Problem`, their registry, and the self-test of engines."""
