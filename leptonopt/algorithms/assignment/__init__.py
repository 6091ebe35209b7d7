"""Tasks that each need one thing on one of several agents, in one slot: assignment to knapsacks, exactly.

Generalised assignment and single-source facility location have this form. `shape` finds it in a problem, `tables`
fills knapsacks by dynamic programming, `dual` prices tasks and says what no better plan can contain, `repairing`
makes plans of what the knapsacks take; `loops`, `rounds` and `moves` are the same for `leptonopt[fast]`, compiled.
`leptonopt.solvers.assignment` branches over them.
"""
