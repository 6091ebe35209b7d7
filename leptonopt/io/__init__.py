"""Read instances from files, and write files atomically."""
