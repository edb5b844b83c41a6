"""The ledger, attempts, returns, feedback and reports as files."""

import csv
import io
import json
from decimal import Decimal

import httpx
import pytest
from tests.desk import Desk
from tests.exports.served import csv_of


@pytest.fixture
async def market(desk: Desk) -> Desk:
    """Twenty leads sold to one buyer, and one that another refuses."""
    cars = await desk.campaign()
    await desk.delivery(cars.id, await desk.buyer("First"))
    await desk.sold(*range(1, 21))
    return desk


async def test_the_ledger_has_every_posting_and_sums_to_zero(own: httpx.AsyncClient, market: Desk) -> None:
    rows = await csv_of(own, "/exports/ledger")
    stored = await market.rows("ledger_postings")
    assert [(int(r["entry_id"]), int(r["line"]), r["book"], r["party_id"]) for r in rows] == [
        (row["entry_id"], row["line"], row["book"], str(row["party_id"])) for row in stored
    ]
    assert [Decimal(row["amount"]) * 1_000_000 for row in rows] == [row["amount"] for row in stored]
    sums: dict[str, Decimal] = {}
    for row in rows:
        sums[row["entry_id"]] = sums.get(row["entry_id"], Decimal(0)) + Decimal(row["amount"])
    assert set(sums.values()) == {Decimal(0)}
    assert "-12.5" in {row["amount"] for row in rows}


async def test_postings_are_filtered(own: httpx.AsyncClient, market: Desk) -> None:
    of_buyer = await csv_of(own, "/exports/ledger", book="buyer", party_id=1)
    assert [row["amount"] for row in of_buyer] == ["12.5"] * 20
    assert await csv_of(own, "/exports/ledger", kind="returned") == []
    lead_id = of_buyer[0]["lead_id"]
    assert len(await csv_of(own, "/exports/ledger", lead_id=lead_id)) == 4
    assert await csv_of(own, "/exports/ledger", **{"from": "2999-01-01T00:00:00Z"}) == []
    assert len(await csv_of(own, "/exports/ledger", to="2999-01-01T00:00:00Z")) == 80


async def test_attempts_are_all_there_and_filtered(own: httpx.AsyncClient, market: Desk) -> None:
    rows = await csv_of(own, "/exports/attempts")
    stored = await market.rows("delivery_attempts")
    assert [(int(r["lead_id"]), int(r["number"])) for r in rows] == [
        (r["lead_id"], r["number"]) for r in stored
    ]
    assert {(row["state"], row["buyer"], row["revenue"]) for row in rows} == {("sold", "First", "12.5")}
    counts = [
        len(await csv_of(own, "/exports/attempts", **wanted))
        for wanted in (
            {"state": "sold"},
            {"state": "error"},
            {"campaign_id": 1},
            {"campaign_id": 9},
            {"buyer_id": 2},
        )
    ]
    assert counts == [20, 0, 20, 0, 0]


async def test_many_attempts_of_one_lead_do_not_fit_a_page(own: httpx.AsyncClient, market: Desk) -> None:
    copy = """
        INSERT INTO delivery_attempts (account_id, lead_id, number, delivery_id, buyer_id, state, reason, started_at)
        SELECT account_id, lead_id, n, delivery_id, buyer_id, 4, 'passed over', now()
        FROM delivery_attempts, generate_series(2, 40) n
        WHERE account_id = $1 AND lead_id IN (SELECT max(lead_id) FROM delivery_attempts WHERE account_id = $1)
    """
    async with market.database.connection() as connection:
        await connection.execute(copy, market.account_id)
    rows = await csv_of(own, "/exports/attempts")
    assert [row["number"] for row in rows] == ["1"] * 20 + [str(number) for number in range(2, 41)]


async def test_a_report_is_the_same_as_read(own: httpx.AsyncClient, market: Desk) -> None:
    for name in ("campaigns", "suppliers", "buyers"):
        query = {"preset": "today"}
        read = (await own.get(f"/reports/{name}", params=query)).json()["rows"]
        lines = (await own.get(f"/exports/reports/{name}", params={**query, "format": "jsonl"})).text
        assert [json.loads(line) for line in lines.splitlines()] == read
        text = (
            await own.get(f"/exports/reports/{name}", params={**query, "columns": "revenue,currency"})
        ).text
        assert list(csv.reader(io.StringIO(text))) == [["revenue", "currency"], ["250", "GBP"]]


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [
        ("ledger", {"book": "x"}, "book"),
        ("ledger", {"columns": "x"}, "columns"),
        ("ledger", {"party_id": "-1"}, "party_id"),
        ("attempts", {"state": "x"}, "state"),
        ("attempts", {"from": "x"}, "from"),
        ("returns", {"state": "pending"}, "state"),
        ("feedback", {"campaign_id": "1"}, "campaign_id"),
        ("reports/campaigns", {}, "from"),
        ("reports/campaigns", {"preset": "today", "columns": "x"}, "columns"),
        ("reports/buyers", {"preset": "someday"}, "preset"),
    ],
)
async def test_what_cannot_be_read_is_named(
    own: httpx.AsyncClient, desk: Desk, path: str, query: dict[str, str], named: str
) -> None:
    answer = await own.get(f"/exports/{path}", params=query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, named)


async def test_there_are_no_other_exports(own: httpx.AsyncClient, desk: Desk) -> None:
    assert (await own.get("/exports/secrets")).status_code == 404
    assert (await own.post("/exports/leads")).status_code == 405
