"""Finding leads by e-mail address and telephone number, and listing them page by page."""

from datetime import timedelta
from pathlib import Path

from tests.desk import Desk, new_desk

from leadyard.kit import clock
from leadyard.leads.model import SaleStatus, SystemStatus
from leadyard.leads.reading import LeadFilter


async def found(desk: Desk, **wanted: object) -> list[int]:
    return [lead.id for lead in await desk.leads.search(desk.account_id, **wanted)]  # type: ignore[arg-type]


async def test_an_address_is_found_in_any_case_and_a_number_however_it_is_written(desk: Desk) -> None:
    await desk.campaign()
    first, second = await desk.submitted(1, 2)
    assert await found(desk, emails=["PERSON.1@Example.COM"]) == [first]
    assert await found(desk, phones=["+44 (0)7700 000002"]) == [second]
    assert await found(desk, phones=["00447700000002", "07700 000 001"]) == [second, first]
    assert await found(desk, emails=["person.1@example.com"], phones=["07700000001"]) == [first]


async def test_a_number_in_any_of_the_three_places_is_found(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1, values={"phone2": "02079460000", "phone3": "01614960000"})
    assert await found(desk, phones=["020 7946 0000"]) == [lead_id]
    assert await found(desk, phones=["0161 496 0000"]) == [lead_id]


async def test_the_country_of_the_campaign_says_what_a_short_number_means(desk: Desk) -> None:
    french = await desk.campaign("FRANCE", country="FR")
    await desk.campaign("BRITAIN")
    values = {"phone1": "07700900123", "phone2": "0612345678"}
    (lead_id,) = await desk.submitted(1, campaign="FRANCE", values=values)
    assert await found(desk, phones=["+33612345678"]) == [lead_id]
    assert await found(desk, phones=["0612345678"], campaign_ids=[french.id]) == [lead_id]
    assert await found(desk, phones=["0612345678"]) == [lead_id]


async def test_refused_leads_and_tests_are_not_found(desk: Desk) -> None:
    await desk.campaign()
    await desk.submitted(1, is_test=True)
    await desk.submitted(2, values={"phone1": "12"})
    assert await found(desk, emails=["person.1@example.com", "person.2@example.com"]) == []


async def test_a_search_keeps_to_campaigns_time_supplier_and_account(desk: Desk, tmp_path: Path) -> None:
    cars = await desk.campaign("CARS")
    vans = await desk.campaign("VANS")
    (old,) = await desk.submitted(1, received_at=clock.now() - timedelta(days=40))
    (new,) = await desk.submitted(1, campaign="VANS")
    mail = {"emails": ["person.1@example.com"]}
    assert await found(desk, **mail) == [new, old]
    assert await found(desk, **mail, most=1) == [new]
    assert await found(desk, **mail, campaign_ids=[cars.id]) == [old]
    assert await found(desk, **mail, campaign_ids=[vans.id, 2**70]) == [new]
    assert await found(desk, **mail, campaign_ids=[]) == []
    assert await found(desk, **mail, received_after=clock.now() - timedelta(days=30)) == [new]
    assert await found(desk, **mail, supplier_id=1) == [new, old]
    assert await found(desk, **mail, supplier_id=2) == []
    stranger = await new_desk(desk.database, desk.dsn, tmp_path, "stranger")
    assert await found(stranger, **mail) == []


async def test_nothing_to_look_for_finds_nothing_and_odd_texts_do_no_harm(desk: Desk) -> None:
    await desk.campaign()
    await desk.submitted(1)
    assert await found(desk) == []
    odd = ["", " ", "\x00", "\ud800", "abc", "'; --", "9" * 5000]
    assert await found(desk, emails=odd, phones=odd) == []


async def test_a_list_pages_by_falling_id_and_filters(desk: Desk) -> None:
    cars = await desk.campaign("CARS")
    await desk.campaign("VANS")
    one, two, three = await desk.submitted(1, 2, 3)
    (van,) = await desk.submitted(4, campaign="VANS")
    (bad,) = await desk.submitted(5, values={"email": "x"})

    async def page(most: int = 50, **wanted: object) -> list[int]:
        leads = await desk.leads.page(desk.account_id, LeadFilter(**wanted), most=most)  # type: ignore[arg-type]
        return [lead.id for lead in leads]

    everything = sorted([one, two, three, van, bad], reverse=True)
    assert await page() == everything
    assert await page(2) == everything[:2]
    assert await page(2, before_id=everything[1]) == everything[2:4]
    assert await page(before_id=2**70) == everything
    assert await page(campaign_id=cars.id, system_status=SystemStatus.INVALID) == [bad]
    assert await page(sale_status=SaleStatus.PENDING, email="PERSON.2@example.com") == [two]
    assert await page(phone="+447700000004") == [van]
    assert await page(phone="+447700000004", campaign_id=cars.id) == []
    assert await page(supplier_id=1, received_to=clock.now() - timedelta(hours=1)) == []
    assert await page(received_from=clock.now() - timedelta(hours=1), email="\x00") == []
