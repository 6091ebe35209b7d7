"""Carry plans out on real systems, export them, and follow what happens."""
