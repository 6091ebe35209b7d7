"""Decide whether ways to serve can serve all classes of requests at once, exactly.

A way w has some replicas' worth of time `room[w]`; a request of class b takes 1 / rate of it. All requests of every
class are to be served, and a class may be split over ways, or not (`whole`). Split, it is a linear program (a
generalised transportation problem), solved by the simplex method in fractions with the rule of Bland (1977,
Mathematics of Operations Research 2), which cannot cycle. Whole, it is a search through the ways of each class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

NOTHING = Fraction(0)
Rates = Mapping[str, Fraction]  # by class, what a replica serves of it alone; absent or 0: nothing


def can_serve(demand: Mapping[str, Fraction], rates: Sequence[Rates], room: Sequence[Fraction], whole: bool) -> bool:
    """Return whether all of the demand can be served by ways with these rates and this room, in replicas."""
    asked = {name: amount for name, amount in demand.items() if amount}
    return _by_whole_classes(asked, rates, list(room)) if whole else _missed(asked, rates, room) == 0


def _by_whole_classes(asked: Mapping[str, Fraction], rates: Sequence[Rates], room: list[Fraction]) -> bool:
    """Return whether each class has a way of its own: the classes with the fewest ways first."""
    loads = {
        name: [(at, amount / rate[name]) for at, rate in enumerate(rates) if rate.get(name)]
        for name, amount in asked.items()
    }
    order = sorted(loads.values(), key=lambda each: (len(each), -min((load for _, load in each), default=NOTHING)))
    dead: set[tuple[int, tuple[Fraction, ...]]] = set()

    def placed(number: int) -> bool:
        if number == len(order):
            return True
        key = number, tuple(room)
        if key in dead:
            return False
        for at, load in order[number]:
            if load <= room[at]:
                room[at] -= load
                if placed(number + 1):
                    return True
                room[at] += load
        dead.add(key)
        return False

    return placed(0)


def _missed(asked: Mapping[str, Fraction], rates: Sequence[Rates], room: Sequence[Fraction]) -> Fraction:
    """Return the least demand that is not served.

    The rows of the tableau are classes (served and missed are all there is) and ways (used and idle are all there is);
    at first everything is missed.
    """
    classes, ways = list(asked), range(len(rates))
    pairs = [(w, b) for w in ways for b, name in enumerate(classes) if rates[w].get(name)]
    rows = [[Fraction(b == row) for _, b in pairs] + [asked[name]] for row, name in enumerate(classes)]
    rows += [[1 / rates[w][classes[b]] if w == row else NOTHING for w, b in pairs] + [room[row]] for row in ways]
    # Reduced costs of `missed`; what leaves a basis never has to come back but idle time, whose columns are appended.
    for row, line in enumerate(rows):
        line[-1:-1] = [Fraction(row - len(classes) == w) for w in ways]
    gain = (
        [sum((rows[b][at] for b in range(len(classes))), NOTHING) for at in range(len(rows[0]))] if rows else [NOTHING]
    )
    basis = [-1 - row for row in range(len(classes))] + [len(pairs) + w for w in ways]
    while (enters := next((at for at, value in enumerate(gain[:-1]) if value > 0), None)) is not None:
        leaves = _leaving(rows, basis, enters)
        _pivot(rows, gain, leaves, enters)
        basis[leaves] = enters
    return gain[-1]


def _leaving(rows: Sequence[Sequence[Fraction]], basis: Sequence[int], enters: int) -> int:
    """Return the row that limits a variable first; of equals, the one whose variable has the least number."""
    found = [(line[-1] / line[enters], basis[row], row) for row, line in enumerate(rows) if line[enters] > 0]
    return min(found)[2]


def _pivot(rows: list[list[Fraction]], gain: list[Fraction], leaves: int, enters: int) -> None:
    """Bring a variable into the basis in place of a row's."""
    by = rows[leaves][enters]
    new = rows[leaves] = [value / by for value in rows[leaves]]
    used = [at for at, value in enumerate(new) if value]
    for line in (*(line for row, line in enumerate(rows) if row != leaves), gain):
        if times := line[enters]:
            for at in used:
                line[at] -= times * new[at]
