"""What the intake keeps of each submission, and what it says of it."""

from decimal import Decimal

from tests.exchange import Exchange

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import AcceptOn, Dedupe, Match, Payout, PayoutKind, SupplierTerms
from leadyard.kit.ids import queue_id, read_queue_id
from leadyard.leads.model import SaleStatus, Standing, SystemStatus


async def test_a_good_lead_is_kept_and_queued_for_delivery(exchange: Exchange) -> None:
    await exchange.campaign()
    result = await exchange.submit(1)
    assert (result.code, result.errors, result.system_status) == (1, (), SystemStatus.VALID)
    row = await exchange.lead(result.lead_id)
    assert row["fields"]["email"] == "person.1@example.com"
    assert row["sale_status"] == SaleStatus.PENDING
    assert row["standing"] == Standing.PENDING
    assert [(job["lead_id"], job["delivery_id"]) for job in await exchange.rows("delivery_jobs")] == [
        (result.lead_id, 0)
    ]
    assert result.uuid is not None
    assert read_queue_id(queue_id(result.uuid)) == row["uuid"]


async def test_all_bad_fields_are_told_at_once_and_the_refused_lead_is_kept(exchange: Exchange) -> None:
    await exchange.campaign()
    result = await exchange.submit(1, values={"email": "nonsense", "phone1": "12"})
    assert result.code == -5
    assert result.errors == ("Email is not a valid email address", "Phone 1 is not a valid UK mobile number")
    row = await exchange.lead(result.lead_id)
    assert (row["system_status"], row["standing"]) == (SystemStatus.INVALID, Standing.INVALID)
    assert row["fields"]["email"] == "nonsense"
    assert await exchange.rows("delivery_jobs") == []
    assert [(d["invalid"], d["pending"]) for d in await exchange.rows("lead_deltas")] == [(1, 0)]


async def test_an_unknown_campaign_is_refused_and_counts_nowhere(exchange: Exchange) -> None:
    result = await exchange.submit(1, campaign="NOWHERE")
    assert (result.code, result.errors) == (-9, ("Campaign not found",))
    assert await exchange.rows("leads") == []
    assert await exchange.rows("lead_deltas") == []


async def test_an_inactive_campaign_is_refused_at_once_even_when_a_process_still_remembers_it_active(
    exchange: Exchange,
) -> None:
    campaign = await exchange.campaign()
    assert (await exchange.submit(1)).code == 1
    await setup.campaigns.update(exchange.database, exchange.actor, campaign.id, {"status": "Inactive"})
    assert (await exchange.submit(2)).code == -9


async def test_a_supplier_without_terms_in_the_campaign_is_refused(exchange: Exchange) -> None:
    campaign = await exchange.campaign()
    await setup.delete_terms(exchange.database, exchange.actor, campaign.id, 1)
    for sid in ("1", "unheard-of"):
        result = await exchange.submit(1, sid=sid)
        assert (result.code, result.errors) == (
            -7,
            ("Supplier is not authorised to post to this Campaign.",),
        )


async def test_a_blocked_address_is_refused(exchange: Exchange) -> None:
    await exchange.campaign(blocked_addresses=("198.51.100.0/24",))
    assert (await exchange.submit(1, values={"ipaddress": "198.51.100.7"})).code == -11
    assert (await exchange.submit(1, values={"ipaddress": "203.0.113.7"})).code == 1


async def test_source_tags_and_consent_are_kept_though_the_campaign_has_no_such_fields(
    exchange: Exchange,
) -> None:
    await exchange.campaign()
    result = await exchange.submit(
        1, values={"c1": "AdWords", "source": "web", "consentemail": "yes", "optindate": "not a date"}
    )
    fields = (await exchange.lead(result.lead_id))["fields"]
    assert (fields["c1"], fields["source"], fields["consentemail"]) == ("AdWords", "web", "Yes")
    assert "optindate" not in fields


async def test_a_sub_supplier_is_made_when_it_is_new_and_found_again(exchange: Exchange) -> None:
    await exchange.campaign()
    first, second, third = [await exchange.submit(n, ssid=s) for n, s in ((1, "a"), (2, "a"), (3, "b"))]
    ids = [(await exchange.lead(r.lead_id))["sub_supplier_id"] for r in (first, second, third)]
    assert ids[0] == ids[1] != ids[2]
    assert [row["ssid"] for row in await exchange.rows("sub_suppliers")] == ["a", "b"]


async def test_on_system_accept_the_payout_is_owed_as_soon_as_the_lead_is_valid(exchange: Exchange) -> None:
    campaign = await exchange.campaign(accept_on=AcceptOn.SYSTEM)
    terms = SupplierTerms(payout=Payout(kind=PayoutKind.FIXED, amount=Decimal("4.25")))
    await setup.put_terms(exchange.database, exchange.actor, campaign.id, 1, terms)
    result = await exchange.submit(1)
    row = await exchange.lead(result.lead_id)
    assert (row["payout"], row["standing"]) == (4_250_000, Standing.APPROVED)
    postings = await exchange.rows("ledger_postings")
    assert sorted((p["book"], p["amount"]) for p in postings) == [
        ("payout", 4_250_000),
        ("supplier", -4_250_000),
    ]


async def test_a_test_lead_gets_the_same_answers_but_leaves_no_mark(exchange: Exchange) -> None:
    await exchange.campaign()
    assert (await exchange.submit(1, is_test=True)).code == 1
    assert (await exchange.submit(1)).code == 1, "a test lead is not seen by the dedupe of later leads"
    assert (await exchange.submit(1, is_test=True)).code == -2
    assert (await exchange.submit(2, is_test=True, values={"email": "x"})).code == -5
    assert len(await exchange.rows("delivery_jobs")) == 1
    assert sum(d["pending"] + d["invalid"] for d in await exchange.rows("lead_deltas")) == 1


async def test_a_quarantined_lead_is_put_aside_and_holds_its_keys(exchange: Exchange) -> None:
    await exchange.campaign(quarantine=True)
    result = await exchange.submit(1)
    assert (result.code, result.system_status) == (1, SystemStatus.QUARANTINED)
    assert await exchange.rows("delivery_jobs") == []
    assert (await exchange.submit(1)).code == -2


async def test_all_fields_together_make_a_duplicate_when_the_campaign_says_so(exchange: Exchange) -> None:
    await exchange.campaign(dedupe=Dedupe(fields=("email", "postcode"), match=Match.ALL))
    values = {"email": "same@example.com", "postcode": "TN25 6QD"}
    assert (await exchange.submit(1, values=values)).code == 1
    assert (await exchange.submit(2, values={**values, "postcode": "SW1A 1AA"})).code == 1
    assert (await exchange.submit(3, values={**values, "postcode": "tn256qd"})).code == -2
    assert (await exchange.submit(4, values={**values, "postcode": ""})).code == 1


async def test_a_phone_is_the_same_however_it_is_written(exchange: Exchange) -> None:
    await exchange.campaign()
    assert (await exchange.submit(1, values={"phone1": "07700 900123"})).code == 1
    assert (await exchange.submit(2, values={"phone1": "+44 7700 900123"})).code == -2
