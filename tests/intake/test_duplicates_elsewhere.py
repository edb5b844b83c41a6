"""Duplicates of leads of other campaigns, of values on lists, and of leads of the same supplier only."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from tests.exchange import Exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Caps, Dedupe, Match, SupplierTerms
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.model import SystemStatus
from leadyard.suppression import service as suppression

FIELDS = ("email", "phone1")


async def beside(exchange: Exchange, *count: str, **dedupe: Any) -> int:
    """A campaign CARS beside another one, BIKES, whose id this gives and whose leads count by these members."""
    other = await exchange.campaign("BIKES")
    members = dict.fromkeys(count, (other.id,))
    await exchange.campaign(dedupe=Dedupe(**{"fields": FIELDS, **members, **dedupe}))
    return other.id


@pytest.mark.parametrize("member", ["campaigns", "suppression_campaigns"])
async def test_leads_of_another_campaign_count_by_email_or_phone(exchange: Exchange, member: str) -> None:
    await beside(exchange, member)
    assert (await exchange.submit(1, campaign="BIKES")).code == 1
    assert (await exchange.submit(1)).code == -2
    assert (await exchange.submit(2, values={"email": "PERSON.1@example.com"})).code == -2
    assert (await exchange.submit(2, values={"phone1": "+44 7700 000001"})).code == -2
    assert (await exchange.submit(2)).code == 1
    assert (await exchange.submit(2, campaign="BIKES")).code == 1


async def test_refused_and_test_leads_of_another_campaign_do_not_count_but_quarantined_ones_do(
    exchange: Exchange,
) -> None:
    other = await beside(exchange, "campaigns")
    assert (await exchange.submit(1, campaign="BIKES", values={"postcode": "x"})).code == -5
    assert (await exchange.submit(1, campaign="BIKES", is_test=True)).code == 1
    assert (await exchange.submit(1)).code == 1
    await setup.campaigns.update(exchange.database, exchange.actor, other, {"settings": {"quarantine": True}})
    held = await exchange.submit(2, campaign="BIKES")
    assert held.system_status is SystemStatus.QUARANTINED
    assert (await exchange.submit(2)).code == -2
    assert (await exchange.submit(2, is_test=True)).code == -2


async def test_the_window_counts_for_campaigns_and_not_for_suppression(exchange: Exchange) -> None:
    other = await exchange.campaign("BIKES")
    await exchange.campaign(dedupe=Dedupe(fields=FIELDS, window_hours=24, campaigns=(other.id,)))
    await exchange.campaign(
        "VANS", dedupe=Dedupe(fields=FIELDS, window_hours=24, suppression_campaigns=(other.id,))
    )
    past = clock.now() - timedelta(hours=25)
    assert (await exchange.submit(1, campaign="BIKES", received_at=past)).code == 1
    assert (await exchange.submit(1)).code == 1
    assert (await exchange.submit(1, campaign="VANS")).code == -2


async def test_suppression_campaigns_may_have_a_window_of_their_own(exchange: Exchange) -> None:
    await beside(exchange, "suppression_campaigns", window_hours=1, suppression_hours=24)
    for number, hours in ((1, 23), (2, 25)):
        past = clock.now() - timedelta(hours=hours)
        assert (await exchange.submit(number, campaign="BIKES", received_at=past)).code == 1
    assert (await exchange.submit(1)).code == -2
    assert (await exchange.submit(2)).code == 1


async def test_all_fields_together_must_be_equal_elsewhere_too(exchange: Exchange) -> None:
    names = ("email", "lastname")
    await beside(exchange, "campaigns", fields=names, match=Match.ALL)
    assert (await exchange.submit(1, campaign="BIKES")).code == 1
    assert (await exchange.submit(1, values={"lastname": "BLOGGS"})).code == -2
    assert (await exchange.submit(1, values={"lastname": "Other"})).code == 1
    assert (await exchange.submit(1, values={"lastname": ""})).code == 1


async def test_a_full_cap_is_told_before_a_duplicate_elsewhere(exchange: Exchange) -> None:
    other = await exchange.campaign("BIKES")
    await exchange.campaign(dedupe=Dedupe(fields=FIELDS, campaigns=(other.id,)), caps=Caps(total=1))
    assert (await exchange.submit(1, campaign="BIKES")).code == 1
    assert (await exchange.submit(1)).code == -2
    assert (await exchange.submit(2)).code == 1
    assert (await exchange.submit(1)).code == -4


async def test_per_supplier_only_leads_of_the_same_supplier_count(exchange: Exchange) -> None:
    other = await exchange.campaign("BIKES")
    mine = await exchange.campaign(dedupe=Dedupe(fields=FIELDS, per_supplier=True, campaigns=(other.id,)))
    second = await setup.suppliers.create(exchange.database, exchange.actor, {"name": "Second", "sid": "2"})
    for campaign_id in (mine.id, other.id):
        await setup.put_terms(exchange.database, exchange.actor, campaign_id, second.id, SupplierTerms())
    assert (await exchange.submit(1)).code == 1
    assert (await exchange.submit(1)).code == -2
    assert (await exchange.submit(1, sid="2")).code == 1
    assert (await exchange.submit(1, sid="2")).code == -2
    assert (await exchange.submit(5, campaign="BIKES", sid="2")).code == 1
    assert (await exchange.submit(5, sid="2")).code == -2
    assert (await exchange.submit(5)).code == 1


async def test_values_on_a_suppression_list_are_duplicates_whatever_the_window(exchange: Exchange) -> None:
    made = await suppression.suppression_lists.create(
        exchange.database, exchange.actor, {"name": "Out", "settings": {"holds": "email", "form": "sha256"}}
    )
    await suppression.add_values(exchange.database, exchange.actor, made.id, ["Person.1@Example.com"])
    await exchange.campaign(dedupe=Dedupe(fields=FIELDS, window_hours=1, suppression_lists=(made.id,)))
    assert (await exchange.submit(1)).code == -2
    assert (await exchange.submit(2)).code == 1
    await suppression.remove_values(exchange.database, exchange.actor, made.id, ["person.1@example.com"])
    assert (await exchange.submit(1)).code == 1


async def test_values_on_a_list_with_a_window_count_for_so_long_from_when_they_were_last_added(
    exchange: Exchange,
) -> None:
    settings = {"holds": "email", "window_hours": 24}
    made = await suppression.suppression_lists.create(
        exchange.database, exchange.actor, {"name": "Bought lately", "settings": settings}
    )
    await exchange.campaign(dedupe=Dedupe(fields=FIELDS, suppression_lists=(made.id,)))
    start, persons = clock.now(), [f"person.{number}@example.com" for number in (1, 2)]
    added = await suppression.add_values(exchange.database, exchange.actor, made.id, persons)
    assert (added.changed, added.total) == (2, 2)
    with time_machine.travel(start + timedelta(hours=23)):
        again = await suppression.add_values(
            exchange.database, exchange.actor, made.id, [*persons[:1], persons[0].upper()]
        )
        assert (again.changed, again.total) == (0, 2)
        assert (await exchange.submit(2)).code == -2
    with time_machine.travel(start + timedelta(hours=25)):
        assert (await exchange.submit(1)).code == -2
        assert (await exchange.submit(2)).code == 1


async def test_the_campaigns_own_claims_stay_exact_at_any_concurrency(exchange: Exchange) -> None:
    await beside(exchange, "campaigns")
    results = await asyncio.gather(*(exchange.submit(1) for _ in range(20)))
    assert sorted(result.code for result in results) == [-2] * 19 + [1]


async def test_own_claims_are_free_again_after_the_window(exchange: Exchange) -> None:
    await beside(exchange, "campaigns", window_hours=1)
    assert (await exchange.submit(1)).code == 1
    with time_machine.travel(clock.now() + timedelta(hours=2)):
        assert (await exchange.submit(1)).code == 1


@pytest.mark.parametrize(
    "dedupe",
    [
        {"fields": ["email"], "campaigns": [999]},
        {"fields": ["email"], "suppression_campaigns": [999]},
        {"fields": ["email"], "suppression_lists": [999]},
        {"fields": ["email", "lastname"], "campaigns": [1]},
        {"fields": ["lastname"], "match": "all", "campaigns": [1]},
    ],
)
async def test_what_cannot_be_looked_for_is_refused(exchange: Exchange, dedupe: dict[str, object]) -> None:
    other = await exchange.campaign("BIKES")
    assert other.id == 1
    patch = {"settings": {"dedupe": dedupe}}
    with pytest.raises(InvalidInputError):
        await setup.campaigns.update(exchange.database, exchange.actor, other.id, patch)
