"""Leads as files: every lead once, the columns that were chosen, and the same values in every format."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import httpx
import openpyxl  # type: ignore[import-untyped]
import pytest
from tests.desk import Desk
from tests.exports.served import csv_of

ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


async def test_every_lead_is_there_once_by_rising_id(own: httpx.AsyncClient, desk: Desk) -> None:
    await desk.campaign()
    ids = await desk.submitted(*range(1, 31))
    rows = await csv_of(own)
    assert [int(row["id"]) for row in rows] == sorted(ids)
    assert sorted(row["email"] for row in rows) == sorted(f"person.{n}@example.com" for n in range(1, 31))
    assert {row["campaign"] for row in rows} == {"CARS"}


async def test_the_answer_is_a_file(own: httpx.AsyncClient, desk: Desk) -> None:
    await desk.campaign()
    answer = await own.get("/exports/leads")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="agency-leads-')
    assert answer.headers["cache-control"] == "no-store"
    assert "content-length" not in answer.headers
    assert answer.text.startswith("id,queue_id,uuid,received_at,")
    assert answer.text.endswith("\r\n")
    assert len(answer.text.splitlines()) == 1


async def test_a_sold_lead_shows_its_money_and_who_has_it(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer("Sunrise")
    await desk.delivery(campaign.id, buyer_id)
    (lead_id,) = await desk.sold(1)
    (row,) = await csv_of(own)
    shown = {
        name: row[name] for name in ("id", "status", "sale_status", "payout", "revenue", "profit", "currency")
    }
    assert shown == {
        "id": str(lead_id), "status": "Valid", "sale_status": "Sold", "payout": "3.5", "revenue": "12.5",
        "profit": "9", "currency": "GBP",
    }  # fmt: skip
    assert (row["buyer_ids"], row["buyers"], row["sid"], row["supplier"]) == (
        str(buyer_id),
        "Sunrise",
        "1",
        "Supplier",
    )
    assert (row["test"], row["received_at"][-1], row["channel"]) == ("false", "Z", "rest")


async def test_columns_are_chosen_in_their_order(own: httpx.AsyncClient, desk: Desk) -> None:
    await desk.campaign()
    await desk.submitted(1)
    answer = await own.get("/exports/leads", params={"columns": "phone1, email,status"})
    assert answer.text == "phone1,email,status\r\n07700000001,person.1@example.com,Valid\r\n"
    answer = await own.get("/exports/leads", params={"columns": "id,fields"})
    assert answer.text.splitlines()[0] == "id,email,firstname,lastname,phone1,postcode"


@pytest.mark.parametrize(
    "columns", ["colour", "id,,email", "email,email", "fields,email", "a\u202eb", "id," * 2000]
)
async def test_a_bad_choice_of_columns_is_named(own: httpx.AsyncClient, desk: Desk, columns: str) -> None:
    await desk.campaign()
    answer = await own.get("/exports/leads", params={"columns": columns})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "columns")


async def test_filters_are_those_of_the_list(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    other = await desk.campaign("VANS")
    first, second = await desk.buyer("First"), await desk.buyer("Second")
    await desk.delivery(campaign.id, first)
    await desk.delivery(other.id, second)
    await desk.sold(*range(1, 10))
    await desk.sold(*range(11, 21), campaign="VANS")
    await desk.submitted(30, values={"email": "nobody"})
    filters: list[dict[str, Any]] = [
        {"campaign_id": campaign.id}, {"supplier_id": 1}, {"buyer_id": second}, {"status": "Invalid"},
        {"sale_status": "Sold"}, {"email": "PERSON.3@example.com"}, {"phone": "+44 7700 000003"},
        {"received_from": "2999-01-01T00:00:00Z"}, {"received_to": "2999-01-01T00:00:00Z"}, {"attempt": "unknown"},
        {"campaign_id": other.id, "buyer_id": second, "status": "Valid"}, {"campaign_id": 999},
    ]  # fmt: skip
    counts = []
    for wanted in filters:
        listed = (await own.get("/leads", params={**wanted, "per_page": 200})).json()["items"]
        exported = await csv_of(own, **wanted)
        assert [int(row["id"]) for row in exported] == sorted(lead["id"] for lead in listed)
        counts.append(len(exported))
    assert counts == [10, 20, 10, 1, 19, 1, 1, 0, 20, 0, 10, 0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("format", "pdf"), ("formulas", "yes"), ("status", "x"), ("received_from", "2026-01-01T00:00:00"), ("colour", "red"),
     ("before", "3"), ("columns", "\x00"), ("buyer_id", "0")],
)  # fmt: skip
async def test_a_bad_parameter_is_named(own: httpx.AsyncClient, desk: Desk, name: str, value: str) -> None:
    answer = await own.get("/exports/leads", params={name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, name)


async def test_lines_of_json_have_typed_values(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    (lead_id,) = await desk.sold(1, values={"firstname": "-Jo"})
    answer = await own.get("/exports/leads", params={"format": "jsonl"})
    assert answer.headers["content-type"] == "application/jsonl"
    (line,) = answer.text.splitlines()
    lead = json.loads(line)
    assert (lead["id"], lead["test"], lead["revenue"], lead["errors"]) == (lead_id, False, "12.5", [])
    assert (lead["buyers"], lead["postcode"], lead["firstname"]) == (["Buyer"], None, "-Jo")
    assert datetime.fromisoformat(lead["received_at"]) > ANY_TIME


async def test_a_workbook_has_numbers_times_and_texts(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.delivery(campaign.id, await desk.buyer())
    ids = await desk.sold(*range(1, 10))
    answer = await own.get(
        "/exports/leads",
        params={"format": "xlsx", "columns": "id,revenue,received_at,test,buyers,phone1,postcode"},
    )
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    heading, *rows = [[cell.value for cell in row] for row in sheet.rows]
    assert heading == ["id", "revenue", "received_at", "test", "buyers", "phone1", "postcode"]
    assert [row[0] for row in rows] == sorted(ids)
    assert rows[0][1] == 12.5
    assert isinstance(rows[0][2], datetime)
    assert rows[0][3:5] == [False, "Buyer"]
    assert {len(row[5]) for row in rows} == {11}
    assert {cell.data_type for row in sheet.rows for cell in row} == {"s", "n", "d", "b"}


async def test_a_field_of_the_same_name_as_a_column_keeps_both(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    added = await own.post(
        f"/campaigns/{campaign.id}/fields", json={"name": "status", "label": "Status", "data_type": "Text"}
    )
    assert added.status_code == 201, added.text
    await desk.configuration.reload(desk.account_id)
    await desk.submitted(1, values={"status": "=1+1"})
    answer = await own.get("/exports/leads", params={"columns": "status,field.status"})
    assert answer.text == "status,field.status\r\nValid,'=1+1\r\n"


async def test_the_audit_log_says_who_exported_what(own: httpx.AsyncClient, desk: Desk) -> None:
    campaign = await desk.campaign()
    await desk.submitted(1)
    await csv_of(own, campaign_id=campaign.id, columns="id,email")
    changes = (await own.get("/audit-log", params={"entity": "leads"})).json()["items"]
    assert [(one["action"], one["after"]["columns"]) for one in changes] == [("exported", ["id", "email"])]
