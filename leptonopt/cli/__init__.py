"""The command line: one module per command; each parses its options, calls one function and prints the result."""
