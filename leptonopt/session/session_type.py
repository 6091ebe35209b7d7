"""Choose the class of session for a source of an instance."""

from __future__ import annotations

from leptonopt.compile.places import data_tasks
from leptonopt.session.form_type import form_type
from leptonopt.session.session import SolveSession
from leptonopt.session.source import InstanceSource, TreeSource


def session_type(source: InstanceSource) -> type[SolveSession]:
    """Return the class of session for a source; regions are chosen first, where tasks pass data on."""
    if not isinstance(source, TreeSource):
        return SolveSession
    if source.compiled.places is None and data_tasks(source.compiled.instance):
        from leptonopt.session.region_session import RegionSession

        return RegionSession
    return form_type(source)
