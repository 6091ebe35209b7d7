"""Choose the class of session for a source of an instance."""

from __future__ import annotations

from leptonopt.compile.places import data_tasks
from leptonopt.session.alike_session import AlikeSession
from leptonopt.session.region_session import RegionSession
from leptonopt.session.services_session import ServicesSession
from leptonopt.session.session import SolveSession
from leptonopt.session.source import InstanceSource, TreeSource


def session_type(source: InstanceSource) -> type[SolveSession]:
    """Return the class of session for a source.

    Regions are chosen first, where tasks pass data on; nodes that are counted are given to tasks at the end.
    """
    if not isinstance(source, TreeSource):
        return SolveSession
    if source.compiled.places is None and data_tasks(source.compiled.instance):
        return RegionSession
    if len(source.problem.services):
        return ServicesSession
    return AlikeSession if source.compiled.alike else SolveSession
