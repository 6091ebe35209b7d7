"""Lagrangian duals of a problem: pricing of columns, proven lower bounds, guiding costs.

`pricing`, `class_pricing` and `remote_pricing` find cheapest columns. `capacity_dual` prices capacity, and
`pattern_dual` the options of small bins, both by `adam_ascent`. `node_subproblem` decides when nodes are on.
`cost_guide` hands the multipliers to heuristics.
"""
