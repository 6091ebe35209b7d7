"""Loops over the curves of classes: the least cost of every option, and of every group, at given prices.

A class's curve is scanned once per option where it has few, and once into a table of minima over 1, 2, 4, ... starts
where it has many: two look-ups then answer any window.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from leptonopt.runtime.jit import jit


@jit
def least_of_classes(
    lines: Any, room: Any, direction: Any, length: Any, tight: Any, dated: Any, ptr: Any,
    option: Any, amount: Any, first: Any, last: Any, group: Any, extra: Any,
    slope: Any, base: Any, once: Any, after: Any, scale: Any, never: Any,
    best: Any, chosen: Any, start: Any, each: Any, lowest: Any, highest: Any,
) -> None:  # fmt: skip
    """Fills best, chosen, start by group, and `each` by option where it is not empty, from some of the classes.

    `lines` (D, T + 1) and `extra` (O,) or empty give costs, all in their dtype; `room` (D, T) what fits; slope, base,
    once and after are late costs by group, in units of 1/scale of theirs.
    """
    slots = lines.shape[1] - 1
    curve = np.empty(slots, lines.dtype)
    shut = np.empty(slots, np.bool_)
    table = np.empty((18, slots), np.int32)
    depth = np.zeros(slots + 2, np.int8)  # the greatest power of two within a width
    for width in range(2, slots + 2):
        depth[width] = depth[width // 2] + 1
    for c in range(lowest, highest):
        low, high = ptr[c], ptr[c + 1]
        if low == high:
            continue
        d, n = direction[c], length[c]
        begin, end, looked, widest = slots, -1, 0, 0
        for i in range(low, high):
            begin, end = min(begin, first[i]), max(end, last[i])
            width = last[i] - first[i] + 1
            looked += width
            widest = max(widest, width)
        blocked = begin - 1
        if tight[c] > 0:
            for t in range(begin, begin + n - 1):
                if room[d, t] < tight[c]:
                    blocked = t
        for s in range(begin, end + 1):
            curve[s] = lines[d, s + n] - lines[d, s]
            shut[s] = False
            if tight[c] > 0:
                if room[d, s + n - 1] < tight[c]:
                    blocked = s + n - 1
                if blocked >= s:
                    shut[s] = True
                    curve[s] = never
        levels = depth[widest]
        tabled = not dated[c] and looked > (end - begin + 1) * (levels + 1)
        if tabled:
            for s in range(begin, end + 1):
                table[0, s] = s
            for k in range(1, levels + 1):
                half = 1 << (k - 1)
                for s in range(begin, end + 2 - (1 << k)):
                    a, b = table[k - 1, s], table[k - 1, s + half]
                    table[k, s] = b if curve[b] < curve[a] else a
        for i in range(low, high):
            o, g = option[i], group[i]
            more = extra[o] if len(extra) else extra.dtype.type(0)
            if dated[c]:
                at, cost = -1, never
                for s in range(first[i], last[i] + 1):
                    if not shut[s]:
                        late = max(slope[g] * (s + n) - base[g], 0)
                        if s + n > after[g]:
                            late += once[g]
                        value = curve[s] * amount[i] + late * scale
                        if at < 0 or value < cost:
                            at, cost = s, value
                if at >= 0:
                    cost += more
            else:
                if tabled:
                    k = depth[last[i] - first[i] + 1]
                    a, b = table[k, first[i]], table[k, last[i] + 1 - (1 << k)]
                    at = b if curve[b] < curve[a] else a
                else:
                    at = first[i]
                    for s in range(first[i] + 1, last[i] + 1):
                        if curve[s] < curve[at]:
                            at = s
                if shut[at]:
                    at, cost = -1, never
                else:
                    cost = curve[at] * amount[i] + more
            if len(each):
                each[o] = cost
            if at >= 0 and (cost < best[g] or (cost == best[g] and (chosen[g] < 0 or o < chosen[g]))):
                best[g], chosen[g], start[g] = cost, o, at
