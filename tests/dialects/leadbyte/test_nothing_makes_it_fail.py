"""No path, query, header or body whatsoever makes the dialect fail."""

import asyncio
import json as standard_json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import run_on_server, with_database
from tests.dialects.leadbyte.world import PLAIN_KEY, World, new_lead

from leadyard.settings import Settings
from leadyard.storage.database import Database

KNOWN = [
    "key", "lead", "leads", "campid", "sid", "ssid", "testmode", "email", "phone1", "data13", "dob", "id", "update",
    "action", "quarantineId", "quarantineIds", "leadId", "leadIds", "queueIds", "searches", "searchPeriod",
    "extrafields", "newPayout", "newRevenue", "BID", "deliveryId", "deliveries", "triggerDeliveryId", "campaignId",
    "reason", "feedback", "notes", "overwrite", "triggerActions", "triggerDeliveryIds", "from", "to", "datePreset", "groupBy", "supplierId", "status", "debug", "returnjson",
]  # fmt: skip
PATHS = [
    "leads", "leads/1", "leads/search", "leads/reprocess", "leads/return", "leads/feedback",
    "leads/internalfeedback", "leads/assignbuyer", "leadfinancials", "quarantine/process", "apiqueue",
    "deliveries/trigger", "apiqueue/1", "campaigns", "campaigns/9", "reports/campaign", "waitsubmit",
]  # fmt: skip
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        ["1", "9", "EXAMPLE-CAMPAIGN", "all", "today", "process", "reprocess", "yes", "2020-01-01"]
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KNOWN) | st.text(max_size=8), inner, max_size=5)
    ),
    max_leaves=12,
)
objects = st.dictionaries(st.sampled_from(KNOWN), values, max_size=8)
bodies = (
    st.builds(lambda value: standard_json.dumps(value).encode("utf-8", "surrogatepass"), objects | values)
    | st.builds(lambda value: standard_json.dumps({"lead": {**new_lead(), **value}}).encode(), objects)
    | st.builds(lambda value: standard_json.dumps({"leads": [value]}).encode(), objects)
    | st.binary(max_size=200)
    | st.text(alphabet='abkeyld[]=&%0+{}":,', max_size=80).map(str.encode)
)
paths = (
    st.builds(
        lambda version, path: f"/restapi/{version}/{path}",
        st.sampled_from(["v1.1", "v1.2", "v1.3"]),
        st.sampled_from(PATHS),
    )
    | st.builds(
        lambda noun, text: f"/restapi/v1.3/{noun}/{text}",
        st.sampled_from(["leads", "apiqueue", "campaigns"]),
        st.text(max_size=20),
    )
    | st.sampled_from(["/api/submit.php", "/restapi/v1.2/"])
    | st.text(max_size=30).map(lambda text: f"/restapi/{text}")
)
queries = st.binary(max_size=60) | st.dictionaries(
    st.sampled_from(KNOWN), st.text(max_size=20), max_size=5
).map(
    lambda pairs: "&".join(f"{name}={value}" for name, value in pairs.items()).encode(
        "utf-8", "surrogatepass"
    )
)
content_types = st.sampled_from([b"", b"application/json", b"multipart/form-data; boundary=b"]) | st.binary(
    max_size=40
)


@pytest.fixture(scope="module")
def fuzz_dsn(server_dsn: str, world_template: str) -> Iterator[str]:
    name = f"leadbyte_fuzz_{uuid.uuid4().hex}"
    asyncio.run(run_on_server(server_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{world_template}"'))
    yield with_database(server_dsn, name)
    asyncio.run(run_on_server(server_dsn, f'DROP DATABASE "{name}" WITH (FORCE)'))


async def send(dsn: str, folder: Path, scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    database = Database(dsn, size=2)
    await database.open()
    try:
        world = World(database, Settings(data_dir=folder))
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def collect(message: Any) -> None:
            sent.append(message)

        await world.dialect(scope, receive, collect)
        await world.services.intake.close()
    finally:
        await database.close()
    return sent[0]["status"], sent[1]["body"]


def request_of(method: str, path: str, query: bytes, content_type: bytes, host: bytes) -> dict[str, Any]:
    headers = [(b"x_key", PLAIN_KEY.encode()), (b"content-type", content_type), (b"host", host)]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "headers": headers,
        "client": ("192.0.2.1", 1),
    }


requests = st.builds(
    request_of, st.sampled_from(["GET", "POST", "PUT"]), paths, queries, content_types, st.binary(max_size=20)
)


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scope=requests, body=bodies)
def test_every_request_is_answered_below_500(
    fuzz_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: dict[str, Any], body: bytes
) -> None:
    monkeypatch.setattr("leadyard.dialects.leadbyte.live.LONGEST_WAIT_SECONDS", 0.02)
    status, answer = asyncio.run(send(fuzz_dsn, tmp_path, scope, body))
    assert status < 500, answer
    assert PLAIN_KEY.encode() not in answer
