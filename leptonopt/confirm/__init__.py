"""Confirm a proof on a second model, built from the checker's reading of the instance document.

The engines behind a proof search one compiled problem and share its faults. This package does not know that problem. It
takes the reading of `leptonopt.verify`, writes its own model of the rules, and has CP-SAT solve it. Small instances are
confirmed whole; for others the answer says why not.
"""

from leptonopt.confirm.question import NAME, Confirmation, Line, Question

__all__ = ["NAME", "Confirmation", "Line", "Question"]
