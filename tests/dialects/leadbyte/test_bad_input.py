"""Whatever a stranger sends gets a clear answer, never a failure, and stores nothing it should not."""

import asyncio
import json as standard_json
from typing import Any

import pytest
import structlog
from tests.dialects.leadbyte.world import PLAIN_KEY, World, new_lead

from leadyard.intake.service import Intake

BODIES: dict[str, bytes] = {
    "malformed JSON": b'{"lead":',
    "JSON with a tail": b'{"lead":{}} trailing',
    "not a number": b'{"lead":{"a":NaN}}',
    "markup": b"<?xml version='1.0'?><lead/>",
    "noise": bytes(range(256)),
    "a number": b"42",
    "a text": b'"lead"',
    "null": b"null",
    "a lead that is none": b'{"lead":3}',
    "deep objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "deep lists": b"[" * 100_000,
    "deep brackets": b"lead" + b"[a]" * 5000 + b"=1",
    "many members": b"&".join(b"x%d=1" % i for i in range(60_000)),
    "a broken multipart": b"--x\r\nContent-Disposition: form-data; name=",
}
ROUTES = [
    ("POST", "/leads"), ("PUT", "/leads"), ("POST", "/leads/search"), ("PUT", "/leadfinancials"),
    ("POST", "/leads/reprocess"), ("POST", "/quarantine/process"), ("POST", "/deliveries/trigger"),
    ("POST", "/waitsubmit"), ("GET", "/leads"), ("GET", "/apiqueue"), ("GET", "/reports/campaign"),
]  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
async def test_a_body_that_cannot_be_read(world: World, what: str) -> None:
    for method, path in ROUTES:
        headers = {"content-type": "multipart/form-data; boundary=x"} if "multipart" in what else {}
        reply = await world.call(method, f"/restapi/v1.2{path}", body=BODIES[what], headers=headers)
        assert reply.status == 400, (path, reply.text)
        answer = reply.json
        assert answer["status"] == "Error"
        assert answer["message"]
        assert answer["errors"]
    assert await world.rows("leads") == []


async def test_an_unreadable_post_of_leads_has_the_members_of_a_refusal(world: World) -> None:
    reply = await world.call("POST", "/restapi/v1.2/leads", body=b"{")
    assert list(reply.json) == ["status", "code", "message", "redirectUrl", "errors"]


async def test_a_body_over_two_mebibytes(world: World) -> None:
    lead = standard_json.dumps({"lead": new_lead(data13="x" * 10_000_000)}).encode()
    for chunk in (0, 65_536):
        reply = await world.call("POST", "/restapi/v1.2/leads", body=lead, chunk=chunk)
        assert reply.status == 413
    declared = await world.call(
        "POST", "/restapi/v1.2/leads", headers={"content-length": "9" * 40}, body=b"{}"
    )
    assert declared.status == 413
    assert await world.rows("leads") == []


async def test_ten_thousand_unknown_fields_do_no_harm(world: World) -> None:
    lead = {**new_lead(), **{f"field{i}": i for i in range(10_000)}}
    assert (await world.call("POST", "/restapi/v1.2/leads", json={"lead": lead})).json["status"] == "Success"
    form = "&".join(f"{name}={value}" for name, value in {**lead, **new_lead()}.items()).replace(" ", "+")
    assert (await world.call("POST", "/restapi/v1.2/leads", body=form.encode())).json["status"] == "Success"


@pytest.mark.parametrize(
    "value",
    [
        "\x00", "\ud800", "\u202e\u200b", "1" * 30, 10**30, -(10**30), 1e308, 1e-308, True, False, 0, "0001-01-01",
        "99999999999999999999999999-01-01", "1/0/0", "٠١٢", "' OR 1=1 --", "{{ 7*7 }}", "%00", "x" * 100_000,
    ],
)  # fmt: skip
async def test_a_strange_value_in_any_field(world: World, value: Any) -> None:
    for field in (
        "email",
        "phone1",
        "dob",
        "postcode",
        "data13",
        "gender",
        "sid",
        "ssid",
        "campid",
        "testmode",
        "c1",
    ):
        body = standard_json.dumps({"key": PLAIN_KEY, "lead": {**new_lead(), field: value}}).encode()
        reply = await world.send("POST", "/restapi/v1.2/leads", body=body)
        assert reply.status == 200, (field, reply.text)
        assert reply.json["status"] in {"Success", "Error"}


async def test_fields_of_unlimited_length_in_a_refused_lead(world: World) -> None:
    lead = new_lead(email="x" * 500_000, ssid="s" * 500_000, campid="EXAMPLE-CAMPAIGN")
    assert (await world.post(**lead)).json["code"] == -5


async def test_an_error_of_our_own_is_logged_without_what_was_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_: Intake, submission: Any) -> Any:
        raise RuntimeError(f"cannot take {submission.campaign} of jo@example.com")

    monkeypatch.setattr(Intake, "submit", fail)
    with structlog.testing.capture_logs() as logs:
        reply = await world.post(email="jo@example.com")
    assert reply.status == 500
    assert (reply.json["code"], reply.json["errors"]) == (-100, ["Internal error"])
    assert [entry["error"] for entry in logs] == ["RuntimeError"]
    assert "jo@example.com" not in str(logs)
    assert PLAIN_KEY not in str(logs)


async def test_a_caller_that_hangs_up_gets_nothing(world: World) -> None:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/restapi/v1.2/leads",
        "query_string": b"",
        "headers": [],
        "client": None,
    }
    await world.dialect(scope, receive, send)
    assert sent == []


async def test_when_the_database_is_away_nothing_is_accepted(world: World) -> None:
    await world.post()
    await world.database.close()
    reply = await world.call("GET", "/restapi/v1.2/campaigns")
    assert reply.status == 503
    assert reply.json == {"status": "Error", "message": "Internal error", "errors": ["Internal error"]}
    new_key = await world.send("POST", "/restapi/v1.2/leads", json={"key": "e" * 32, "lead": new_lead()})
    assert (new_key.status, new_key.json["code"]) == (503, -100)
    classic = await world.send("POST", "/api/submit.php", json=new_lead())
    assert (classic.status, classic.text) == (200, "-100 | Internal error")


async def test_of_many_simultaneous_posts_of_one_person_one_gets_in(world: World) -> None:
    lead = new_lead()

    async def classic() -> int:
        reply = await world.send("POST", "/api/submit.php", json={**lead, "returnjson": "yes"})
        return int(reply.json["code"])

    async def rest(version: str) -> int:
        return int((await world.post(version, **lead)).json["code"])

    calls = [rest(f"v1.{1 + i % 3}") for i in range(40)] + [classic() for _ in range(10)]
    codes = await asyncio.gather(*calls)
    assert sum(code > 0 for code in codes) == 1
    assert sum(code == -2 for code in codes) == 49
