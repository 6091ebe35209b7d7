"""Bound proven by a certificate in columns: in whole numbers, pool by pool.

As `leptonopt.verify.bound`, for the rules that columns have: the least cost of every task at these prices, less what
is offered at them, as far as it can be used up. Any prices prove a bound, so it does not matter where they come from.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from math import gcd, lcm
from pathlib import Path

from leptonopt.verify.columnar_checker import UNEXPECTED, StatedColumns, sheets_of
from leptonopt.verify.columnar_reader import document, fingerprint, read_npz
from leptonopt.verify.document_kinds import kind_of_columns, wrong_kind_message
from leptonopt.verify.exact import Malformed, Proof, Unreadable, fraction


def proven_columns(instance: Path, certificate: Path) -> Proof:
    """Return the bound that a certificate (`.npz`) proves for an instance in columns.

    `ok` when it is the bound that the certificate states. Raises `Unreadable` where a file is not what it should be.
    """
    sheets = sheets_of(instance)
    try:
        tables = read_npz(certificate)
        if wrong := wrong_kind_message(kind_of_columns(tables), "a certificate in columns"):
            raise Unreadable(f"{certificate}: {wrong}")
        if "head" not in tables:
            raise Malformed("has no array 'head'")
        head = document(tables["head"], f"{certificate}: head")
        if head.get("leptonopt_certificate_columns") != 1:
            raise Malformed("not a certificate in columns of version 1")
        if head.get("sha256") not in (None, fingerprint(instance)):
            return Proof(False, None, "the certificate was made for another state of this instance")
        if "price" not in tables:
            raise Malformed("has no array 'price'")
        price = tables["price"]
        if len(price) != len(sheets.prefix) or price.width != sheets.stated.slots:
            raise Malformed(
                f"price: {len(price)} x {price.width}; {len(sheets.prefix)} x {sheets.stated.slots} are needed"
            )
        unit = fraction(head.get("unit"), "unit")
        if unit <= 0:
            raise Malformed("unit: must be above 0")
        bound = ColumnarBound(sheets, price.values, unit).value()
        if bound is None:
            return Proof(head.get("bound") is None, None, "a task that must run has no option that fits")
        if head.get("bound") is not None and fraction(head["bound"], "bound") > bound:
            return Proof(False, bound, f"the certificate states the bound {head['bound']}; its prices prove {bound}")
        return Proof(True, bound, "")
    except Unreadable:
        raise
    except Malformed as error:
        return Proof(False, None, str(error))
    except UNEXPECTED as error:
        return Proof(False, None, f"the certificate cannot be read: {type(error).__name__}: {error}"[:300])


class ColumnarBound:
    """Money in whole parts of `1 / part`, fine enough for prices of the instance and of the certificate."""

    def __init__(self, sheets: StatedColumns, price: array[int], unit: Fraction) -> None:
        self.sheets, slots = sheets, sheets.stated.slots
        self.part = lcm(sheets.part, unit.denominator)
        finer, step = self.part // sheets.part, int(unit * self.part)
        self.finer = finer
        self.lines: list[list[int]] = []
        self.paid_back = 0
        multiple = _common_divisors(sheets)
        for row, prefix in enumerate(sheets.prefix):
            line, added = [0], 0
            for slot in range(slots):
                each, most = price[row * slots + slot], sheets.offered[row][slot]
                if each < 0:
                    raise Malformed(f"price: row {row}, slot {slot}: below zero")
                if each and most is None:
                    raise Malformed(f"price: row {row}, slot {slot}: nothing limits it; it can have no price")
                self.paid_back += each * step * ((most or 0) // multiple[row] * multiple[row])
                added += each * step
                line.append(prefix[slot + 1] * finer + added)
            self.lines.append(line)

    def value(self) -> Fraction | None:
        """The bound; None when a task that must run has no option that fits."""
        sheets = self.sheets
        least: list[int | None] = [None] * sheets.tasks
        owner, by_pool = array("i"), [array("i") for _ in sheets.pools]
        for task in range(sheets.tasks):
            owner.extend(array("i", [task]) * (sheets.ptr[task + 1] - sheets.ptr[task]))
        for option, pool in enumerate(sheets.option["pool"]):
            by_pool[pool].append(option)
        for pool, options in enumerate(by_pool):
            self._pool(pool, options, owner, least)
        total = -self.paid_back
        cent = sheets.cent * self.finer
        for best, copies, value in zip(least, sheets.task["copies"], sheets.task["value"], strict=True):
            if value >= 0 and (best is None or value * cent < best):
                best = value * cent
            if best is None:
                if copies:
                    return None
                continue
            total += best * copies
        return Fraction(total, self.part)

    def _pool(self, pool: int, options: array[int], owner: array[int], least: list[int | None]) -> None:
        """The least cost of the options of a pool; `least` is by task."""
        sheets, width = self.sheets, self.sheets.width
        release, deadline, due = sheets.task["release"], sheets.task["deadline"], sheets.task["due"]
        length, fixed, uses, slots = sheets.option["slots"], sheets.option["cost"], sheets.uses, sheets.stated.slots
        curves: dict[object, tuple[list[int], bool]] = {}
        simple, cent, scarce = width == 1, sheets.cent * self.finer, self._scarce(pool)
        for option in options:
            task, n = owner[option], length[option]
            first, last = max(0, release[task]), min(slots, deadline[task]) - n
            if first > last:
                continue
            shape: tuple[int, ...] = (1,)
            if simple:
                factor = uses[option]
                found = curves.get(n)
                shut = scarce is not None and factor > scarce
            else:
                factor, shape = 1, tuple(uses[option * width : option * width + width])
                found = curves.get((shape, n))
            if found is None:
                found = self._curve(pool, shape, n)
                curves[n if simple else (shape, n)] = found
            curve = found[0]
            shut = shut if simple else found[1]
            if 0 <= due[task] < last + n or shut:
                cost = self._slowly(pool, option, task, n, first, last, curve, factor)
                if cost is None:
                    continue
            else:
                cost = min(curve[first : last + 1]) * factor
            if fixed[option]:
                cost += fixed[option] * cent
            known = least[task]
            if known is None or cost < known:
                least[task] = cost

    def _scarce(self, pool: int) -> int | None:
        """Of the only resource, an amount that fits in every slot; None where nothing limits it."""
        row = self.sheets.rows[pool][0] if self.sheets.width == 1 else None
        if row is None:
            return None if self.sheets.width != 1 else 0
        limits = [most for most in self.sheets.offered[row] if most is not None]
        return min(limits) if limits else None

    def _curve(self, pool: int, shape: tuple[int, ...], n: int) -> tuple[list[int], bool]:
        """Return the cost of an amount from each start for n slots; and whether a start is shut."""
        slots, shut = self.sheets.stated.slots, False
        total = [0] * max(0, slots - n + 1)
        for at, amount in enumerate(shape):
            row = self.sheets.rows[pool][at]
            if not amount or row is None:
                shut = shut or bool(amount)
                continue
            line = self.lines[row]
            total = [known + amount * (b - a) for known, a, b in zip(total, line, line[n:], strict=False)]
            shut = shut or any(most is not None and most < amount for most in self.sheets.offered[row])
        return total, shut

    def _slowly(
        self, pool: int, option: int, task: int, n: int, first: int, last: int, curve: list[int], factor: int
    ) -> int | None:
        """The least over starts one by one: where some do not fit, or the task pays for being late."""
        sheets, width, best = self.sheets, self.sheets.width, None
        blocked = -1
        for at in range(width):
            amount, row = sheets.uses[option * width + at], sheets.rows[pool][at]
            if amount and row is None:
                return None
        for start in range(first, last + 1):
            for slot in range(start if start == first or not n else start + n - 1, start + n):
                for at in range(width):
                    amount, row = sheets.uses[option * width + at], sheets.rows[pool][at]
                    if amount and row is not None:
                        most = sheets.offered[row][slot]
                        if most is not None and most < amount:
                            blocked = slot
            if blocked < start:
                cost = curve[start] * factor + sheets.late(task, start + n) * self.finer
                if best is None or cost < best:
                    best = cost
        return best


def _common_divisors(sheets: StatedColumns) -> list[int]:
    """By row the greatest amount of which all uses are multiples, at least 1."""
    found, width = [0] * len(sheets.prefix), sheets.width
    for option, pool in enumerate(sheets.option["pool"]):
        for at, row in enumerate(sheets.rows[pool]):
            if row is not None and found[row] != 1:
                found[row] = gcd(found[row], sheets.uses[option * width + at])
    return [max(1, each) for each in found]
