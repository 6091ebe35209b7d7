"""Choose the class of session for one form of an instance."""

from __future__ import annotations

from leptonopt.session.session import SolveSession
from leptonopt.session.source import TreeSource


def form_type(source: TreeSource) -> type[SolveSession]:
    """Return the class of session for a source whose tasks have their regions, or pass no data on."""
    if source.problem.meters:
        from leptonopt.session.meter_session import MeterSession

        return MeterSession
    if len(source.problem.services):
        from leptonopt.session.services_session import ServicesSession

        return ServicesSession
    if source.compiled.alike:
        from leptonopt.session.alike_session import AlikeSession

        return AlikeSession
    return SolveSession
