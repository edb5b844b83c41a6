"""What a changed set-up would have brought, and that trying it changes nothing."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.replay.market import Day, answering, new_day, pounds, sums

from leadyard.campaigns.model import Caps
from leadyard.kit.errors import InvalidInputError
from leadyard.replay.model import Untried
from leadyard.routing.schedules import Schedule
from leadyard.storage.database import Database


@pytest.fixture
async def day(database: Database, dsn: str, tmp_path: Path) -> Day:
    return await new_day(database, dsn, tmp_path)


async def two_buyers(day: Day, leads: int = 20, **first: Any) -> tuple[int, int]:
    """The first pays 20 and takes every other lead, the second pays 5 and takes all; gives their deliveries."""
    campaign = await day.desk.campaign()
    async with answering(lambda n: "yes" if n % 2 else "no") as one, answering(lambda _: "yes") as two:
        a = await day.desk.delivery(
            campaign.id, await day.desk.buyer("A"), one, priority=1, revenue=Decimal(20), **first
        )
        b = await day.desk.delivery(
            campaign.id, await day.desk.buyer("B"), two, priority=2, revenue=Decimal(5)
        )
        async with day.desk.working(day.desk.dsn, day.desk.settings):
            for number in range(leads):
                await day.desk.submit(number)
                await day.desk.until_idle()
    return a.id, b.id


async def test_a_higher_price_is_what_buyers_who_took_the_lead_would_have_paid(day: Day) -> None:
    a, _ = await two_buyers(day)
    outcome = await day.replayed({"deliveries": {str(a): {"settings": {"revenue": "22.5"}}}})
    before, after = sums(outcome)
    assert before["GBP", 1].revenue == pounds("200")
    assert (after["GBP", 1].sales, after["GBP", 1].revenue) == (10, pounds("225"))
    assert after["GBP", 2] == before["GBP", 2]
    assert outcome.other_ways == 0


async def test_a_delivery_that_is_switched_off_leaves_its_leads_to_the_next(day: Day) -> None:
    a, _ = await two_buyers(day)
    outcome = await day.replayed({"deliveries": {str(a): {"status": "Inactive"}}})
    _, after = sums(outcome)
    assert ("GBP", 1) not in after
    assert (after["GBP", 2].sales, after["GBP", 2].assumed_sales) == (20, 10)
    assert outcome.after.total("GBP").profit == 20 * pounds("1.5")


async def test_a_lower_cap_holds_and_the_rest_goes_on(day: Day) -> None:
    a, _ = await two_buyers(day)
    outcome = await day.replayed({"deliveries": {str(a): {"settings": {"caps": {"total": 4}}}}})
    _, after = sums(outcome)
    assert after["GBP", 1].sales == 4
    assert after["GBP", 2].sales == 16


async def test_a_cap_taken_away_lets_leads_through_at_the_share_of_those_that_were_asked(day: Day) -> None:
    a, _ = await two_buyers(day, caps=Caps(total=5))
    assert sums(await day.replayed())[0]["GBP", 1].sales == 5
    draft = {"deliveries": {str(a): {"settings": {"caps": None}}}}
    shared = (await day.replayed(draft)).after.total("GBP")
    none = (await day.replayed(draft, Untried.REJECT)).after.total("GBP")
    everyone = (await day.replayed(draft, Untried.ACCEPT)).after.by_buyer["GBP", 1]
    assert none.revenue < shared.revenue < pounds("400")
    assert none.sales == shared.sales == 20
    assert everyone.sales > 10


async def test_a_rule_sends_leads_elsewhere(day: Day) -> None:
    a, _ = await two_buyers(day)
    rule = {"operand": "firstname", "operator": "is", "value": "Nobody"}
    outcome = await day.replayed({"deliveries": {str(a): {"settings": {"rule": rule}}}})
    assert sums(outcome)[1]["GBP", 2].sales == 20


async def test_hours_count_at_the_time_at_which_leads_came(day: Day) -> None:
    a, _ = await two_buyers(day)
    closed = {"when_closed": "skip", "monday": []}
    outcome = await day.replayed({"deliveries": {str(a): {"settings": {"schedule": closed}}}})
    assert ("GBP", 1) not in sums(outcome)[1]


async def test_a_delivery_opened_gets_leads_that_it_was_closed_to(day: Day) -> None:
    a, _ = await two_buyers(day, schedule=Schedule())
    draft = {"deliveries": {str(a): {"settings": {"schedule": None}}}}
    outcome = await day.replayed(draft, Untried.ACCEPT)
    assert sums(outcome)[0].keys() == {("GBP", 2)}
    assert sums(outcome)[1]["GBP", 1].sales == 20


async def test_a_filter_refuses_leads_that_were_valid(day: Day) -> None:
    await two_buyers(day)
    rule = {"operand": "email", "operator": "contains", "value": "person.1"}
    draft = {"campaigns": {"cars": {"settings": {"filter": [{"action": "reject", "rule": rule}]}}}}
    outcome = await day.replayed(draft)
    assert outcome.refused == 11
    assert outcome.after.total("GBP").sales == 9


async def test_another_payout_changes_the_profit_alone(day: Day) -> None:
    await two_buyers(day)
    outcome = await day.replayed({"campaigns": {"CARS": {"settings": {"payout": {"amount": "4"}}}}})
    assert outcome.after.total("GBP").revenue == outcome.before.total("GBP").revenue
    assert outcome.after.total("GBP").payout == 20 * pounds("4")
    terms = {"campaigns": {"CARS": {"terms": {"1": {"payout": {"kind": "fixed", "amount": "1"}}}}}}
    assert (await day.replayed(terms)).after.total("GBP").payout == 20 * pounds("1")


@pytest.mark.parametrize(
    ("draft", "place"),
    [
        ([], ""),
        ({"campaign": {}}, "campaign"),
        ({"campaigns": {"BOATS": {}}}, "campaigns.BOATS"),
        ({"campaigns": {"CARS": {"settings": {"payut": 1}}}}, "campaigns.CARS.settings.payut"),
        ({"campaigns": {"CARS": {"terms": {"9": {}}}}}, "campaigns.CARS.terms.9"),
        ({"deliveries": {"77": {}}}, "deliveries.77"),
        ({"deliveries": {"²": {}}}, "deliveries.²"),
        ({"deliveries": {"1": {"settings": {"revenue": "-1"}}}}, "deliveries.1.settings.revenue"),
        ({"deliveries": {"1": {"status": "Asleep"}}}, "deliveries.1.status"),
        ({"deliveries": {"1": {"settings": {"after": 99}}}}, "deliveries.1.settings.after"),
        ({"buyers": {"none": {}}}, "buyers.none"),
        ({"buyers": {"1": {"settings": {"caps": {"day": "x"}}}}}, "buyers.1.settings.caps.day"),
    ],
)
async def test_a_bad_draft_is_refused_with_its_place(day: Day, draft: object, place: str) -> None:
    await two_buyers(day, 1)
    with pytest.raises(InvalidInputError) as refused:
        await day.replayed(draft)
    assert [problem.field for problem in refused.value.problems] == [place]


async def test_nothing_is_written(day: Day) -> None:
    a, _ = await two_buyers(day, 6)
    before = await everything(day)
    await day.replayed({"deliveries": {str(a): {"settings": {"caps": {"total": 1}}}}})
    assert await everything(day) == before


async def everything(day: Day) -> dict[str, str]:
    """A digest of every table."""
    async with day.desk.database.connection() as connection:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return {
            row[0]: await connection.fetchval(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {row[0]} t"
            )
            for row in tables
            if row[0] != "workers"
        }
