"""Define how nodes appear in a compiled instance: counted, told apart, or both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from leptonopt.instance import Instance


@dataclass(frozen=True, eq=False)
class NodeForm:
    """The form of nodes on pools where some task must fit within one node.

    Attributes
    ----------
    alike : nodes of a kind are counted; packing rows stand for what a single node can hold
    placements : by task and option, the choices of nodes (labels) that are offered; None for all. Nodes that no
        choice names are counted.
    offered : the options that are offered, by task and option id; None for all
    """

    alike: bool = False
    placements: Mapping[tuple[str, str], Sequence[tuple[str, ...]]] | None = None
    offered: Collection[tuple[str, str]] | None = None

    def offers(self, task: str, option: str) -> bool:
        """Return whether an option of a task, both by their ids, is offered."""
        return self.offered is None or (task, option) in self.offered


TOLD_APART, COUNTED = NodeForm(), NodeForm(alike=True)


def first_form(instance: Instance) -> NodeForm:
    """Return the first form of a solve: told apart beside services, meters and segments, else counted."""
    wide = instance.services or instance.metered or any(task.is_cut for task in instance.tasks)
    return TOLD_APART if wide else COUNTED
