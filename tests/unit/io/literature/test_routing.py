"""How a service of a format of the literature routes its requests."""

from __future__ import annotations

import pytest

from leptonopt.errors import UsageError
from leptonopt.io.literature.routing import routing


def test_routing() -> None:
    """The default is not written; others are; unknown ones are refused."""
    assert routing({}) == routing({"routing": "split"}) == {}
    assert routing({"routing": "whole"}) == {"routing": "whole"}
    with pytest.raises(UsageError, match="routing='half'; allowed are split, whole, one-way"):
        routing({"routing": "half"})
