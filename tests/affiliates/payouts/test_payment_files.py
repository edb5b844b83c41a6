"""Payment files: what PayPal and banks take, with nothing in it that a spreadsheet would run."""

import csv
import io

import httpx
from tests.affiliates.payouts.conftest import Programme


async def rows_of(client: httpx.AsyncClient, run_id: int) -> list[dict[str, str]]:
    answer = await client.get(f"/payout-runs/{run_id}/file")
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.json()["content"], newline="")))


async def test_a_file_for_paypal_names_recipient_amount_and_reference(
    client: httpx.AsyncClient, programme: Programme
) -> None:
    ann = await programme.affiliate("ann", paypal_email="ann@paypal.example")
    bob = await programme.affiliate("bob")
    await programme.earn(ann, "10.5")
    await programme.earn(bob, "700", currency="JPY")
    run = (await client.post("/payout-runs", json={"method": "paypal_csv"})).json()

    rows = await rows_of(client, run["id"])

    assert [(row["recipient_email"], row["amount"], row["currency"]) for row in rows] == [
        ("ann@paypal.example", "10.50", "USD"),
        ("bob@example.com", "700", "JPY"),
    ]
    assert [row["reference"] for row in rows] == [p["reference"] for p in run["payouts"]]

    paid = (await client.post(f"/payout-runs/{run['id']}/paid")).json()
    assert {p["state"] for p in paid["payouts"]} == {"paid"}
    assert await rows_of(client, run["id"]) == []


async def test_a_file_for_a_bank_takes_the_account_from_custom_fields_and_defuses_formulas(
    client: httpx.AsyncClient, programme: Programme
) -> None:
    fields = {"iban": "DE89370400440532013000", "account_holder": "=cmd|'/c calc'!A0"}
    await programme.earn(await programme.affiliate("ann", custom_fields=fields), "12")
    run = (await client.post("/payout-runs", json={"method": "bank_csv"})).json()

    (row,) = await rows_of(client, run["id"])

    assert row["name"] == "Ann"
    assert row["iban"] == "DE89370400440532013000"
    assert row["account_holder"] == "'=cmd|'/c calc'!A0"
    assert row["bic"] == ""
    assert row["amount"] == "12.00"


async def test_only_runs_that_pay_by_file_have_one(client: httpx.AsyncClient, programme: Programme) -> None:
    await programme.earn(await programme.affiliate("ann"), "12")
    run = (await client.post("/payout-runs", json={"method": "manual"})).json()

    assert (await client.get(f"/payout-runs/{run['id']}/file")).status_code == 409
