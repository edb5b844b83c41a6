"""Visitors turn out to be people, whose credit follows the rule among their visitors."""

import asyncio

from tests.tracking.conftest import SHOP, Site

from leadyard.storage import tallies
from leadyard.tracking.model import TouchSource


async def test_a_lead_takes_the_affiliate_and_the_campaign_of_its_visitor(site: Site) -> None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann&utm_campaign=news")
    person = await site.lead("Jo@Example.com", visitor)

    assert (person.email, person.first_visitor_id, person.latest_visitor_id) == (
        "Jo@Example.com",
        visitor.id,
        visitor.id,
    )
    assert (person.credit.affiliate_id, person.credit.traffic_campaign_id) == (21, 7)
    assert person.credit.touch_id == visitor.credit.touch_id
    [visitor_row] = await site.exchange.rows("visitors")
    assert visitor_row["person_id"] == person.id
    [day] = await site.exchange.rows("affiliate_days")
    assert (day["leads"], day["visitors"], day["clicks"]) == (1, 1, 1)


async def test_a_second_visitor_is_weighed_by_the_rule(site: Site) -> None:
    one, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("jo@example.com", one)
    other, _ = await site.visit("t-2", url=f"{SHOP}?afmc=bob")
    person = await site.lead("JO@example.com", other)

    assert (person.credit.affiliate_id, person.first_visitor_id, person.latest_visitor_id) == (
        21,
        one.id,
        other.id,
    )

    site.rules(first_affiliate_wins=False)
    third, _ = await site.visit("t-3", url=f"{SHOP}?afmc=bob")
    assert (await site.lead("jo@example.com", third)).credit.affiliate_id == 22


async def test_a_later_link_of_its_visitor_moves_a_lead_only_by_the_rule(site: Site) -> None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("jo@example.com", visitor)
    await site.visit("t-1", url=f"{SHOP}?afmc=bob")
    assert (await site.person("jo@example.com")).credit.affiliate_id == 21

    site.rules(first_affiliate_wins=False)
    await site.visit("t-1", url=f"{SHOP}?afmc=bob")
    assert (await site.person("jo@example.com")).credit.affiliate_id == 22
    days = {row["affiliate_id"]: row["leads"] for row in await site.exchange.rows("affiliate_days")}
    assert days == {21: 0, 22: 1}


async def test_who_was_reassigned_by_hand_stays_so_when_the_same_visitor_buys(site: Site) -> None:
    site.rules(first_affiliate_wins=False)
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    person = await site.lead("jo@example.com", visitor)
    person = await site.touch(person, TouchSource.MANUAL, affiliate_id=22)
    assert person.credit.affiliate_id == 22

    again, _ = await site.visit("t-1", url=None)
    person = await site.lead("jo@example.com", again)

    assert person.credit.affiliate_id == 22
    assert person.credit.is_manual


async def test_first_source_wins_keeps_a_direct_lead_direct(site: Site) -> None:
    site.rules(first_source_wins=True)
    visitor, _ = await site.visit("t-1")
    await site.lead("jo@example.com", visitor)
    other, _ = await site.visit("t-2", url=f"{SHOP}?afmc=bob")
    person = await site.lead("jo@example.com", other)

    assert person.credit.affiliate_id is None
    assert (await site.touch(person, TouchSource.CODE, affiliate_code="ann")).credit.affiliate_id is None
    assert (await site.touch(person, TouchSource.COUPON, affiliate_code="ANN")).credit.affiliate_id == 21


async def test_codes_that_nobody_has_are_kept_and_move_nothing(site: Site) -> None:
    person = await site.lead("jo@example.com")
    person = await site.touch(person, TouchSource.COUPON, affiliate_code="nobody")

    assert person.credit.affiliate_id is None
    [touch] = await site.exchange.rows("touches")
    assert (touch["code"], touch["source"]) == ("nobody", TouchSource.COUPON)


async def test_a_crowd_with_one_address_is_one_person(site: Site) -> None:
    await asyncio.gather(*(site.lead("jo@example.com") for _ in range(20)))

    assert len(await site.exchange.rows("people")) == 1
    async with site.database.connection() as connection:
        assert await tallies.total(connection, site.account_id, "people") == 1
