"""Branch and bound over the linear relaxation of the time-indexed program, on sets of columns."""
