"""The rules language as operators write it: a tree of groups over conditions."""

from collections.abc import Collection
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct, field

DEEPEST_GROUP = 20
MOST_CONDITIONS = 500
LONGEST_INLINE_LIST = 1000
LONGEST_VALUE = 4000


class Operator(StrEnum):
    """What a condition asks of its operand. Texts are compared without case; `between` takes in both ends."""

    IS = "is"
    IS_NOT = "is not"
    CONTAINS = "contains"
    CONTAINS_NOT = "does not contain"
    BEGINS = "begins with"
    ENDS = "ends with"
    GREATER = "greater than"
    LESS = "less than"
    AT_LEAST = "at least"
    AT_MOST = "at most"
    BEFORE = "before"
    AFTER = "after"
    BETWEEN = "between"
    IN_LIST = "in list"
    NOT_IN_LIST = "not in list"
    BEGINS_IN_LIST = "begins with in list"
    EMPTY = "is empty"
    NOT_EMPTY = "is not empty"
    MATCHES = "matches"


Scalar = str | int | float


class Rule(Struct, frozen=True, omit_defaults=True):
    """A group (`all` or `any` of other rules) or a condition: `operand`, `operator`, and a `value` or a `list`.

    At most 20 groups deep and 500 conditions in all.
    """

    all_of: Annotated["tuple[Rule, ...] | None", Meta(description="Every one of these must match.")] = field(
        default=None, name="all"
    )
    any_of: Annotated["tuple[Rule, ...] | None", Meta(description="At least one of these must match.")] = (
        field(default=None, name="any")
    )
    operand: Annotated[
        Annotated[str, Meta(max_length=100)] | None,
        Meta(description="A field's name, or a derived value such as age or received.day."),
    ] = None
    operator: Operator | None = None
    value: Annotated[
        str | int | float | list[Scalar] | None,
        Meta(
            description="A text or a number; two of them for between; for in list up to 1,000 of them. Dates are "
            "YYYY-MM-DD, times HH:MM."
        ),
    ] = None
    list_reference: Annotated[
        Annotated[str, Meta(max_length=64)] | None,
        Meta(description="The reference of a value list, instead of values."),
    ] = field(default=None, name="list")


def operands_in(rule: Rule) -> set[str]:
    """Collect the operands that a rule names."""
    own = set() if rule.operand is None else {rule.operand}
    return own.union(*(operands_in(part) for part in (*(rule.all_of or ()), *(rule.any_of or ()))))


def without(rule: Rule, operands: Collection[str]) -> Rule | None:
    """Give what can be told of a rule before these operands are known: a lead that it refuses, the whole refuses too.

    None where the unknown values could still make every lead match.
    """
    if rule.all_of is not None:
        left = [part for one in rule.all_of if (part := without(one, operands)) is not None]
        return Rule(all_of=tuple(left)) if left else None
    if rule.any_of is not None:
        parts = [without(one, operands) for one in rule.any_of]
        known = tuple(part for part in parts if part is not None)
        return Rule(any_of=known) if len(known) == len(parts) else None
    return None if rule.operand in operands else rule


def lists_in(rule: Rule) -> set[str]:
    """Collect the references of the value lists that a rule names, as they are looked for: without case."""
    own = set() if rule.list_reference is None else {rule.list_reference.casefold()}
    return own.union(*(lists_in(part) for part in (*(rule.all_of or ()), *(rule.any_of or ()))))
