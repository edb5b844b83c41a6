"""What `leadyard serve --demo` promises to whoever tries it."""

import asyncio
import stat
from typing import Any

from tests.processes.calls import LEADS, ask, lead
from tests.processes.installation import Installation


async def test_the_file_of_keys_has_exactly_the_promised_members_and_is_private(
    running: Installation,
) -> None:
    file = running.data_dir / "demo.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    document = running.demo()
    assert document["base_url"] == f"http://127.0.0.1:{running.port}"
    assert {name: set(value) for name, value in document.items() if name != "base_url"} == {
        "console": {"email", "password"},
        "leadbyte": {"admin_key", "supplier_key", "buyer_key", "other_account_key"},
        "leaddyno": {"private_key", "public_key"},
    }
    said = running.said()
    keys = [*document["leadbyte"].values(), *document["leaddyno"].values()]
    assert all(key in said for key in keys)


async def test_the_affiliate_programme_has_its_plans_its_campaign_and_a_history(
    running: Installation,
) -> None:
    key = running.demo()["leaddyno"]["private_key"]
    assert len(key) == 40
    campaign = await ask(running.port, "GET", f"/v1/campaigns/7?key={key}")
    assert campaign.json()["code"] == "ExampleCampaign"
    affiliates = (await ask(running.port, "GET", f"/v1/affiliates?key={key}")).json()
    assert len(affiliates) >= 3
    assert all(one["total_visitors"] > 0 for one in affiliates)
    made = await ask(running.port, "POST", f"/v1/purchases?key={key}&email=jo@example.com&plan_code=plus")
    assert (made.status, made.json()["plan"]) == (201, {"id": 8, "code": "plus"})


async def test_health_and_metrics_answer_without_a_key(running: Installation) -> None:
    health = await ask(running.port, "GET", "/healthz")
    assert (health.status, health.json()) == (200, {"status": "ok"})
    assert (await metrics(running))["leadyard_database_up"] == 1
    async with asyncio.timeout(60):
        while (await metrics(running))["leadyard_workers"] != 1:  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.1)


async def metrics(running: Installation) -> dict[str, float]:
    """Read the gauges that stand for the whole installation."""
    answer = await ask(running.port, "GET", "/metrics")
    assert answer.status == 200
    samples = (line.split() for line in answer.body.decode().splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


async def test_the_example_lead_is_sold_paid_for_and_reported(running: Installation) -> None:
    before = await report(running)
    posted = await ask(running.port, "POST", LEADS, running.key("supplier_key"), lead(1))
    assert posted.json()["status"] == "Success", posted.body
    path = f"/restapi/v1.3/apiqueue/{posted.json()['results'][0]['queueId']}"
    async with asyncio.timeout(60):
        record: dict[str, Any] = {"status": "Pending"}
        while record["status"] == "Pending":
            await asyncio.sleep(0.05)
            record = (await ask(running.port, "GET", path, running.key())).json()["records"][0]
    assert record["status"] == "Approved"
    assert record["response"]["payout"] == 3.5
    assert [(buyer["bid"], buyer["status"]) for buyer in record["buyers"]] == [("33", "Sold")]
    after = await report(running)
    grown = {name: round(after[name] - before.get(name, 0), 4) for name in after}
    assert grown == {"leads": 1, "valid": 1, "sold": 1, "payout": 3.5, "revenue": 12.5, "profit": 9}


async def report(running: Installation) -> dict[str, float]:
    """Read today's figures of the example campaign; no row means no lead yet."""
    path = "/restapi/v1.3/reports/campaign?campaignId=9&datePreset=today"
    rows = (await ask(running.port, "GET", path, running.key())).json()["data"]
    names = ("leads", "valid", "sold", "payout", "revenue", "profit")
    return {name: row[name] for row in rows for name in names}


async def test_the_audit_finds_nothing_while_everything_runs(running: Installation) -> None:
    done = await asyncio.to_thread(running.run, "audit")
    assert (done.returncode, done.stdout) == (0, "No differences in 2 accounts\n"), done.stderr
    assert (await ask(running.port, "GET", "/healthz")).status == 200
