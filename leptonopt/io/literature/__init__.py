"""Formats of the literature: each module turns a text into the native document that says the same."""
