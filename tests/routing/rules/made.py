"""Rules and leads for the tests of the language: written short, and drawn at random."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from leadyard.intake.fields import DataType, FieldRule
from leadyard.kit.documents import read
from leadyard.routing.rules import (
    Facts,
    Operator,
    Rule,
    ValueList,
    Vocabulary,
    compile_rule,
    operands_of,
    read_rule,
)
from leadyard.routing.rules.lists import normal_entries

FIELDS = (
    FieldRule(name="data1", label="Car_Make", data_type=DataType.TEXT),
    FieldRule(name="data2", label="Loan", data_type=DataType.DECIMAL),
    FieldRule(name="data3", label="Expiry", data_type=DataType.DATE),
)
LONDON = ("SW1A", "e1", "N 1", "postcode", "10", "2026-01-31", "ann")
LISTS = {"london": ValueList("LONDON", "1", "\n".join(normal_entries(LONDON)))}
WORDS = Vocabulary(operands_of(FIELDS), LISTS)
ZONE = ZoneInfo("Europe/London")
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


def rule(**members: Any) -> Rule:
    """Read a rule from its JSON form; `any_of`, `all_of` and `list_` stand for what Python cannot name."""
    names = {"any_of": "any", "all_of": "all", "list_": "list"}
    return read({names.get(name, name): value for name, value in members.items()}, Rule)


def facts(fields: dict[str, str] | None = None, received_at: datetime = NOON, **more: Any) -> Facts:
    return Facts(fields or {}, received_at, ZONE, **more)


def holds(operand: str, operator: str, value: object = None, lead: Facts | None = None, **more: Any) -> bool:
    """Judge a lead by one condition."""
    members = {"operand": operand, "operator": operator, **more}
    if value is not None:
        members["value"] = value
    return compile_rule(rule(**members), WORDS)(lead or facts())


NAMES = ("data1", "data2", "data3", "postcode", "email", "age", "address", "received.day", "received.time",
         "received.date", "email.domain", "phone1.type", "supplier", "ssid", "channel", "revenue")  # fmt: skip
TEXTS = st.sampled_from(
    ["", "a", "A", "ann", "Ann B", "SW1A 1AA", "e1 6an", "10", "10.0", "9.5", "-3", "x@y.com"]
)
DAYS = st.sampled_from(["2026-01-31", "2025-02-28", "2000-06-30", "2026-07-01"])


@st.composite
def leads(draw: st.DrawFn) -> Facts:
    """Draw a lead with any of its fields empty."""
    fields = {
        "data1": draw(TEXTS),
        "data2": draw(st.sampled_from(["", "10", "10.0", "9.5", "-3", "1e3"])),
        "data3": draw(st.one_of(st.just(""), DAYS, st.just("2026-01-31T10:00:00Z"))),
        "postcode": draw(st.sampled_from(["", "SW1A 1AA", "E1 6AN", "n1 9gu"])),
        "email": draw(st.sampled_from(["", "ann@Example.com", "bob@mail.test"])),
        "dob": draw(st.one_of(st.just(""), DAYS)),
        "phone1": draw(st.sampled_from(["", "07700900123", "02079460000", "+447700900123", "12"])),
        "towncity": draw(TEXTS),
    }
    moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone stands beside it
    amounts = st.one_of(st.none(), st.sampled_from([Decimal(10), Decimal("9.5")]))
    return Facts(
        fields, draw(moments), ZONE, supplier=draw(TEXTS), ssid=draw(TEXTS),
        channel=draw(st.sampled_from(["rest", "import"])), revenue=draw(amounts),
    )  # fmt: skip


VALUES = st.one_of(
    TEXTS, DAYS, st.integers(-5, 2000), st.floats(-10, 10, allow_nan=False),
    st.sampled_from(["Monday", "wed", "08:30", "22:00", "mobile", "rest", "a.*b", "^a"]),
)  # fmt: skip


@st.composite
def conditions(draw: st.DrawFn) -> Rule:
    """Draw a condition, which need not make sense."""
    operator = draw(st.sampled_from(list(Operator)))
    value: Any = None
    reference = None
    if operator in {Operator.IN_LIST, Operator.NOT_IN_LIST, Operator.BEGINS_IN_LIST}:
        if draw(st.booleans()):
            reference = draw(st.sampled_from(["LONDON", "london"]))
        else:
            value = draw(st.lists(VALUES, min_size=1, max_size=4))
    elif operator is Operator.BETWEEN:
        value = draw(st.lists(VALUES, min_size=2, max_size=2))
    elif operator not in {Operator.EMPTY, Operator.NOT_EMPTY}:
        value = draw(VALUES)
    return Rule(
        operand=draw(st.sampled_from(NAMES)), operator=operator, value=value, list_reference=reference
    )


def _groups(parts: st.SearchStrategy[Rule]) -> st.SearchStrategy[Rule]:
    inside = st.lists(parts, min_size=1, max_size=3).map(tuple)
    return st.one_of(inside.map(lambda own: Rule(all_of=own)), inside.map(lambda own: Rule(any_of=own)))


USABLE = conditions().filter(lambda condition: not read_rule(condition, WORDS)[1])
RULES = st.recursive(USABLE, _groups, max_leaves=6)
ANY_RULES = st.recursive(conditions(), _groups, max_leaves=6)
