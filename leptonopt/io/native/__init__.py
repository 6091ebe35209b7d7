"""Read and write the native format in YAML, JSON and TOML."""
