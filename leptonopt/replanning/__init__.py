"""Plan again when the world has changed: what is done and runs, what may move, and at what price."""
