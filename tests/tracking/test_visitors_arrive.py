"""Visitors are found or made, and each arrival is kept and weighed."""

import asyncio

import pytest
from tests.tracking.conftest import SHOP, Site

from leadyard.storage import tallies
from leadyard.tracking.model import TouchSource


async def test_a_link_credits_its_affiliate_and_gives_the_visitor_a_code(site: Site) -> None:
    visitor, is_new = await site.visit(
        url=f"{SHOP}?afmc=ANN&subid=spring&utm_term=red+shoes", referrer="http://x.example/"
    )

    assert is_new
    assert len(visitor.tracking_code) == 36
    assert (visitor.credit.affiliate_id, visitor.credit.subid) == (21, "spring")
    assert (visitor.url, visitor.search_term) == (
        f"{SHOP}?afmc=ANN&subid=spring&utm_term=red+shoes",
        "red shoes",
    )
    assert visitor.latest_click == site.now


async def test_the_same_code_is_the_same_visitor_and_keeps_its_first_address(site: Site) -> None:
    first, _ = await site.visit("t-1", url=f"{SHOP}a")
    again, is_new = await site.visit("t-1", url=f"{SHOP}b?afmc=ann")

    assert not is_new
    assert (again.id, again.url) == (first.id, f"{SHOP}a")
    assert again.credit.affiliate_id == 21
    touches = await site.exchange.rows("touches")
    assert [row["source"] for row in touches] == [TouchSource.DIRECT, TouchSource.LINK]


async def test_the_same_address_has_one_id(site: Site) -> None:
    one, _ = await site.visit("t-1", url=SHOP, referrer=SHOP)
    other, _ = await site.visit("t-2", url=SHOP)

    assert one.url_id == one.referrer_id == other.url_id


@pytest.mark.parametrize(
    ("told", "source", "affiliate", "campaign"),
    [
        ({"code": "ann", "url": f"{SHOP}?afmc=bob"}, TouchSource.CODE, 21, None),
        ({"code": "nobody", "url": f"{SHOP}?afmc=bob"}, TouchSource.LINK, 22, None),
        ({"url": f"{SHOP}#_a_BOB"}, TouchSource.FRAGMENT, 22, None),
        ({"url": f"{SHOP}#_l_N1"}, TouchSource.CAMPAIGN, None, 7),
        ({"url": f"{SHOP}?afmc=ann#_l_news"}, TouchSource.LINK, 21, 7),
        ({"url": f"{SHOP}?utm_campaign=NEWS"}, TouchSource.CAMPAIGN, None, 7),
        ({"page_affiliate": "ANN@partners.example"}, TouchSource.PAGE, 21, None),
        ({"referrer": "https://www.blog.example/post?x=1"}, TouchSource.REFERRER, 22, None),
        ({"referrer": "https://notblog.example/"}, TouchSource.DIRECT, None, None),
        ({"url": f"{SHOP}?afmc=nobody"}, TouchSource.DIRECT, None, None),
        ({"url": "http://[broken?afmc=ann"}, TouchSource.LINK, 21, None),
        ({"url": "\x00\ud800 http://"}, TouchSource.DIRECT, None, None),
    ],
)
async def test_the_first_claim_that_resolves_counts(
    site: Site, told: dict[str, str], source: TouchSource, affiliate: int | None, campaign: int | None
) -> None:
    visitor, _ = await site.visit(**told)
    [touch] = await site.exchange.rows("touches")

    assert touch["source"] == source
    assert (visitor.credit.affiliate_id, visitor.credit.traffic_campaign_id) == (affiliate, campaign)


async def test_archived_affiliates_are_credited_with_nobody(site: Site) -> None:
    async with site.database.unit_of_work() as connection:
        await connection.execute(
            "UPDATE affiliates SET status = 3 WHERE account_id = $1 AND id = 21", site.account_id
        )

    visitor, _ = await site.visit(url=f"{SHOP}?afmc=ann")

    assert visitor.credit.affiliate_id is None


async def test_visitors_and_clicks_are_counted_for_whom_they_are_credited_to(site: Site) -> None:
    site.rules(first_affiliate_wins=False)
    await site.visit("t-1", url=f"{SHOP}?afmc=ann&subid=a")
    await site.visit("t-1", url=f"{SHOP}?afmc=ann&subid=a")
    await site.visit("t-1", url=f"{SHOP}?afmc=bob")
    await site.visit("t-2", url=SHOP)

    days = await site.exchange.rows("affiliate_days")
    assert {(d["affiliate_id"], d["subid"]): (d["clicks"], d["visitors"]) for d in days} == {
        (21, "a"): (2, 0),
        (22, ""): (1, 1),
    }
    async with site.database.connection() as connection:
        assert await tallies.total(connection, site.account_id, "visitors") == 2


async def test_bots_are_kept_but_not_counted(site: Site) -> None:
    visitor, _ = await site.visit(url=f"{SHOP}?afmc=ann", agent="Mozilla/5.0 (compatible; Googlebot/2.1)")

    assert visitor.is_bot
    assert await site.exchange.rows("affiliate_days") == []
    async with site.database.connection() as connection:
        assert await tallies.total(connection, site.account_id, "visitors") == 0


async def test_a_crowd_under_one_code_is_one_visitor(site: Site) -> None:
    await asyncio.gather(*(site.visit("t-1", url=f"{SHOP}{n % 3}?afmc=ann") for n in range(30)))

    assert len(await site.exchange.rows("visitors")) == 1
    touches = await site.exchange.rows("touches")
    assert len(touches) == 30
    [visitor] = await site.exchange.rows("visitors")
    assert visitor["credited_touch_id"] == min(row["id"] for row in touches)
    assert len(await site.exchange.rows("addresses")) == 3
