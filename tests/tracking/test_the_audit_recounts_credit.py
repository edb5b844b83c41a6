"""The audit works every credit out anew from touches, and recounts what affiliates brought."""

import asyncio
import random

import pytest
from tests.tracking.conftest import SHOP, Site

from leadyard.tracking.model import TouchSource


async def live(site: Site, seed: int) -> None:
    """Let visitors and people come and go for a while, under settings that change."""
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    for _ in range(60):
        if chance.random() < 0.15:
            site.rules(
                first_affiliate_wins=chance.random() < 0.5,
                first_source_wins=chance.random() < 0.3,
                coupon_override=chance.random() < 0.5,
                look_back_days=chance.choice([None, 1, 30]),
            )
        if chance.random() < 0.2:
            site.later(hours=chance.randrange(72))
        link = chance.choice(
            ["", "?afmc=ann", "?afmc=bob&subid=x", "?afmc=nobody", "?utm_campaign=news", "#_a_ann"]
        )
        visitor, _ = await site.visit(f"t-{chance.randrange(5)}", url=f"{SHOP}{link}")
        if chance.random() < 0.4:
            person = await site.lead(f"{chance.randrange(3)}@example.com", visitor)
            if chance.random() < 0.3:
                await site.touch(
                    person, TouchSource.COUPON, affiliate_code=chance.choice(["ann", "bob", "nobody"])
                )
            if chance.random() < 0.2:
                await site.touch(person, TouchSource.MANUAL, affiliate_id=chance.choice([None, 21, 22]))


@pytest.mark.parametrize("seed", range(6))
async def test_any_story_is_recounted_to_what_is_kept(site: Site, seed: int) -> None:
    await live(site, seed)

    assert await site.exchange.differences() == []


async def test_a_story_of_many_at_once_is_recounted_to_what_is_kept(site: Site) -> None:
    site.rules(first_affiliate_wins=False)

    async def one(number: int) -> None:
        for step in range(6):
            visitor, _ = await site.visit(
                f"t-{(number + step) % 3}", url=f"{SHOP}?afmc={'ann' if step % 2 else 'bob'}"
            )
            await site.lead(f"{(number * step) % 2}@example.com", visitor)

    await asyncio.gather(*(one(number) for number in range(4)))

    assert await site.exchange.differences() == []


async def test_a_wrong_credit_and_wrong_counts_are_named(site: Site) -> None:
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("jo@example.com", visitor)
    async with site.database.unit_of_work() as connection:
        await connection.execute("UPDATE people SET affiliate_id = 22 WHERE account_id = $1", site.account_id)

    found = {(each.what, each.where, each.expected, each.found) for each in await site.exchange.differences()}
    assert ("credit by touches: affiliate_id", "person 1", 21, 22) in found
    assert ("what affiliates brought: leads", "affiliate 21, sub-id ''", 0, 1) in found
