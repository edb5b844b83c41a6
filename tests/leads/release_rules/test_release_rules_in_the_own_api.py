"""Release rules are set up over HTTP, checked, and put into the audit log."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.desk import Desk, new_desk

from leadyard.identity import service as identity
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import KeySettings, Permission
from leadyard.leads.model import SystemStatus
from leadyard.leads.release_rules.service import release_rules

RULE = {"operand": "postcode", "operator": "begins with", "value": "LS"}


def document(campaign_id: int, **settings: Any) -> dict[str, Any]:
    usual = {"rule": RULE, "release_after_minutes": 60, "per_minute": 30}
    return {"campaign_id": campaign_id, "name": "Leeds", "settings": {**usual, **settings}}


async def test_a_rule_is_made_read_changed_and_archived(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    made = await own.post("/release-rules", json=document(campaign.id))
    assert (made.status_code, made.json()["settings"]["rule"]) == (201, RULE)
    path = f"/release-rules/{made.json()['id']}"
    assert made.headers["location"] == f"/api/v1{path}"
    changed = await own.patch(path, json={"settings": {"per_minute": 5}})
    assert changed.json()["settings"]["per_minute"] == 5
    listed = await own.get("/release-rules", params={"campaign_id": campaign.id, "status": "Active"})
    assert [rule["name"] for rule in listed.json()["items"]] == ["Leeds"]
    assert (await own.delete(path)).status_code == 204
    assert (await own.get(path)).json()["status"] == "Archived"
    log = (await own.get("/audit-log", params={"entity": "release rule"})).json()["items"]
    assert [line["action"] for line in log] == ["archive", "update", "create"]
    assert log[0]["actor"] == desk.principal.actor


async def test_its_progress_is_shown(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    made = (await own.post("/release-rules", json=document(campaign.id))).json()
    shown = (await own.get(f"/release-rules/{made['id']}/progress")).json()
    assert (shown["released"], shown["rejected"], shown["stayed"], shown["last_error"]) == (0, 0, 0, None)
    assert (await own.get("/release-rules/999/progress")).status_code == 404


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"release_after_minutes": None}, "settings.release_after_minutes"),
        ({"release_after_minutes": 1440, "reject_after_days": 1}, "settings.reject_after_days"),
        ({"release_after_minutes": 0}, "settings.release_after_minutes"),
        ({"per_minute": 0}, "settings.per_minute"),
        ({"per_minute": 60_001}, "settings.per_minute"),
        ({"rule": {"operand": "shoe", "operator": "is", "value": "8"}}, "settings.rule.operand"),
        ({"rule": {"operand": "postcode", "operator": "in list", "list": "NONE"}}, "settings.rule.list"),
    ],
)
async def test_a_bad_rule_is_refused_with_its_place(
    own: httpx.AsyncClient, desk: Desk, settings: dict[str, Any], field: str
) -> None:
    campaign = await desk.campaign()
    refused = await own.post("/release-rules", json=document(campaign.id, **settings))
    assert (refused.status_code, field in refused.text) == (422, True)
    assert (await own.get("/release-rules")).json()["items"] == []


async def test_campaigns_of_nobody_or_another_account_are_refused(own: httpx.AsyncClient) -> None:
    refused = await own.post("/release-rules", json=document(4711))
    assert (refused.status_code, "campaign_id" in refused.text) == (422, True)


async def test_a_field_that_a_rule_names_stays_in_its_campaign(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    rule = {"operand": "shoe_size", "operator": "is", "value": "8"}
    field = {"name": "shoe_size", "label": "Shoe size", "data_type": "Text"}
    shown = (await own.get(f"/campaigns/{campaign.id}")).json()["fields"]
    added = await own.patch(f"/campaigns/{campaign.id}", json={"fields": [*shown, field]})
    assert added.status_code == 200, added.text
    assert (await own.post("/release-rules", json=document(campaign.id, rule=rule))).status_code == 201
    refused = await own.patch(f"/campaigns/{campaign.id}", json={"fields": shown})
    assert (refused.status_code, "release rule 1" in refused.text) == (422, True)


async def test_strangers_see_and_release_nothing(
    own: httpx.AsyncClient, desk: Desk, dsn: str, tmp_path: Path
) -> None:
    stranger = await new_desk(desk.database, dsn, tmp_path, "stranger")
    campaign = await stranger.campaign("HELD", quarantine=True)
    await stranger.campaign("SECOND", quarantine=True)
    (lead_id,) = await stranger.submitted(1, campaign="HELD")
    hidden = await release_rules.create(stranger.database, stranger.actor, document(campaign.id))
    path = f"/release-rules/{hidden.id}"
    assert (await own.get("/release-rules")).json()["items"] == []
    for answer in (
        await own.get(path),
        await own.get(f"{path}/progress"),
        await own.patch(path, json={"name": "Mine"}),
        await own.delete(path),
    ):
        assert answer.status_code == 404
    assert (await own.post("/release-rules", json=document(campaign.id))).status_code == 422
    everything = {"filter": {"campaign_id": campaign.id}, "rule": RULE}
    for call in ("release", "reject"):
        assert (await own.post(f"/quarantine/{call}", json=everything)).status_code == 422
    assert (await stranger.view(lead_id)).lead.system_status is SystemStatus.QUARANTINED


async def test_a_key_without_the_permission_may_only_read(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    reading = KeyInput(reference="reader", settings=KeySettings(permissions=(Permission.SETUP_READ,)))
    _, key = await identity.create_key(desk.database, desk.actor, reading)
    own.headers["x-key"] = key
    assert (await own.get("/release-rules")).status_code == 200
    assert (await own.post("/release-rules", json=document(campaign.id))).status_code == 403
    assert (await own.post("/quarantine/reject", json={})).status_code == 403
