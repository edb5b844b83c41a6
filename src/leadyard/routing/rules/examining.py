"""A rule tried on one lead, condition by condition, for people who want to know why."""

from collections.abc import Mapping

import msgspec

from leadyard.kit.masking import MASK
from leadyard.routing.rules.compiling import compile_node
from leadyard.routing.rules.facts import Facts
from leadyard.routing.rules.operands import Operand
from leadyard.routing.rules.reading import Condition, Group, Node
from leadyard.routing.rules.wording import condition_in_words


class ConditionFinding(msgspec.Struct, frozen=True):
    """One condition: its place in the rule, its words, whether it matches, and the value that was seen (or empty)."""

    path: str
    text: str
    matches: bool
    seen: str


def examine(
    node: Node, facts: Facts, operands: Mapping[str, Operand], hidden: frozenset[str] = frozenset()
) -> tuple[bool, list[ConditionFinding]]:
    """Judge a lead by a rule that was read, and by each of its conditions, those that did not matter included.

    What was seen is masked where it comes from a field in `hidden`.
    """
    return compile_node(node)(facts), list(_findings(node, facts, operands, hidden))


def _findings(
    node: Node, facts: Facts, operands: Mapping[str, Operand], hidden: frozenset[str]
) -> list[ConditionFinding]:
    if isinstance(node, Group):
        return [finding for part in node.parts for finding in _findings(part, facts, operands, hidden)]
    return [_finding(node, facts, operands, hidden)]


def _finding(
    condition: Condition, facts: Facts, operands: Mapping[str, Operand], hidden: frozenset[str]
) -> ConditionFinding:
    seen = condition.operand.raw(facts)
    if seen and not hidden.isdisjoint(condition.operand.fields):
        seen = MASK
    return ConditionFinding(
        condition.path,
        condition_in_words(condition.rule, operands),
        compile_node(condition)(facts),
        seen,
    )
