"""lagrangian."""
