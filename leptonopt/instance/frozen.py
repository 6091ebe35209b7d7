"""Define the mapping of an instance: a dict that refuses changes, as all parts of an instance do."""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dict that refuses changes; it equals, and is pickled and written out as, a plain one.

    >>> FrozenDict({"gpu": 4})["gpu"]
    4
    """

    def _refuse(self, *given: Any, **named: Any) -> NoReturn:
        raise TypeError("an instance does not change; `with_task`, `with_price` and `without` return another one")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return FrozenDict, (dict(self),)
