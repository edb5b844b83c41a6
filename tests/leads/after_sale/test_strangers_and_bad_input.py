"""What belongs to another account is not there, and no input makes the operations fail."""

from typing import Any

import httpx
import pytest
from tests.desk import Desk

from leadyard.identity import service as identity
from leadyard.identity.actor import Actor
from leadyard.identity.keys import KeyInput
from leadyard.identity.model import KeySettings, Permission
from leadyard.leads.after_sale.model import Ask
from leadyard.leads.jobs.model import JobKind
from leadyard.leads.jobs.service import Jobs
from leadyard.leads.reading import LeadFilter

ONE_OF_THEIRS = [
    ("GET", "/returns/1", None),
    ("POST", "/returns/1/approve", None),
    ("POST", "/returns/1/refuse", None),
    ("POST", "/leads/{lead}/return", {"buyer_id": 1, "reason": "DNCC"}),
    ("POST", "/leads/{lead}/assign", {"delivery_id": 1}),
    ("GET", "/leads/{lead}/feedback", None),
    ("PUT", "/leads/{lead}/feedback", {"feedback": "x"}),
    ("GET", "/jobs/1", None),
    ("POST", "/jobs/1/cancel", None),
    ("POST", "/webhook-messages/1/replay", None),
]
BODIES = [
    [],
    "x",
    {"x": 1},
    {"reason": "", "buyer_id": 1},
    {"reason": "DNCC", "buyer_id": 0},
    {"reason": "DNCC", "buyer_id": 2**60},
    {"reason": "DN\0CC", "buyer_id": 1},
    {"delivery_id": "a"},
    {"feedback": " "},
    {"feedback": "x", "buyer_id": 10**30},
    {"filter": {"received_from": "2026-01-01T00:00:00"}},
    {"filter": {"sale_status": "Lost"}},
    {"filter": [], "per_minute": 1},
    {"per_minute": 10**9},
    {"webhook_id": -1},
]
WITH_BODIES = [
    ("POST", "/leads/1/return"),
    ("POST", "/leads/1/assign"),
    ("PUT", "/leads/1/feedback"),
    ("POST", "/leads/reprocess"),
    ("POST", "/leads/reprocess/preview"),
    ("POST", "/quarantine/release"),
    ("POST", "/quarantine/release/preview"),
    ("POST", "/webhook-messages/replay"),
    ("POST", "/return-reasons"),
]


async def key_of(desk: Desk, actor: Actor, permissions: tuple[Permission, ...]) -> str:
    document = KeyInput(reference="another", settings=KeySettings(permissions=permissions))
    return (await identity.create_key(desk.database, actor, document))[1]


@pytest.fixture
async def lead_id(desk: Desk) -> int:
    """A sold lead with a return, and a job."""
    campaign = await desk.campaign()
    buyer = await desk.buyer()
    await desk.delivery(campaign.id, buyer)
    (sold,) = await desk.sold(1)
    await desk.after_sale.return_leads(desk.principal, [sold], Ask(buyer, "DNCC", True))
    await Jobs(desk.database, desk.configuration).start(desk.principal, JobKind.REPROCESS, LeadFilter(), 60)
    return sold


async def test_another_accounts_key_finds_nothing(own: httpx.AsyncClient, desk: Desk, lead_id: int) -> None:
    other = await identity.create_account(desk.database, name="Other", slug="other")
    key = await key_of(desk, Actor(other.id, "test"), tuple(Permission))
    for method, path, body in ONE_OF_THEIRS:
        answer = await own.request(method, path.format(lead=lead_id), json=body, headers={"x-key": key})
        expected = 422 if "assign" in path else 404
        assert answer.status_code == expected, (method, path, answer.text)
    for path in ("/returns", "/jobs", "/webhook-messages"):
        assert (await own.get(path, headers={"x-key": key})).json()["items"] == []
    assert (await own.get("/jobs/1")).json()["state"] == "active"


async def test_a_key_needs_the_permission(own: httpx.AsyncClient, desk: Desk, lead_id: int) -> None:
    key = await key_of(desk, desk.actor, (Permission.REPORTS,))
    for method, path, body in ONE_OF_THEIRS:
        answer = await own.request(method, path.format(lead=lead_id), json=body, headers={"x-key": key})
        assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize(("method", "path"), WITH_BODIES)
async def test_bad_bodies_are_refused_by_name(
    own: httpx.AsyncClient, desk: Desk, lead_id: int, method: str, path: str
) -> None:
    before = [len(await desk.rows(table)) for table in ("jobs", "lead_returns", "lead_feedback")]
    for body in BODIES:
        answer: Any = await own.request(method, path, json=body)
        if answer.status_code not in {200, 201}:
            assert answer.status_code in {400, 404, 409, 422}, (body, answer.text)
            assert answer.headers["content-type"].startswith("application/problem+json")
    after = [len(await desk.rows(table)) for table in ("jobs", "lead_returns", "lead_feedback")]
    assert after == before
