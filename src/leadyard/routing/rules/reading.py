"""Rules read for use: every operand found, every value in the form in which it is compared, every problem named."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

import msgspec
import re2

from leadyard.kit.documents import LARGEST_INTEGER, text_problem
from leadyard.kit.errors import FieldProblem
from leadyard.routing.rules.lists import Key, Prefixes, ValueList
from leadyard.routing.rules.model import (
    DEEPEST_GROUP,
    LONGEST_INLINE_LIST,
    LONGEST_VALUE,
    MOST_CONDITIONS,
    Operator,
    Rule,
)
from leadyard.routing.rules.normal import number_of
from leadyard.routing.rules.operands import KEY_OF, Kind, Operand

LONGEST_PATTERN = 1000
_PATTERN_MEMORY = 1 << 20
"""Bytes that one pattern may take: a rule may have hundreds of them."""

_EQUALITY = frozenset({Operator.IS, Operator.IS_NOT, Operator.IN_LIST, Operator.NOT_IN_LIST})
_EMPTINESS = frozenset({Operator.EMPTY, Operator.NOT_EMPTY})
_TEXTUAL = frozenset(
    {
        Operator.CONTAINS,
        Operator.CONTAINS_NOT,
        Operator.BEGINS,
        Operator.ENDS,
        Operator.BEGINS_IN_LIST,
        Operator.MATCHES,
    }
)
NUMERIC = frozenset({Operator.GREATER, Operator.LESS, Operator.AT_LEAST, Operator.AT_MOST, Operator.BETWEEN})
_TEMPORAL = frozenset({Operator.BEFORE, Operator.AFTER, Operator.BETWEEN})
_LISTS = frozenset({Operator.IN_LIST, Operator.NOT_IN_LIST, Operator.BEGINS_IN_LIST})

FITTING = {
    Kind.TEXT: _EQUALITY | _EMPTINESS | _TEXTUAL | NUMERIC,
    Kind.POSTCODE: _EQUALITY | _EMPTINESS | _TEXTUAL,
    Kind.NUMBER: _EQUALITY | _EMPTINESS | NUMERIC,
    Kind.DATE: _EQUALITY | _EMPTINESS | _TEMPORAL,
    Kind.TIME: _EQUALITY | _EMPTINESS | _TEMPORAL,
    Kind.CHOICE: _EQUALITY | _EMPTINESS,
}
"""Which operators fit which kinds of operands; a text is asked for its number by the numeric ones."""

_FORMS = {
    Kind.NUMBER: "must be a number",
    Kind.DATE: "must be a date, YYYY-MM-DD",
    Kind.TIME: "must be a time, HH:MM",
}
_SHORTEST_DAY = 3


class Group(msgspec.Struct, frozen=True):
    """A group as it is used: all of its parts must match, or any."""

    every: bool
    parts: tuple["Node", ...]


class Condition(msgspec.Struct, frozen=True):
    """A condition as it is used.

    `argument` is a key, a pair of keys, a frozenset of keys, Prefixes or a compiled pattern, as the operator needs.
    """

    path: str
    rule: Rule
    operand: Operand
    operator: Operator
    argument: Any = None


Node = Group | Condition


class Vocabulary(msgspec.Struct, frozen=True):
    """What rules of one campaign may name: operands by name, value lists by reference in lower case."""

    operands: Mapping[str, Operand]
    lists: Mapping[str, ValueList] = {}


class _Refused(Exception):  # noqa: N818 - carries a problem to where it is collected
    def __init__(self, member: str, detail: str) -> None:
        self.member = member
        self.detail = detail


def read_rule(rule: Rule, words: Vocabulary, path: str = "rule") -> tuple[Node | None, list[FieldProblem]]:
    """Read a rule; gives None and every problem, each with its place in the tree, when it cannot be used."""
    problems = _Problems(path)
    node = _node(rule, words, path, 1, problems)
    if problems.conditions > MOST_CONDITIONS:
        problems.add(path, f"has more than {MOST_CONDITIONS} conditions")
    return (None if problems.found else node), problems.found


class _Problems:
    def __init__(self, path: str) -> None:
        self.path = path
        self.found: list[FieldProblem] = []
        self.conditions = 0

    def add(self, path: str, detail: str) -> None:
        self.found.append(FieldProblem(path, detail))


def _node(rule: Rule, words: Vocabulary, path: str, depth: int, problems: _Problems) -> Node | None:
    forms = [rule.all_of is not None, rule.any_of is not None, _has_condition(rule)]
    if sum(forms) != 1:
        problems.add(path, "must have one of all, any, or an operand with its operator")
        return None
    if not forms[2]:
        return _group(rule, words, path, depth, problems)
    problems.conditions += 1
    if problems.conditions > MOST_CONDITIONS:
        return None
    try:
        return _condition(rule, words, path)
    except _Refused as refused:
        problems.add(f"{path}.{refused.member}", refused.detail)
        return None


def _has_condition(rule: Rule) -> bool:
    return any(part is not None for part in (rule.operand, rule.operator, rule.value, rule.list_reference))


def _group(rule: Rule, words: Vocabulary, path: str, depth: int, problems: _Problems) -> Group | None:
    every = rule.all_of is not None
    inside, parts = f"{path}.{'all' if every else 'any'}", rule.all_of or rule.any_of or ()
    if not parts:
        problems.add(inside, "must not be empty")
        return None
    if depth > DEEPEST_GROUP:
        problems.add(path, f"is nested more than {DEEPEST_GROUP} groups deep")
        return None
    read = [_node(part, words, f"{inside}[{i}]", depth + 1, problems) for i, part in enumerate(parts)]
    return Group(every, tuple(part for part in read if part is not None))


def _condition(rule: Rule, words: Vocabulary, path: str) -> Condition:
    operand = words.operands.get(rule.operand or "")
    if operand is None:
        detail = "is required" if not rule.operand else "is not a field or a value that rules know"
        raise _Refused("operand", detail)
    operator = rule.operator
    if operator is None:
        raise _Refused("operator", "is required")
    if operator not in FITTING[operand.kind]:
        raise _Refused("operator", f"does not fit {operand.name}, which is a {operand.kind.value}")
    if rule.list_reference is not None and (operator not in _LISTS or rule.value is not None):
        detail = "cannot stand beside a value" if operator in _LISTS else f"does not go with {operator}"
        raise _Refused("list", detail)
    return Condition(path, rule, operand, operator, _argument(rule, operand, operator, words))


def _argument(rule: Rule, operand: Operand, operator: Operator, words: Vocabulary) -> object:
    if operator in _EMPTINESS:
        if rule.value is not None:
            raise _Refused("value", f"does not go with {operator}")
        return None
    if operator in _LISTS:
        return _looked_into(rule, operand, words, as_prefixes=operator is Operator.BEGINS_IN_LIST)
    if rule.value is None:
        raise _Refused("value", "is required")
    if operator is Operator.MATCHES:
        return _pattern(rule.value)
    key_of = _numbers if operator in NUMERIC and operand.kind is Kind.TEXT else _reader(operand)
    if operator is Operator.BETWEEN:
        return _pair(rule.value, operand, key_of)
    if isinstance(rule.value, list):
        raise _Refused("value", f"must be one value for {operator}")
    return key_of(rule.value, "value")


ReadKey = Callable[[object, str], Key]


def _reader(operand: Operand) -> ReadKey:
    """Make the function that reads a rule's value as the operand's values are compared."""
    if operand.kind is Kind.NUMBER:
        return _numbers
    key_of = KEY_OF[operand.kind]

    def read(value: object, member: str) -> Key:
        text = _text(value, member)
        key = _choice(text, operand) if operand.choices else key_of(text)
        if key is None:
            choices = f"must be one of {', '.join(operand.choices)}" if operand.choices else None
            raise _Refused(member, choices or _FORMS.get(operand.kind, "must not be blank"))
        return key

    return read


def _numbers(value: object, member: str) -> Key:
    number = number_of(value)
    if number is None:
        raise _Refused(member, "must be a number")
    return number


def _text(value: object, member: str) -> str:
    if isinstance(value, str):
        trouble = text_problem(value)
        if trouble is not None:
            raise _Refused(member, trouble)
        if len(value) > LONGEST_VALUE:
            raise _Refused(member, f"must have at most {LONGEST_VALUE} characters")
        return value
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        raise _Refused(member, "is out of range")
    return f"{Decimal(str(value)):f}"


def _choice(text: str, operand: Operand) -> str | None:
    """Find a choice by its name, a day also by its first three letters."""
    wanted = text.strip().casefold()
    is_day = operand.name == "received.day" and len(wanted) == _SHORTEST_DAY
    found = [c for c in operand.choices if c == wanted or (is_day and c.startswith(wanted))]
    return found[0] if found else None


def _looked_into(
    rule: Rule, operand: Operand, words: Vocabulary, *, as_prefixes: bool
) -> frozenset[Key] | Prefixes:
    if rule.list_reference is not None:
        known = words.lists.get(rule.list_reference.casefold())
        if known is None:
            raise _Refused("list", "is not a value list")
        key_of = KEY_OF[operand.kind]
        return known.prefixes(key_of) if as_prefixes else known.keys(key_of)
    values = rule.value
    if not isinstance(values, list):
        raise _Refused("value", "must be a list of values, or name a list in `list`")
    if not 0 < len(values) <= LONGEST_INLINE_LIST:
        detail = f"must have from 1 to {LONGEST_INLINE_LIST} values; make a value list for more"
        raise _Refused("value", detail)
    keys = _all_read(values, _reader(operand))
    return Prefixes(str(key) for key in keys) if as_prefixes else frozenset(keys)


def _all_read(values: Iterable[object], read: ReadKey) -> list[Key]:
    return [read(value, f"value[{i}]") for i, value in enumerate(values)]


def _pair(value: object, operand: Operand, read: ReadKey) -> tuple[Key, Key]:
    if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004 - the two ends
        raise _Refused("value", "must be a list of two values, from and to")
    first, last = _all_read(value, read)
    # Times may go over midnight: 22:00 to 06:00.
    if operand.kind is not Kind.TIME and first > last:  # type: ignore[operator]
        raise _Refused("value", "must have the smaller value first")
    return first, last


def _pattern(value: object) -> Callable[[str], object]:
    if not isinstance(value, str):
        raise _Refused("value", "must be a pattern")
    pattern = _text(value, "value")
    if not 0 < len(pattern) <= LONGEST_PATTERN:
        raise _Refused("value", f"must be a pattern of 1 to {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = False
    options.max_mem = _PATTERN_MEMORY
    try:
        search: Callable[[str], object] = re2.compile(pattern, options).search
    except re2.error as error:
        reason = error.args[0].decode("utf-8", "replace")
        raise _Refused("value", f"is not a pattern: {reason}") from error
    return search
