"""Explanation of infeasibility: minimal conflicts of requirements, and verified repairs."""
