"""Define a problem as integer arrays, its nodes, its schedules, and the protocol of methods.

A method imports these names from here; everything else of the package is for its modules.
"""

from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.problem import Problem
from leptonopt.problem.protocol import Limits, Monitor, Solution, Status, Stop
from leptonopt.problem.schedule import Schedule, objective

__all__ = ["Limits", "Monitor", "Problem", "Schedule", "Solution", "Status", "Stop", "objective", "violated_rules"]
