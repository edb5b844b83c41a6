"""Member names find their fields in every spelling, the best fit winning."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.dialects.leadbyte.naming import FieldMatcher, find_member

FIELDS = [
    ("data13", "make_of_car"),
    ("email", "Email"),
    ("firstname", "First_Name"),
    ("phone1", "Phone_1"),
    ("optindate", "Opt-in_Date"),
    ("sid", "SID"),
    ("ipaddress", "IP_Address"),
    ("useragent", "User_Agent"),
    ("key", "Key"),
]
MATCHER = FieldMatcher(FIELDS)


@pytest.mark.parametrize(
    ("member", "field"),
    [
        ("email", "email"),
        ("Email", "email"),
        ("E-MAIL", "email"),
        ("First_Name", "firstname"),
        ("first name", "firstname"),
        ("Phone_1", "phone1"),
        ("phone-1", "phone1"),
        ("SID", "sid"),
        ("Opt-in_Date", "optindate"),
        ("make_of_car", "data13"),
        ("Make Of Car", "data13"),
        ("Data_13", "data13"),
        ("f_1_email", "email"),
        ("f_12_Make-of-car", "data13"),
        ("ip", "ipaddress"),
        ("ip_address", "ipaddress"),
        ("user_agent", "useragent"),
    ],
)
def test_a_spelling_finds_its_field(member: str, field: str) -> None:
    found = MATCHER.match(member)
    assert found is not None
    assert found[0] == field


@pytest.mark.parametrize(
    "member",
    ["", "nothing", "f_1_", "f_email", "f_x_email", "key", "Key", "f_1_key", "campid", "testmode",
     "returnjson", "debug", "-_ ", "é" * 3000],
)  # fmt: skip
def test_other_names_are_no_fields(member: str) -> None:
    assert MATCHER.match(member) is None


@pytest.mark.parametrize(
    ("lead", "fields"),
    [
        ({"Email": "label", "email": "exact", "E_MAIL": "squeezed"}, {"email": "exact"}),
        ({"E_MAIL": "squeezed", "Email": "label"}, {"email": "label"}),
        ({"Data_13": "squeezed", "make_of_car": "label"}, {"data13": "label"}),
        ({"Data_13": "squeezed", "MakeOfCar": "label"}, {"data13": "label"}),
        ({"f_1_email": "prefixed", "E-mail": "squeezed"}, {"email": "squeezed"}),
        ({"E-mail": "first", "E mail": "second"}, {"email": "first"}),
        ({"unknown": "x", "lead": {"a": 1}, "key": "k"}, {}),
        ({"email": None, "sid": 1, "phone1": ["a", 2], "data13": True},
         {"email": "", "sid": "1", "phone1": "a,2", "data13": "true"}),
        ({"email": " a\x00b\ud800 "}, {"email": "ab"}),
        ({"email": " é "}, {"email": "é"}),
    ],
)  # fmt: skip
def test_the_best_fit_gives_the_value(lead: dict[str, Any], fields: dict[str, str]) -> None:
    assert MATCHER.assign(lead) == (fields, {})


@pytest.mark.parametrize("value", [{}, {"a": 1}, [{}]])
def test_an_object_is_an_error_that_names_the_label(value: Any) -> None:
    lead = {"First_Name": value, "email": "x"}
    assert MATCHER.assign(lead) == ({"email": "x"}, {"firstname": "First Name is not a valid value"})


def test_an_object_loses_to_a_better_fit_and_beats_a_worse_one() -> None:
    assert MATCHER.assign({"Email": {}, "email": "x"}) == ({"email": "x"}, {})
    assert MATCHER.assign({"Email": "x", "email": {}}) == ({}, {"email": "Email is not a valid value"})
    assert MATCHER.assign({"email": {}, "Email": "x"}) == ({}, {"email": "Email is not a valid value"})


def test_a_field_name_comes_before_another_fields_label() -> None:
    matcher = FieldMatcher([("data1", "Phone_1"), ("phone1", "Mobile"), ("data2", "ip"), ("ipaddress", "")])
    assert matcher.assign({"Phone_1": "a", "data1": "b"}) == ({"phone1": "a", "data1": "b"}, {})
    assert matcher.assign({"ip": "1"}) == ({"ipaddress": "1"}, {})


def test_a_field_called_by_an_alias_keeps_its_name() -> None:
    matcher = FieldMatcher([("ip", "Own"), ("ipaddress", "IP_Address")])
    assert matcher.assign({"ip": "1", "ip_address": "2"}) == ({"ip": "1", "ipaddress": "2"}, {})


def test_a_field_without_a_label_goes_by_its_name() -> None:
    assert FieldMatcher([("c1", "")]).assign({"c1": {}}) == ({}, {"c1": "c1 is not a valid value"})


def test_what_is_remembered_of_strangers_names_is_bounded() -> None:
    matcher = FieldMatcher(FIELDS)
    for number in range(10_000):
        matcher.match(f"name{number}")
    matcher.match("x" * 101)
    assert len(matcher._memo) <= 4096
    assert all(len(name) <= 100 for name in matcher._memo)
    assert matcher.assign({"Email": "x"}) == ({"email": "x"}, {})


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("eE-_ mailf1k\x00é", max_size=9), st.text(max_size=5) | st.integers()))
def test_remembered_names_give_the_same_fields_as_new_ones(lead: dict[str, Any]) -> None:
    first, second = FieldMatcher(FIELDS), FieldMatcher(FIELDS)
    assert first.assign(lead) == first.assign(lead) == second.assign(lead)


def test_a_member_is_found_by_its_name_before_another_spelling() -> None:
    assert find_member({"Camp_ID": "a", "campid": "b"}, "campid") == "b"
    assert find_member({"x": 1, "Camp_ID": "a"}, "campid") == "a"
    assert find_member({"x": 1}, "campid") is None
