"""Read formats of the literature: each module returns the equivalent native document."""
