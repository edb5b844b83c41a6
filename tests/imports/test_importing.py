"""Leads from a file are judged like posted ones, and an import that was cut short goes on where it stopped."""

from pathlib import Path

import msgspec
import pytest
from tests.exchange import Exchange

from leadyard.campaigns.model import Caps
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.files.opening import open_table
from leadyard.imports.leads import LeadTaker, row_uuid
from leadyard.imports.model import ImportOrder, ImportRun, Refusal, Step, Summary
from leadyard.imports.service import file_digest, open_import
from leadyard.imports.takers import Takers
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.leads.model import Channel

HEADER = "email,phone1,First Name,lastname,notes\n"


def line(number: int, email: str = "") -> str:
    return f"{email or f'person.{number}@example.com'},07{700_000_000 + number},Jo,Bloggs,x\n"


async def run(exchange: Exchange, path: Path, **changes: str | bool) -> tuple[Summary, list[Refusal]]:
    order = msgspec.structs.replace(ImportOrder(campaign="CARS", sid="1"), **changes)
    setup = await exchange.configuration.current(exchange.account_id)
    going = ImportRun(exchange.account_id, file_digest(path, order), order, clock.now())
    takers = Takers(
        exchange.database, exchange.configuration, exchange.plans, exchange.ledger, exchange.intake
    )
    summary, refused = Summary(), []

    async def note(step: Step) -> None:
        summary.add(step.summary)
        refused.extend(step.refusals)

    with open_table(path, order.sheet) as table:
        opened = open_import(table, order, takers.of(setup, going, exchange.principal))
        assert await opened.run(note)
    return summary, refused


async def test_good_rows_get_in_and_bad_ones_say_why(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.campaign()
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + line(1) + line(2, "nobody") + "a,b\n" + line(1) + line(3))
    summary, refused = await run(exchange, path)
    assert (summary.rows, summary.accepted, summary.unreadable) == (5, 2, 1)
    assert dict(summary.refused) == {"-5": 1, "-2": 1}
    assert sorted((r.number, r.code) for r in refused if r.code) == [(3, -5), (5, -2)]
    assert next(r.reasons for r in refused if r.number == 3) == ("Email is not a valid email address",)
    assert {row["channel"] for row in await exchange.rows("leads")} == {Channel.IMPORT}
    assert len(await exchange.rows("delivery_jobs")) == 2
    assert await exchange.differences() == []


async def test_a_cap_holds_for_imports(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.campaign(caps=Caps(day=700))
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + "".join(line(n) for n in range(1500)))
    summary, _ = await run(exchange, path)
    assert (summary.accepted, dict(summary.refused)) == (700, {"-4": 800})
    assert await exchange.differences() == []


async def test_a_second_run_of_the_same_import_takes_nothing_twice(
    exchange: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await exchange.campaign()
    monkeypatch.setattr(LeadTaker, "chunk", 10)
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + "".join(line(n) for n in range(100)))
    submit_many = exchange.intake.submit_many
    calls = 0

    async def cut_short(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls > 4:
            raise UnavailableError("the database went away")
        return await submit_many(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(exchange.intake, "submit_many", cut_short)
    with pytest.raises(UnavailableError):
        await run(exchange, path)
    monkeypatch.setattr(exchange.intake, "submit_many", submit_many)
    taken = len(await exchange.rows("leads"))
    assert 0 < taken < 100
    summary, refused = await run(exchange, path)
    assert (summary.skipped, summary.accepted, refused) == (taken, 100 - taken, [])
    assert len(await exchange.rows("leads")) == 100


async def test_rows_name_their_own_supplier_and_sub_supplier(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.campaign()
    path = tmp_path / "leads.csv"
    path.write_text("email,sid,ssid\na@example.com,1,north\nb@example.com,77,\nc@example.com,,\n")
    summary, refused = await run(exchange, path, sid="")
    assert (summary.accepted, [r.code for r in refused]) == (2, [-7])
    assert [row["ssid"] for row in await exchange.rows("sub_suppliers")] == ["north"]


async def test_a_dry_run_judges_and_keeps_nothing(exchange: Exchange, tmp_path: Path) -> None:
    await exchange.campaign()
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + line(1) + line(2, "nobody") + "a,b\n")
    summary, refused = await run(exchange, path, is_trial=True)
    assert (summary.rows, summary.accepted, summary.unreadable, dict(summary.refused)) == (3, 1, 1, {"-5": 1})
    assert {refusal.number for refusal in refused} == {3, 4}
    assert await exchange.rows("leads") == []


async def test_a_campaign_that_is_not_there_is_refused_before_anything_is_read(
    exchange: Exchange, tmp_path: Path
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(HEADER + line(1))
    with pytest.raises(ImportFileError, match="no campaign CARS"):
        await run(exchange, path)


def test_each_row_of_each_import_has_its_own_uuid_in_the_order_of_the_rows() -> None:
    first = [row_uuid(b"a" * 16, number) for number in range(1, 5000)]
    assert first == sorted(set(first))
    assert not set(first) & {row_uuid(b"b" * 16, number) for number in range(1, 5000)}
    assert {uuid.version for uuid in first} == {8}
