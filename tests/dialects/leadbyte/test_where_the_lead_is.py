"""The lead or leads of a POST are found in every place that callers put them."""

from typing import Any

import pytest

from leadyard.dialects.leadbyte.reading import find_leads
from leadyard.dialects.leadbyte.values import UnreadableError

LEAD = {"campid": "EXAMPLE-CAMPAIGN", "sid": "1", "email": "a@example.com"}


@pytest.mark.parametrize(
    ("members", "leads", "is_batch"),
    [
        ({"key": "k", "lead": LEAD}, [LEAD], False),
        ({"key": "k", **LEAD}, [{"key": "k", **LEAD}], False),
        ({"leads": [LEAD, LEAD]}, [LEAD, LEAD], True),
        ({"leads": [LEAD]}, [LEAD], True),
        ({"leads": LEAD}, [LEAD], True),
        ({"lead": {}}, [{}], False),
        ({}, [{}], False),
    ],
)
def test_leads_are_found(members: dict[str, Any], leads: list[dict[str, Any]], is_batch: bool) -> None:
    assert find_leads(members) == (leads, is_batch)


def test_control_members_beside_the_leads_fill_in() -> None:
    beside = {"campid": "TOP", "sid": 7, "ssid": "s", "testmode": "yes", "email": "ignored@example.com"}
    leads, _ = find_leads({**beside, "leads": [{"campid": "OWN", "sid": ""}, {"SID": "2", "Camp_ID": "X"}]})
    assert leads == [
        {"campid": "OWN", "sid": 7, "ssid": "s", "testmode": "yes"},
        {"SID": "2", "Camp_ID": "X", "ssid": "s", "testmode": "yes"},
    ]


@pytest.mark.parametrize("name", ["pingId", "pingid"])
def test_a_ping_id_beside_the_lead_counts(name: str) -> None:
    assert find_leads({name: "p", "lead": LEAD})[0] == [{**LEAD, "pingid": "p"}]
    own = {**LEAD, "pingId": "own"}
    assert find_leads({name: "p", "lead": own})[0] == [own]


def test_filling_in_leaves_the_request_as_it_was() -> None:
    members = {"campid": "TOP", "lead": {"email": "a@example.com"}}
    assert find_leads(members)[0] == [{"email": "a@example.com", "campid": "TOP"}]
    assert members == {"campid": "TOP", "lead": {"email": "a@example.com"}}


def test_a_thousand_leads_are_a_batch_and_one_more_is_refused() -> None:
    assert len(find_leads({"leads": [LEAD] * 1000})[0]) == 1000
    with pytest.raises(UnreadableError, match="1000"):
        find_leads({"leads": [LEAD] * 1001})


@pytest.mark.parametrize(
    "members",
    [
        {"lead": "text"},
        {"lead": []},
        {"lead": None},
        {"leads": {}},
        {"leads": []},
        {"leads": "x"},
        {"leads": [LEAD, 5]},
        {"leads": [None]},
    ],
)
def test_leads_that_are_not_objects_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match="lead"):
        find_leads(members)
