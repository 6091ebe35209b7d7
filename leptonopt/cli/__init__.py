"""The command line, one module per command: parse options, call one function, print the result."""
