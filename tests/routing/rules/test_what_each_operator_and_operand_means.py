"""Every operator and operand by example."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from tests.routing.rules.made import facts, holds
from tests.routing.rules.settings import when

from leadyard.routing.rules import Rule, without

LEAD = {
    "email": "Ann@Mail.Example.com",
    "data1": "Land  Rover",
    "data2": "12500.50",
    "data3": "2026-03-31T10:00:00Z",
    "postcode": "SW1A 1AA",
    "street1": "1 High Street",
    "towncity": "London",
    "phone1": "07400 123456",
    "phone2": "02079460000",
    "phone3": "not a number",
    "dob": "1990-07-02",
    "source": "web",
    "ssid": "from the field",
}


@pytest.mark.parametrize(
    ("operand", "operator", "value", "expected"),
    [
        ("data1", "is", "land rover", True),
        ("data1", "is not", "Land Rover", False),
        ("data1", "contains", "ROV", True),
        ("data1", "does not contain", "rov", False),
        ("data1", "begins with", "land r", True),
        ("data1", "ends with", "ROVER", True),
        ("data1", "matches", r"^land\s+r", True),
        ("data1", "greater than", 5, False),
        ("data1", "is not empty", None, True),
        ("firstname", "is empty", None, True),
        ("firstname", "is not", "Ann", True),
        ("firstname", "is", "Ann", False),
        ("data2", "is", "12500.5", True),
        ("data2", "greater than", 12500.5, False),
        ("data2", "at least", 12500.5, True),
        ("data2", "less than", "12500.51", True),
        ("data2", "at most", 12000, False),
        ("data2", "between", [12000, 13000], True),
        ("data2", "in list", ["12500.50", 3], True),
        ("data3", "is", "2026-03-31", True),
        ("data3", "before", "2026-03-31", False),
        ("data3", "after", "2026-03-30", True),
        ("data3", "between", ["2026-03-31", "2026-04-01"], True),
        ("postcode", "begins with", "sw1a1", True),
        ("postcode", "in list", ["sw1a1aa"], True),
        ("postcode", "begins with in list", ["N1", "SW1"], True),
        ("postcode", "begins with in list", ["N1", "SW1A1AAB"], False),
        ("address", "contains", "street london sw1a 1aa", True),
        ("email.domain", "is", "mail.example.com", True),
        ("email.domain", "ends with", ".com", True),
        ("phone1.type", "is", "mobile", True),
        ("phone2.type", "is", "Landline", True),
        ("phone3.type", "is", "other", True),
        ("source", "in list", ["WEB", "shop"], True),
        ("ssid", "is", "from the field", True),
        ("age", "is", 35, True),
        ("revenue", "is empty", None, True),
    ],
)
def test_a_condition(operand: str, operator: str, value: object, *, expected: bool) -> None:
    assert holds(operand, operator, value, facts(LEAD)) is expected


@pytest.mark.parametrize("operator", ["greater than", "less than", "at least", "at most"])
def test_a_missing_number_is_on_no_side_of_a_limit(operator: str) -> None:
    assert not holds("data2", operator, 0)
    assert not holds("age", operator, 0)


def test_the_day_of_the_account_counts_not_that_of_greenwich() -> None:
    summer_night = facts({"dob": "1990-07-02"}, datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    assert holds("received.date", "is", "2026-07-02", summer_night)
    assert holds("received.day", "is", "Thu", summer_night)
    assert holds("received.time", "is", "00:30", summer_night)
    assert holds("age", "is", 36, summer_night)


def test_times_may_go_over_midnight() -> None:
    night = facts({}, datetime(2026, 1, 1, 23, 30, tzinfo=UTC))
    noon = facts({}, datetime(2026, 1, 1, 12, 0, tzinfo=UTC))
    assert holds("received.time", "between", ["22:00", "6:00"], night)
    assert not holds("received.time", "between", ["22:00", "06:00"], noon)


def test_where_a_lead_came_from_can_be_asked() -> None:
    lead = facts(LEAD, supplier="BRIGHT", ssid="own", channel="rest", revenue=Decimal("12.5"), bid=Decimal(3))
    assert holds("supplier", "is", "bright", lead)
    assert holds("ssid", "is", "own", lead)
    assert holds("channel", "is", "REST", lead)
    assert holds("revenue", "at least", "12.50", lead)
    assert holds("bid", "less than", 4, lead)
    lead.revenue = Decimal(1)
    assert not holds("revenue", "at least", "12.50", lead)


def test_somebody_born_on_a_leap_day_ages_in_march() -> None:
    lead = facts({"dob": "2004-02-29"}, datetime(2026, 2, 28, 12, 0, tzinfo=UTC))
    assert holds("age", "is", 21, lead)


@pytest.mark.parametrize(("name", "fields"), [("age", {"dob": "soon"}), ("age", {}), ("phone1.type", {})])
def test_what_cannot_be_derived_is_empty(name: str, fields: dict[str, str]) -> None:
    assert holds(name, "is empty", None, facts(fields))


def test_a_long_list_is_looked_into_as_its_operand_is_compared() -> None:
    lead = facts({"postcode": "N1 9GU", "data1": "N 1", "data2": "10.00"})
    assert holds("postcode", "begins with in list", None, lead, list="London")
    assert not holds("postcode", "in list", None, lead, list="London")
    assert holds("data1", "in list", None, lead, list="LONDON")
    assert holds("data2", "in list", None, lead, list="LONDON")
    assert holds("data3", "not in list", None, lead, list="LONDON")


def test_what_an_offer_does_not_tell_yet_may_still_match() -> None:
    postcode, bid = when("postcode", "begins with", "SW"), when("bid", "at least", 8)
    assert without(bid, {"bid"}) is None
    assert without(Rule(all_of=(postcode, bid)), {"bid"}) == Rule(all_of=(postcode,))
    assert without(Rule(any_of=(postcode, bid)), {"bid"}) is None
    nested = Rule(all_of=(postcode, Rule(any_of=(postcode, Rule(all_of=(postcode, bid))))))
    assert without(nested, {"bid"}) == Rule(
        all_of=(postcode, Rule(any_of=(postcode, Rule(all_of=(postcode,)))))
    )
