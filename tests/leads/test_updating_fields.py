"""New values of a lead's fields: checked like at the intake, found by, and told of without saying them."""

import asyncio
from datetime import date

import msgspec
from tests.desk import Desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.inputs import SupplierInput
from leadyard.campaigns.model import Campaign, CampaignSettings, Status, SupplierTerms
from leadyard.intake.fields import DataType, FieldRule
from leadyard.intake.plan import CampaignPlan
from leadyard.leads.editing import edited

OWN = FieldRule(name="data1", label="Own_field", data_type=DataType.NUMERIC, required=True)


async def test_good_values_are_stored_in_their_normal_form_and_bad_ones_give_their_text(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    changes = {"email": "New.One@Example.COM", "phone1": "12", "postcode": "sw1a1aa", "shoe": "42"}
    updated = await desk.leads.update(desk.principal, lead_id, changes)
    assert updated.found
    assert updated.stored == {"email": "new.one@example.com", "postcode": "SW1A 1AA"}
    assert updated.warnings == [
        "Phone 1 is not a valid UK mobile number",
        "shoe is not a field of the campaign",
    ]
    view = await desk.view(lead_id)
    assert view.lead.fields["email"] == "new.one@example.com"
    assert view.lead.fields["phone1"] == "07700000001"
    last = view.events[-1]
    assert (last.event, last.detail, last.actor) == ("updated", "email, postcode", desk.principal.actor)
    assert await desk.differences() == []


async def test_a_changed_lead_is_found_by_its_new_values_only(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    await desk.leads.update(desk.principal, lead_id, {"email": "new@example.com", "phone2": "020 7946 0000"})

    async def found(**wanted: list[str]) -> list[int]:
        return [lead.id for lead in await desk.leads.search(desk.account_id, **wanted)]  # type: ignore[arg-type]

    assert await found(emails=["person.1@example.com"]) == []
    assert await found(emails=["new@example.com"], phones=["nothing"]) == [lead_id]
    assert await found(phones=["+442079460000"]) == [lead_id]
    await desk.leads.update(desk.principal, lead_id, {"phone2": ""})
    assert await found(phones=["+442079460000"]) == []


async def test_duplicate_keys_follow_the_fields(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    updated = await desk.leads.update(desk.principal, lead_id, {"email": "new@example.com"})
    assert updated.warnings == []
    assert (await desk.submit(2, values={"email": "NEW@example.com"})).code == -2
    assert (await desk.submit(3, values={"email": "person.1@example.com"})).code == 1
    back = await desk.leads.update(desk.principal, lead_id, {"email": "person.1@example.com"})
    assert (back.stored, back.warnings) == (
        {"email": "person.1@example.com"},
        ["Duplicate of another lead"],
    )
    assert (await desk.submit(4, values={"email": "new@example.com"})).code == 1
    assert (await desk.submit(5, values={"phone1": "07700000001"})).code == -2
    assert (await desk.submit(6, values={"email": "person.1@example.com"})).code == -2
    again = await desk.leads.update(desk.principal, lead_id, {"firstname": "Al"})
    assert again.warnings == []


async def test_of_leads_that_change_to_one_address_at_once_one_holds_it(desk: Desk) -> None:
    await desk.campaign()
    ids = await desk.submitted(*range(1, 7))
    changes = {"email": "new@example.com"}
    updated, posted = await asyncio.gather(
        asyncio.gather(*(desk.leads.update(desk.principal, lead_id, changes) for lead_id in ids)),
        asyncio.gather(*(desk.submit(number, values=changes) for number in range(20, 26))),
    )
    free = [update for update in updated if not update.warnings]
    accepted = [result for result in posted if result.code == 1]
    assert len(free) + len(accepted) == 1
    claims = await desk.rows("dedupe_claims")
    assert len(claims) == len({row["key"] for row in claims})


async def test_a_test_lead_claims_nothing_when_it_is_changed(desk: Desk) -> None:
    await desk.campaign()
    (test,) = await desk.submitted(1, is_test=True)
    await desk.leads.update(desk.principal, test, {"email": "new@example.com"})
    assert (await desk.submit(2, values={"email": "new@example.com"})).code == 1


async def test_an_empty_value_clears_an_optional_field_and_not_a_required_one(desk: Desk) -> None:
    campaign = await desk.campaign()
    await setup.create_field(desk.database, desk.actor, campaign.id, OWN)
    (lead_id,) = await desk.submitted(1, values={"data1": "7"})
    updated = await desk.leads.update(desk.principal, lead_id, {"lastname": "", "data1": " "})
    assert (updated.stored, updated.warnings) == ({"lastname": ""}, ["Own field is required"])
    fields = (await desk.view(lead_id)).lead.fields
    assert "lastname" not in fields
    assert fields["data1"] == "7"


async def test_a_standard_field_that_the_campaign_does_not_ask_for_can_be_stored(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    updated = await desk.leads.update(desk.principal, lead_id, {"towncity": "Leeds"})
    assert updated.stored == {"towncity": "Leeds"}


async def test_nothing_but_refusals_changes_nothing(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    before = await desk.view(lead_id)
    updated = await desk.leads.update(desk.principal, lead_id, {"email": "a@b\x00c", "firstname": "\ud800"})
    assert updated.found
    assert updated.stored == {}
    assert len(updated.warnings) == 2
    assert await desk.view(lead_id) == before


async def test_only_valid_leads_are_there_to_update(desk: Desk) -> None:
    campaign = await desk.campaign()
    held = await desk.campaign("HELD", quarantine=True)
    other = await setup.suppliers.create(desk.database, desk.actor, SupplierInput(name="Other", sid="2"))
    await setup.put_terms(desk.database, desk.actor, campaign.id, other.id, SupplierTerms())
    assert held.id != campaign.id
    (refused,) = await desk.submitted(1, values={"email": "x"})
    (aside,) = await desk.submitted(2, campaign="HELD")
    (test,) = await desk.submitted(3, is_test=True)
    (foreign,) = await desk.submitted(4, sid="2")
    for lead_id in (refused, aside, 999, 2**70):
        assert not (await desk.leads.update(desk.principal, lead_id, {"firstname": "Al"})).found
    assert (await desk.leads.update(desk.principal, test, {"firstname": "Al"})).found
    key = await desk.supplier_key(1)
    assert not (await desk.leads.update(key, foreign, {"firstname": "Al"})).found
    assert not (await desk.leads.update(desk.as_buyer(1), foreign, {"firstname": "Al"})).found


async def test_changes_at_the_same_time_all_stay_and_are_all_told(desk: Desk) -> None:
    await desk.campaign()
    (lead_id,) = await desk.submitted(1)
    names = ["title", "company", "c1", "c2", "c3", "county", "building", "street1"]
    await asyncio.gather(*(desk.leads.update(desk.principal, lead_id, {name: "x"}) for name in names))
    view = await desk.view(lead_id)
    assert all(view.lead.fields[name] == "x" for name in names)
    assert sorted(event.detail for event in view.events if event.event == "updated") == sorted(names)


def test_two_fields_that_must_differ_cannot_be_made_equal_from_either_side() -> None:
    first = FieldRule(name="a", label="A", data_type=DataType.TEXT, differs_from="b")
    second = FieldRule(name="b", label="B", data_type=DataType.TEXT)
    campaign = Campaign(1, "X", "X", Status.ACTIVE, CampaignSettings(), (first, second))
    account = msgspec.defstruct("Account", [("time_zone", str), ("id", int)])("UTC", 1)
    whole = AccountSetup(1, account, {}, {}, {}, {}, {}, {}, {}, ())  # type: ignore[arg-type]
    plan = CampaignPlan(whole, campaign)
    before, today = {"a": "one", "b": "two"}, date(2026, 1, 1)
    for changes in ({"a": "TWO"}, {"b": "One"}, {"a": "same", "b": "Same"}):
        edit = edited(plan, before, changes, today)
        assert (edit.fields, edit.stored, edit.warnings) == (before, {}, ["A must differ from B"])
    assert edited(plan, before, {"a": "two", "b": "one"}, today).fields == {"a": "two", "b": "one"}
    assert edited(plan, before, {"a": "", "b": ""}, today).fields == {}
