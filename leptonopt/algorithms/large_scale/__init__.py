"""Very large problems: arrays over all options, and compiled loops.

`staged_construction` inserts items by reduced cost in stages, `annealing` improves the assignment with soft capacity,
`ejection_pool` repairs it, `ejection_chain` improves it with hard capacity. `decomposition` and
`distributed_annealing` send parts of the assignment to workers. All of it depends on `Problem` alone.
"""
