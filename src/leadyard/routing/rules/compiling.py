"""Rules made ready to judge any number of leads: closures over the values that they compare with."""

from collections.abc import Callable, Sequence
from typing import Any

from leadyard.routing.rules.facts import Facts
from leadyard.routing.rules.lists import Key, Prefixes
from leadyard.routing.rules.model import Operator, Rule, lists_in
from leadyard.routing.rules.normal import number_of
from leadyard.routing.rules.operands import Kind, Operand
from leadyard.routing.rules.reading import NUMERIC, Condition, Group, Node, Vocabulary, read_rule

Test = Callable[[Facts], bool]
"""A compiled rule; it never fails, whatever the lead."""


def compile_rule(rule: Rule, words: Vocabulary) -> Test:
    """Compile a rule; one that cannot be used, which the set-up refuses, matches no lead."""
    node, _ = read_rule(rule, words)
    return _never if node is None else compile_node(node)


def compile_when_needed(rule: Rule, words: Vocabulary) -> Test:
    """Compile a rule at once, or with its first lead when it names lists: not every process that holds it asks it."""
    if not lists_in(rule):
        return compile_rule(rule, words)
    made: list[Test] = []

    def test(facts: Facts) -> bool:
        if not made:
            made.append(compile_rule(rule, words))
        return made[0](facts)

    return test


def compile_node(node: Node) -> Test:
    """Compile a rule that was read."""
    if isinstance(node, Group):
        tests = tuple(compile_node(part) for part in node.parts)
        if len(tests) == 1:
            return tests[0]
        return _every(tests) if node.every else _some(tests)
    return _condition(node)


def _never(facts: Facts) -> bool:  # noqa: ARG001 - a Test
    return False


def _every(tests: Sequence[Test]) -> Test:
    def every(facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs twice as much
            if not test(facts):
                return False
        return True

    return every


def _some(tests: Sequence[Test]) -> Test:
    def some(facts: Facts) -> bool:
        for test in tests:  # noqa: SIM110 - a generator costs twice as much
            if test(facts):
                return True
        return False

    return some


Get = Callable[[Facts], Any]


def _getter(condition: Condition) -> Get:
    operand = condition.operand
    if condition.operator in NUMERIC and operand.kind is Kind.TEXT:
        raw = operand.raw
        return _remembered((operand.name, Kind.NUMBER), lambda facts: number_of(raw(facts)))
    return _remembered((operand.name, operand.kind), operand.read) if operand.keeps else operand.read


def _remembered(key: object, read: Callable[[Facts], Key | None]) -> Get:
    def get(facts: Facts) -> Key | None:
        memo = facts.memo
        try:
            return memo[key]  # type: ignore[no-any-return]
        except KeyError:
            value = memo[key] = read(facts)
            return value

    return get


def _condition(condition: Condition) -> Test:  # noqa: C901, PLR0912 - one line for each operator
    get, value = _getter(condition), condition.argument
    match condition.operator:
        case Operator.IS:
            return lambda facts: get(facts) == value
        case Operator.IS_NOT:
            return lambda facts: get(facts) != value
        case Operator.IN_LIST:
            return lambda facts: get(facts) in value
        case Operator.NOT_IN_LIST:
            return lambda facts: get(facts) not in value
        case Operator.CONTAINS:
            return lambda facts: value in (get(facts) or "")
        case Operator.CONTAINS_NOT:
            return lambda facts: value not in (get(facts) or "")
        case Operator.BEGINS:
            return lambda facts: (get(facts) or "").startswith(value)
        case Operator.ENDS:
            return lambda facts: (get(facts) or "").endswith(value)
        case Operator.BEGINS_IN_LIST:
            return _begins_in(get, value)
        case Operator.EMPTY:
            return lambda facts: get(facts) is None
        case Operator.NOT_EMPTY:
            return lambda facts: get(facts) is not None
        case Operator.MATCHES:
            return _matching(condition.operand, value)
        case Operator.BETWEEN:
            return _between(get, *value)
        case _:
            return _ordered(get, condition.operator, value)


def _begins_in(get: Get, prefixes: Prefixes) -> Test:
    return lambda facts: prefixes.longest(get(facts) or "") is not None


def _matching(operand: Operand, search: Callable[[str], object]) -> Test:
    raw = operand.raw
    # RE2 reads UTF-8, which has no lone surrogates.
    return lambda facts: search(raw(facts).encode("utf-8", "replace").decode()) is not None


def _between(get: Get, first: Any, last: Any) -> Test:
    over_midnight = first > last

    def between(facts: Facts) -> bool:
        value = get(facts)
        if value is None:
            return False
        if over_midnight:
            return bool(value >= first or value <= last)
        return bool(first <= value <= last)

    return between


def _ordered(get: Get, operator: Operator, limit: Any) -> Test:
    """Compare with one limit; a lead without the value is on no side of it."""

    def above(facts: Facts) -> bool:
        value = get(facts)
        return value is not None and value > limit

    def below(facts: Facts) -> bool:
        value = get(facts)
        return value is not None and value < limit

    def at_least(facts: Facts) -> bool:
        value = get(facts)
        return value is not None and value >= limit

    def at_most(facts: Facts) -> bool:
        value = get(facts)
        return value is not None and value <= limit

    return {
        Operator.GREATER: above,
        Operator.AFTER: above,
        Operator.LESS: below,
        Operator.BEFORE: below,
        Operator.AT_LEAST: at_least,
        Operator.AT_MOST: at_most,
    }[operator]
