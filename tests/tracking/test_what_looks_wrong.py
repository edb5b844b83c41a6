"""Signals: what looks wrong about visits and leads is listed once and refused by nobody."""

from datetime import timedelta

import msgspec
import pytest
from tests.tracking.conftest import SHOP, Site

from leadyard.affiliates.model import FraudSettings
from leadyard.affiliates.program import service as programs
from leadyard.identity.actor import Actor
from leadyard.kit.errors import InvalidInputError
from leadyard.tracking.fraud.model import SignalState
from leadyard.tracking.fraud.service import decide, look_at_visits


async def kinds(site: Site) -> list[str]:
    return sorted(row["kind"] for row in await site.exchange.rows("fraud_signals"))


async def crowd(site: Site, count: int, network: str, code: str = "ann") -> None:
    for number in range(count):
        await site.visit(url=f"{SHOP}?afmc={code}", remote_ip=f"{network}{number + 1}")


async def with_settings(site: Site, **settings: object) -> None:
    actor = Actor(site.account_id, "test")
    await programs.update(site.database, actor, {"fraud": settings})


async def test_a_crowd_from_one_network_is_a_burst(site: Site) -> None:
    await with_settings(site, burst_visitors=5)
    await crowd(site, 5, "203.0.113.")
    await crowd(site, 4, "198.51.100.", "bob")
    for _ in range(2):
        await look_at_visits(site.database, site.account_id, site.now)

    [signal] = await site.exchange.rows("fraud_signals")
    assert (signal["kind"], signal["affiliate_id"]) == ("burst", 21)
    assert signal["detail"] == "5 visitors from 203.0.113.0/24 within an hour"


async def test_what_is_an_hour_ago_is_no_burst(site: Site) -> None:
    await with_settings(site, burst_visitors=5)
    await crowd(site, 5, "203.0.113.")
    await look_at_visits(site.database, site.account_id, site.now + timedelta(hours=2))

    assert await kinds(site) == []


@pytest.mark.parametrize("network", ["144.76.3.", "192.0.2.", "2001:db8:7::"])
async def test_visitors_from_data_centres_are_listed(site: Site, network: str) -> None:
    await with_settings(site, data_centre_networks=["192.0.2.0/24", "2001:db8::/32"])
    await crowd(site, 3, network)
    await look_at_visits(site.database, site.account_id, site.now)

    assert await kinds(site) == ["data_centre"]


async def test_nothing_is_raised_where_it_is_switched_off(site: Site) -> None:
    await with_settings(site, burst_visitors=0, data_centre_visitors=0)
    await crowd(site, 5, "144.76.3.")
    await look_at_visits(site.database, site.account_id, site.now)

    assert await kinds(site) == []


async def test_throw_away_addresses_of_credited_leads_are_listed(site: Site) -> None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    person = await site.lead("jo@mailinator.com", visitor)
    await site.lead("jo@mailinator.com", visitor)
    await site.lead("other@mailinator.com")

    assert await kinds(site) == ["disposable_email"]
    assert person.credit.affiliate_id == 21


async def test_an_affiliates_own_address_and_browser_are_listed(site: Site) -> None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("Ann@partners.example", visitor)
    await site.lead("jo@example.com", visitor)

    assert await kinds(site) == ["own_lead", "same_device"]


async def test_a_decision_is_kept_with_who_made_it_and_the_signal_does_not_come_back(site: Site) -> None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("ann@partners.example", visitor)
    [signal] = await site.exchange.rows("fraud_signals")
    await decide(site.database, site.exchange.actor, signal["id"], SignalState.DISMISSED)
    await site.lead("ann@partners.example", visitor)

    [after] = await site.exchange.rows("fraud_signals")
    assert (after["state"], after["decided_by"]) == (SignalState.DISMISSED, "test")


async def test_networks_must_be_networks(site: Site) -> None:
    assert msgspec.to_builtins(FraudSettings())["burst_visitors"] == 50
    with pytest.raises(InvalidInputError, match="is not an IP address or network"):
        await with_settings(site, data_centre_networks=["x"])


async def test_webhooks_are_told_of_each_signal_once(site: Site) -> None:
    await site.exchange.hook("fraud.signal")
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    person = await site.lead("jo@mailinator.com", visitor)
    await with_settings(site, burst_visitors=5)
    await crowd(site, 5, "203.0.113.")
    for _ in range(2):
        await look_at_visits(site.database, site.account_id, site.now)

    throw_away, burst = [told["signal"] for told in await site.exchange.news("fraud.signal")]
    [first, _] = sorted(await site.exchange.rows("fraud_signals"), key=lambda row: row["id"])
    assert throw_away == {
        "id": first["id"], "kind": "disposable_email", "affiliate_id": 21, "person_id": person.id, "purchase_id": None,
        "detail": "the address is of a domain for throw-away addresses",
    }  # fmt: skip
    assert (burst["kind"], burst["person_id"]) == ("burst", None)
