"""Rules in plain words, for people who check what was set up."""

from collections.abc import Mapping

from leadyard.routing.rules.model import Operator, Rule
from leadyard.routing.rules.operands import Operand

_SHOWN_VALUES = 5
_LONGEST_SHOWN = 80


def in_words(rule: Rule, operands: Mapping[str, Operand]) -> str:
    """Put a rule into one sentence; never fails, also for a rule that cannot be used."""
    return _worded(rule, operands, is_inside=False)


def _worded(rule: Rule, operands: Mapping[str, Operand], *, is_inside: bool) -> str:
    if rule.all_of is None and rule.any_of is None:
        return condition_in_words(rule, operands)
    joint = " and " if rule.all_of is not None else " or "
    parts = rule.all_of or rule.any_of or ()
    if not parts:
        return "nothing"
    text = joint.join(_worded(part, operands, is_inside=len(parts) > 1) for part in parts)
    return f"({text})" if is_inside and len(parts) > 1 else text


def condition_in_words(rule: Rule, operands: Mapping[str, Operand]) -> str:
    """Put one condition into words."""
    operand = operands.get(rule.operand or "")
    label = operand.label if operand is not None else (rule.operand or "nothing")
    operator = rule.operator or Operator.NOT_EMPTY
    if operator in {Operator.EMPTY, Operator.NOT_EMPTY}:
        return f"{label} {operator}"
    if operator in {Operator.IN_LIST, Operator.NOT_IN_LIST, Operator.BEGINS_IN_LIST}:
        return f"{label} {_list_verb(operator)} {_listed(rule)}"
    if operator is Operator.BETWEEN and isinstance(rule.value, list):
        return f"{label} is from {' to '.join(_quoted(value) for value in rule.value)}"
    return f"{label} {_verb(operator)} {_quoted(rule.value)}"


def _verb(operator: Operator) -> str:
    comparing = {
        Operator.GREATER,
        Operator.LESS,
        Operator.AT_LEAST,
        Operator.AT_MOST,
        Operator.BEFORE,
        Operator.AFTER,
        Operator.BETWEEN,
    }
    return f"is {operator}" if operator in comparing else operator.value


def _list_verb(operator: Operator) -> str:
    return {
        Operator.IN_LIST: "is one of",
        Operator.NOT_IN_LIST: "is none of",
        Operator.BEGINS_IN_LIST: "begins with one of",
    }[operator]


def _listed(rule: Rule) -> str:
    if rule.list_reference is not None:
        return f"the list {_quoted(rule.list_reference)}"
    values = rule.value if isinstance(rule.value, list) else [rule.value]
    shown = ", ".join(_quoted(value) for value in values[:_SHOWN_VALUES])
    more = len(values) - _SHOWN_VALUES
    return f"{shown} and {more} more" if more > 0 else shown


def _quoted(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, list):
        return ", ".join(_quoted(one) for one in value[:_SHOWN_VALUES])
    text = str(value)
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return f'"{text}"' if isinstance(value, str) else text
