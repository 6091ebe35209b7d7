"""Construction heuristics and local search on partial schedules.

List scheduling, reinsertion, ejection pool, ruin and recreate, multistart, dispatching rules.
"""
