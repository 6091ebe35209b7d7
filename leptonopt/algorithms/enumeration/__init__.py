"""Depth-first branch and bound over columns, for problems of a few tasks."""
