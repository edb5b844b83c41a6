"""Returns, assignment and feedback over HTTP: what they show, what they change, and whom they refuse."""

from typing import Any

import httpx
from tests.desk import Desk

from leadyard.campaigns import service as setup
from leadyard.campaigns.model import Trigger
from leadyard.campaigns.returns import ReturnPolicy
from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput, KindOfKey
from leadyard.identity.model import ALLOWED, KeyKind, KeySettings, LeadReturn


async def sold_lead(desk: Desk, **buyer: Any) -> tuple[int, int]:
    campaign = await desk.campaign()
    made = await desk.buyer(**buyer)
    await desk.delivery(campaign.id, made)
    (lead_id,) = await desk.sold(1)
    return lead_id, made


async def buyer_key(desk: Desk, buyer_id: int) -> str:
    settings = KeySettings(permissions=tuple(sorted(ALLOWED[KeyKind.BUYER])))
    document = KeyInput(reference="buyer", kind=KindOfKey.BUYER, buyer_id=buyer_id, settings=settings)
    return (await identity.create_key(desk.database, desk.actor, document))[1]


async def test_a_return_is_made_and_listed(own: httpx.AsyncClient, desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    made = await own.post(f"/leads/{lead_id}/return", json={"buyer_id": buyer, "reason": "DNCC"})
    assert made.status_code == 200, made.text
    assert (made.json()["state"], made.json()["revenue"], made.json()["payout"]) == (
        "Returned",
        "12.5",
        "3.5",
    )
    assert (await own.get(f"/returns/{made.json()['id']}")).json() == made.json()
    listed = (await own.get("/returns", params={"state": "Returned", "buyer_id": buyer})).json()
    assert listed == {"items": [made.json()], "next_before": None}
    again = await own.post(f"/leads/{lead_id}/return", json={"buyer_id": buyer, "reason": "DNCC"})
    assert (again.status_code, again.json()["errors"][0]["detail"]) == (
        409,
        "cannot be changed: Already returned",
    )
    assert (await own.post("/leads/999/return", json={"buyer_id": 1, "reason": "DNCC"})).status_code == 404
    assert (await own.post(f"/leads/{lead_id}/return", json={"reason": "DNCC"})).status_code == 422
    unknown = await own.post(f"/leads/{lead_id}/return", json={"buyer_id": buyer, "reason": "NO"})
    assert unknown.status_code == 409


async def test_a_buyer_asks_and_the_operator_decides(own: httpx.AsyncClient, desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk, returns=ReturnPolicy(needs_approval=True))
    of_buyer = {"x-key": await buyer_key(desk, buyer)}
    asked = await own.post(f"/leads/{lead_id}/return", json={"reason": "DNCC"}, headers=of_buyer)
    assert asked.json()["state"] == "Pending"
    path = f"/returns/{asked.json()['id']}"
    assert (await own.post(f"{path}/approve", headers=of_buyer)).status_code == 403
    assert len((await own.get("/returns", params={"state": "Pending"})).json()["items"]) == 1
    assert (await own.post(f"{path}/approve")).json()["state"] == "Returned"
    assert (await own.post(f"{path}/refuse")).status_code == 409
    assert (await own.get(f"/leads/{lead_id}")).json()["sale_status"] == "Returned"
    other = {"x-key": await buyer_key(desk, await desk.buyer("Other"))}
    assert (await own.get(path, headers=other)).status_code == 404
    assert (await own.get("/returns", headers=other)).json()["items"] == []


async def test_a_keys_setting_says_what_becomes_of_the_payout(own: httpx.AsyncClient, desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    settings = KeySettings(
        permissions=desk.principal.key.settings.permissions,
        lead_return=LeadReturn(buyer_id=buyer, reverse_payout=False),
    )
    _, key = await identity.create_key(
        desk.database, desk.actor, KeyInput(reference="keeps", settings=settings)
    )
    made = await own.post(f"/leads/{lead_id}/return", json={"reason": "dncc"}, headers={"x-key": key})
    assert (made.json()["reverse_payout"], made.json()["payout"]) == (False, "0")


async def test_reasons_are_listed_with_the_accounts_own(own: httpx.AsyncClient, desk: Desk) -> None:
    made = await own.post("/return-reasons", json={"code": "tps", "label": "On the TPS list"})
    assert (made.status_code, made.json()["code"]) == (201, "TPS")
    assert (await own.post("/return-reasons", json={"code": "Tps", "label": "x"})).status_code == 409
    await setup.return_reasons.archive(desk.database, desk.actor, made.json()["id"])
    await own.post("/return-reasons", json={"code": "DUPE", "label": "Twice"})
    reasons = (await own.get("/returns/reasons")).json()["reasons"]
    assert (reasons["DNCC"], reasons["DUPE"], "TPS" in reasons) == ("Did not convert/contact", "Twice", False)


async def test_a_lead_is_assigned_and_commented(own: httpx.AsyncClient, desk: Desk) -> None:
    lead_id, buyer = await sold_lead(desk)
    delivery = await desk.delivery(1, await desk.buyer("Next"), trigger=Trigger.MANUAL)
    assert (await own.post(f"/leads/{lead_id}/assign", json={"delivery_id": delivery.id})).status_code == 204
    assert (await own.post(f"/leads/{lead_id}/assign", json={"delivery_id": delivery.id})).status_code == 409
    said = await own.put(f"/leads/{lead_id}/feedback", json={"buyer_id": buyer, "feedback": "Good"})
    assert [one["feedback"] for one in said.json()["items"]] == ["Good"]
    await own.put(f"/leads/{lead_id}/feedback", json={"feedback": "Ours"})
    read = (await own.get(f"/leads/{lead_id}/feedback")).json()["items"]
    assert [(one["buyer_id"], one["feedback"]) for one in read] == [(buyer, "Good"), (None, "Ours")]
    assert (await own.get("/leads/999/feedback")).status_code == 404
