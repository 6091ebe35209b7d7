"""The methods by name: one module per solver, their registry, the self-test of engines."""
