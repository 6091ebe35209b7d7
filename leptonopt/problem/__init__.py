"""Define a problem as integer arrays, its nodes, its schedules, and the protocol of methods."""
