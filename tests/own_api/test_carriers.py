"""Mail servers, SMS gateways and the deliveries that use them, through the own API."""

from typing import Any

import asyncssh
import httpx
import pytest
from tests.own_api.conftest import make_key

from leadyard.identity.actor import Actor
from leadyard.identity.model import Permission
from leadyard.storage.database import Database

MASK = "********"
SERVER = {
    "host": "smtp.example.com",
    "username": "u",
    "password": "top secret",
    "from_address": "a@b.example",
}
FIELDS = [{"name": name, "value": f"{{{{ sms.{name} }}}}"} for name in ("to", "text")]
HTTP = {"url": "https://sms.example.com", "auth": {"kind": "bearer", "token": "top-secret"}, "fields": FIELDS}
GATEWAY = {"http": HTTP}
COLUMNS = [{"name": "email", "value": "{{ email }}"}]


@pytest.fixture
def client(anonymous: httpx.AsyncClient, key: str) -> httpx.AsyncClient:
    anonymous.headers["X-Key"] = key
    return anonymous


async def made(client: httpx.AsyncClient, path: str, document: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(f"/api/v1{path}", json=document)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def delivery(client: httpx.AsyncClient, settings: dict[str, Any]) -> httpx.Response:
    campaigns = (await client.get("/api/v1/campaigns")).json()["items"]
    if not campaigns:
        await made(client, "/campaigns", {"reference": "CARS", "name": "Cars"})
        await made(client, "/campaigns", {"reference": "VANS", "name": "Vans"})
        await made(client, "/buyers", {"company": "Buyer"})
        await made(client, "/mail-servers", {"name": "Mail", "settings": SERVER})
        await made(client, "/sms-gateways", {"name": "SMS", "settings": GATEWAY})
    return await client.post(
        "/api/v1/deliveries",
        json={"campaign_id": 1, "buyer_id": 1, "reference": "to the buyer", "settings": settings},
    )


async def test_a_mail_server_never_shows_its_password_and_keeps_it(client: httpx.AsyncClient) -> None:
    server = await made(client, "/mail-servers", {"name": "Mail", "settings": SERVER})
    assert server["settings"]["password"] == MASK
    moved = await client.patch(
        f"/api/v1/mail-servers/{server['id']}",
        json={"settings": {"password": MASK, "host": "smtp2.example.com"}},
    )
    assert [error["field"] for error in moved.json()["errors"]] == ["settings.password"]
    patch = {"settings": {"password": "anew", "host": "smtp2.example.com"}}
    changed = (await client.patch(f"/api/v1/mail-servers/{server['id']}", json=patch)).json()
    assert (changed["settings"]["host"], changed["settings"]["password"]) == ("smtp2.example.com", MASK)
    log = (await client.get("/api/v1/audit-log")).text
    assert "top secret" not in log


async def test_a_gateway_never_shows_its_token(client: httpx.AsyncClient) -> None:
    gateway = await made(client, "/sms-gateways", {"name": "SMS", "settings": GATEWAY})
    assert gateway["settings"]["http"]["auth"]["token"] == MASK
    assert "top-secret" not in (await client.get("/api/v1/sms-gateways")).text


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({**SERVER, "from_address": "a@b, c@d"}, "settings.from_address"),
        ({**SERVER, "from_name": "A\nB"}, "settings.from_name"),
        ({**SERVER, "security": "none"}, "settings.password"),
        ({**SERVER, "ca_certificate": "nonsense"}, "settings.ca_certificate"),
        ({**SERVER, "host": "a b"}, "settings.host"),
        ({**SERVER, "port": 0}, "settings.port"),
    ],
)
async def test_a_bad_mail_server_is_refused(
    client: httpx.AsyncClient, settings: dict[str, Any], field: str
) -> None:
    answer = await client.post("/api/v1/mail-servers", json={"name": "Mail", "settings": settings})
    assert answer.status_code == 422, answer.text
    assert field in answer.text
    assert (await client.get("/api/v1/mail-servers")).json()["total"] == 0


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"http": {**HTTP, "fields": FIELDS[1:]}}, "never names sms.to"),
        ({"http": {**HTTP, "fields": []}}, "never names sms.text"),
        ({"http": {**HTTP, "url": "ftp://sms.example.com"}}, "settings.http.url"),
        ({**GATEWAY, "segment_cost": "-1"}, "settings.segment_cost"),
        (
            {**GATEWAY, "answers": {"rules": [{"kind": "regex", "pattern": "(", "outcome": "accept"}]}},
            "rules[0]",
        ),
    ],
)
async def test_a_bad_gateway_is_refused(
    client: httpx.AsyncClient, settings: dict[str, Any], field: str
) -> None:
    answer = await client.post("/api/v1/sms-gateways", json={"name": "SMS", "settings": settings})
    assert answer.status_code == 422, answer.text
    assert field in answer.text
    assert (await client.get("/api/v1/sms-gateways")).json()["total"] == 0


def file(**changes: Any) -> dict[str, Any]:
    usual = {
        "schedule": "0 6 * * *",
        "columns": COLUMNS,
        "destination": {"kind": "email", "server_id": 1, "to": ["a@b.example"]},
    }
    return {"kind": "File Export", "file": {**usual, **changes}}


HOST_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
SFTP = {"kind": "sftp", "host": "drop.example.com", "username": "u", "password": "p", "host_key": HOST_KEY}
S3 = {
    "kind": "s3",
    "endpoint": "https://s3.example.com",
    "bucket": "leads",
    "access_key": "A",
    "secret": "top",
}
FTP = {"kind": "ftp", "host": "drop.example.com", "username": "u", "password": "top"}
GOOD = [
    {"kind": "Email", "email": {"server_id": 1, "to": ["{{ email }}"], "text": "Hi"}},
    {"kind": "SMS", "sms": {"gateway_id": 1, "to": "{{ phone1 }}", "text": "Hi"}},
    file(),
    file(destination=SFTP, format="json"),
    file(destination=S3, format="xlsx"),
    file(destination=FTP),
    {"kind": "Campaign Transfer", "transfer": {"campaign_id": 2}},
]


@pytest.mark.parametrize("settings", GOOD)
async def test_a_good_delivery_of_each_kind_is_kept_and_masked(
    client: httpx.AsyncClient, settings: dict[str, Any]
) -> None:
    answer = await delivery(client, settings)
    assert answer.status_code == 201, answer.text
    assert '"top"' not in answer.text
    again = await client.patch(f"/api/v1/deliveries/{answer.json()['id']}", json=answer.json()["settings"] and {
        "settings": answer.json()["settings"], "reference": "renamed",
    })  # fmt: skip
    assert again.status_code == 200, again.text
    values = {"email": "ann@example.com", "phone1": "07700900123"}
    preview = await client.post(f"/api/v1/deliveries/{answer.json()['id']}/preview", json={"values": values})
    assert preview.status_code == 200, preview.text
    assert "ann@example.com" in preview.text or "07700900123" in preview.text
    assert "top" not in preview.text
    bad = {"values": {"email": "ann@example.com, eve@example.com"}}
    refused = await client.post(f"/api/v1/deliveries/{answer.json()['id']}/preview", json=bad)
    assert refused.status_code == (422 if settings["kind"] == "Email" else 200)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"kind": "Email"}, "settings.email"),
        ({"kind": "SMS"}, "settings.sms"),
        ({"kind": "File Export"}, "settings.file"),
        ({"kind": "Campaign Transfer"}, "settings.transfer"),
        ({"kind": "Store Lead", "transfer": {"campaign_id": 2}}, "settings.transfer"),
        ({**GOOD[0], "http": {"url": "https://a.example"}}, "settings.http"),
        ({"kind": "Email", "email": {"server_id": 9, "to": ["a@b.example"], "text": ""}}, "server_id"),
        ({"kind": "Email", "email": {"server_id": 1, "to": [], "text": ""}}, "settings.email.to"),
        ({"kind": "Email", "email": {"server_id": 1, "to": ["{{ a"], "text": ""}}, "settings.email.to[0]"),
        ({"kind": "Email", "email": {"server_id": 1, "to": ["a@b.example"]}}, "settings.email.text"),
        ({"kind": "SMS", "sms": {"gateway_id": 9, "to": "1", "text": "x"}}, "settings.sms.gateway_id"),
        ({"kind": "SMS", "sms": {"gateway_id": 1, "to": "{{", "text": "x"}}, "settings.sms.to"),
        (file(schedule="never ever so often"), "settings.file.schedule"),
        (file(columns=[]), "settings.file.columns"),
        (file(columns=[{"name": "a", "value": "{{ x | nothing }}"}]), "settings.file.columns[0].value"),
        (file(columns=COLUMNS * 2, format="json"), "settings.file.columns"),
        (file(destination={"kind": "email", "server_id": 9, "to": ["a@b.example"]}), "destination.server_id"),
        (file(destination={"kind": "pigeon"}), "settings.file.destination"),
        (file(destination={**SFTP, "host_key": "ssh-ed25519 nonsense nonsense"}), "destination.host_key"),
        (file(destination={**SFTP, "private_key": "nonsense"}), "destination.private_key"),
        (file(destination={**SFTP, "password": ""}), "destination.password"),
        (file(destination={**FTP, "folder": "a\r\nDELE b"}), "destination.folder"),
        (file(destination={**S3, "endpoint": "file:///etc"}), "destination.endpoint"),
        ({"kind": "Campaign Transfer", "transfer": {"campaign_id": 99}}, "settings.transfer.campaign_id"),
        ({"kind": "Campaign Transfer", "transfer": {"campaign_id": 1}}, "settings.transfer.campaign_id"),
        ({"kind": "Campaign Transfer", "transfer": {"campaign_id": 2, "supplier": "set"}}, "transfer.sid"),
    ],
)
async def test_a_bad_delivery_is_refused_with_its_member_named(
    client: httpx.AsyncClient, settings: dict[str, Any], field: str
) -> None:
    answer = await delivery(client, settings)
    assert answer.status_code == 422, answer.text
    assert field in answer.text, answer.text
    assert (await client.get("/api/v1/deliveries")).json()["total"] == 0


async def test_carriers_of_another_account_do_not_exist(
    client: httpx.AsyncClient, database: Database, stranger: Actor
) -> None:
    server = await made(client, "/mail-servers", {"name": "Mail", "settings": SERVER})
    client.headers["X-Key"] = await make_key(
        database, stranger, Permission.SETUP_READ, Permission.SETUP_WRITE
    )
    assert (await client.get(f"/api/v1/mail-servers/{server['id']}")).status_code == 404
    assert (await client.patch(f"/api/v1/mail-servers/{server['id']}", json={"name": "x"})).status_code == 404
    settings = {"kind": "Email", "email": {"server_id": server["id"], "to": ["a@b.example"], "text": ""}}
    await made(client, "/campaigns", {"reference": "X", "name": "X"})
    await made(client, "/buyers", {"company": "X"})
    refused = await client.post(
        "/api/v1/deliveries",
        json={"campaign_id": 1, "buyer_id": 1, "reference": "x", "settings": settings},
    )
    assert refused.status_code == 422
