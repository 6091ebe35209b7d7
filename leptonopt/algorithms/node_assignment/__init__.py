"""Assign tasks at given starts to nodes: bin packing over time."""
