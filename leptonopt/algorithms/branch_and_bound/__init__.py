"""Branch and bound: a tree over linear relaxations, and an enumeration of columns for few tasks."""
