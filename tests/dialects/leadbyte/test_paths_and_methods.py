"""Every path exists under every version; what does not exist is refused in the dialect's words."""

import pytest
from tests.dialects.leadbyte.world import PLAIN_KEY, World

from leadyard.dialects.leadbyte import LeadByteDialect

PATHS = [
    ("GET", "campaigns"), ("GET", "campaigns/9"), ("GET", "apiqueue/x"), ("GET", "reports/campaign"),
    ("GET", "leads"), ("GET", "leads/1"), ("POST", "leads"), ("PUT", "leads"), ("POST", "leads/search"),
    ("POST", "leads/reprocess"), ("PUT", "leadfinancials"), ("POST", "quarantine/process"),
    ("POST", "deliveries/trigger"), ("GET", "waitsubmit"), ("POST", "waitsubmit"), ("GET", "apiqueue"),
]  # fmt: skip


@pytest.mark.parametrize("version", ["v1.1", "v1.2", "v1.3"])
async def test_every_path_in_every_version_with_and_without_a_slash(world: World, version: str) -> None:
    for method, path in PATHS:
        for slash in ("", "/"):
            reply = await world.send(method, f"/restapi/{version}/{path}{slash}")
            assert reply.status == 401, (method, path)
            assert reply.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "/restapi/v1.2/nonsense", "/restapi/v1.4/leads", "/restapi/v1/leads", "/restapi/leads", "/restapi/",
        "/restapi/v1.2", "/restapi/v1.2/", "/restapi/v1.2/leads//", "/restapi/v1.2//leads", "/restapi/v1.2/leads/1/2",
        "/restapi/v1.2/reports/nonsense", "/restapi/v1.2/../v1.2/leads", "/waitsubmitted", "/api/submit.phpx",
        "/restapi/v1.2/leads\x00", "/restapi/v1.2/campaigns/9/fields",
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_path(world: World, path: str, method: str) -> None:
    reply = await world.send(method, path, headers={"X_KEY": PLAIN_KEY})
    assert reply.status == 404
    assert reply.json["status"] == "Error"
    assert reply.json["errors"] == [reply.json["message"]]
    assert LeadByteDialect.owns(path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "leads"), ("PATCH", "leads/1"), ("POST", "leads/1"), ("POST", "campaigns"),
        ("PUT", "reports/campaign"), ("GET", "leads/search"), ("GET", "deliveries/trigger"), ("HEAD", "leads"),
        ("TRACE", "campaigns/9"), ("PUT", "waitsubmit"), ("NONSENSE", "apiqueue"),
    ],
)  # fmt: skip
async def test_another_method(world: World, method: str, path: str) -> None:
    reply = await world.send(method, f"/restapi/v1.2/{path}", headers={"X_KEY": PLAIN_KEY})
    assert reply.status == 405
    assert reply.json["message"].startswith("Method not allowed")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["leads/nonsense", "apiqueue/status", "campaigns/create"])
async def test_a_call_that_does_not_exist_below_a_noun_is_not_found(
    world: World, method: str, path: str
) -> None:
    reply = await world.send(method, f"/restapi/v1.3/{path}", headers={"X_KEY": PLAIN_KEY})
    assert (reply.status, reply.json["message"]) == (404, "Not found")


@pytest.mark.parametrize(
    "path", ["/restapi/v1.3/leads", "/waitsubmit", "/api/submit.php", "/restapi/v1.2/unknown"]
)
async def test_a_browser_may_ask_first(world: World, path: str) -> None:
    reply = await world.send("OPTIONS", path)
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == "*"
    allowed = reply.headers["access-control-allow-headers"].split(", ")
    assert allowed == ["Content-Type", "X_KEY", "X-KEY", "apikey"]
    assert set(reply.headers["access-control-allow-methods"].split(", ")) >= {"GET", "POST", "PUT"}


async def test_campaigns_by_status(world: World) -> None:
    for status, count in (("Active", 4), ("active", 4), ("Archived", 0), ("Inactive", 0)):
        reply = await world.call("GET", "/restapi/v1.2/campaigns", query={"status": status})
        assert len(reply.json) == count
    assert (await world.call("GET", "/restapi/v1.2/campaigns?status=x")).status == 400


@pytest.mark.parametrize("named", ["77", "0", "-9", "9" * 30, "é", "none"])
async def test_an_unknown_campaign(world: World, named: str) -> None:
    reply = await world.call("GET", f"/restapi/v1.2/campaigns/{named}")
    assert (reply.status, reply.json["message"]) == (404, "Campaign not found")


async def test_a_campaign_by_its_reference(world: World) -> None:
    assert (await world.call("GET", "/restapi/v1.2/campaigns/example-campaign")).json["id"] == "9"
