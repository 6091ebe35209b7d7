"""Exact assignment of tasks to agents with capacities, in one slot, by Lagrangian relaxation.

Generalised assignment and single-source facility location have this form. `problem` detects it, `knapsack_kernels`
solves one knapsack, `lagrangian` computes bounds and fixes variables by reduced cost, `repair` makes feasible
assignments. `leptonopt.solvers.assignment` branches over them. Modules `*_kernels` hold loops compiled by numba.
"""
