"""The class of session for each source."""

from __future__ import annotations

from leptonopt.session.alike_session import AlikeSession
from leptonopt.session.region_session import RegionSession
from leptonopt.session.session import SolveSession
from leptonopt.session.session_type import session_type
from leptonopt.session.source import open_source
from tests.helpers.regions import chain
from tests.helpers.tiny_instances import document, pool, task


def test_the_session_follows_from_the_instance() -> None:
    """Regions where data is passed on, counted nodes where tasks need a node, or else the plain session."""
    nodes = [pool(capacity={}, price={}) | {"nodes": {"size": {"gpu": 8}, "count": 2, "price": 1}}]
    assert session_type(open_source(document(task()))()) is SolveSession
    assert session_type(open_source(document(task(placement="one-node"), pools=nodes))()) is AlikeSession
    assert session_type(open_source(chain())()) is RegionSession
    assert session_type(open_source(chain(gib=0))()) is SolveSession
