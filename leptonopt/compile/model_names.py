"""Say what the numbers in the names of an exported model mean."""

from __future__ import annotations

from collections.abc import Iterator

from leptonopt.compile.compiler import CompiledInstance
from leptonopt.instance.units import duration_text, instant_text


def model_names(compiled: CompiledInstance) -> Iterator[str]:
    """Yield the unit and offset of the objective, and a line for each group, option, row, kind and way."""
    time, currency = compiled.instance.time, compiled.instance.currency
    yield f"objective: 1 is {compiled.unit} {currency}; offset 0"
    yield f"slot 0: begins {instant_text(time.start)}; each takes {duration_text(time.slot)}"
    yield from _groups(compiled)
    for number, row in enumerate(compiled.rows):
        place = f"pool {row.pool}, {row.resource}" if row.pool else f"quota {row.resource}"
        yield f"row {number}: {place}{f', node {row.node}' if row.node else ''}; 1 is 1/{row.scale}"
    for number, kind in enumerate(compiled.kinds):
        yield f"kind {number}: nodes {kind.name} of pool {kind.pool.id}"
    for number, way in enumerate(compiled.services.ways):
        service = compiled.instance.services[way.service].id
        yield f"way {number}: service {service}, {way.option.id} on pool {way.option.pool}"


def _groups(compiled: CompiledInstance) -> Iterator[str]:
    """Yield the tasks of each group, and its options."""
    instance = compiled.instance if compiled.cut is None else compiled.cut.instance
    option = 0
    for group, members in enumerate(compiled.members):
        tasks = ", ".join(f"{instance.tasks[task].id} x{copies}" for task, _, copies in members)
        yield f"group {group}: {tasks}"
        for way in compiled.kept[members[0][0]]:
            yield f"option {option}: group {group}, {way.id} on pool {way.pool}"
            option += 1
