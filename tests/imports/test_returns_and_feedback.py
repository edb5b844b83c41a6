"""Returns and feedback from files: the same checks as one by one, each row once, and a trial that keeps nothing."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.desk import Desk, new_desk

from leadyard.campaigns.model import Dedupe
from leadyard.campaigns.returns import ReturnPolicy
from leadyard.identity.model import Principal
from leadyard.imports.files.model import ImportFileError
from leadyard.imports.files.opening import open_table
from leadyard.imports.model import ImportKind, ImportOrder, ImportRun, Refusal, Step, Summary
from leadyard.imports.service import file_digest, open_import
from leadyard.imports.sold_leads import SoldLeads
from leadyard.imports.takers import Takers
from leadyard.kit import clock
from leadyard.kit.errors import UnavailableError
from leadyard.kit.ids import queue_id
from leadyard.storage.database import Database

RETURNS, FEEDBACK = ImportKind.RETURNS, ImportKind.FEEDBACK


@pytest.fixture
async def desk(database: Database, dsn: str, tmp_path: Path) -> Desk:
    return await new_desk(database, dsn, tmp_path)


async def market(desk: Desk, **buyer: Any) -> int:
    campaign = await desk.campaign()
    buyer_id = await desk.buyer(**buyer)
    await desk.delivery(campaign.id, buyer_id)
    return buyer_id


async def run(
    desk: Desk, path: Path, kind: ImportKind, principal: Principal | None = None, **changes: Any
) -> tuple[Summary, dict[int, str]]:
    order = msgspec.structs.replace(ImportOrder(kind), **changes)
    setup = await desk.configuration.current(desk.account_id)
    going = ImportRun(desk.account_id, file_digest(path, order), order, clock.now())
    takers = Takers(desk.database, desk.configuration, desk.plans, desk.ledger, desk.intake)
    summary, refused = Summary(), list[Refusal]()

    async def note(step: Step) -> None:
        summary.add(step.summary)
        refused.extend(step.refusals)

    with open_table(path) as table:
        opened = open_import(table, order, takers.of(setup, going, principal or desk.principal))
        assert await opened.run(note)
    return summary, {one.number: "; ".join(one.reasons) for one in refused}


async def states(desk: Desk) -> list[int]:
    return [row["state"] for row in await desk.rows("delivery_attempts", "state IN (2, 9)")]


async def test_leads_come_back_however_they_are_named(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    ids = await desk.sold(1, 2, 3, 4, 5)
    leads = [await desk.lead(lead_id) for lead_id in ids]
    bid = (await desk.rows("buyers"))[0]["bid"]
    delivery_id = (await desk.rows("deliveries"))[0]["id"]
    path = tmp_path / "returns.csv"
    path.write_text(
        "Lead ID,queueId,UUID,Email,campaign,BID,buyer_id,delivery_id,Reason,note\n"
        f"{ids[0]},,,,,{bid},,,DNCC,x\n"
        f",{queue_id(leads[1]['uuid'])},,,,,{buyer_id},,dncc,\n"
        f",,{leads[2]['uuid']},,,,,{delivery_id},OTHER,\n"
        f",,,Person.4@example.com,cars,{bid},{buyer_id},{delivery_id},DUPE,\n"
        f"{ids[4]},,{leads[4]['uuid']},,,{bid},,,FAKE,\n"
    )
    summary, refused = await run(desk, path, RETURNS)
    assert (summary.accepted, refused) == (5, {})
    found = {row["lead_id"]: row["reason"] for row in await desk.rows("lead_returns")}
    assert found == dict(zip(ids, ("DNCC", "DNCC", "OTHER", "DUPE", "FAKE"), strict=True))
    assert await desk.differences() == []


async def test_rows_that_cannot_be_returned_say_why(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    other_id = await desk.buyer("Other")
    first, second = await desk.sold(1, 2)
    uuid = (await desk.lead(second))["uuid"]
    path = tmp_path / "returns.csv"
    path.write_text(
        "lead_id,uuid,email,buyer_id,delivery_id,reason,reverse_payout\n"
        f"{first},,,{buyer_id},,DNCC,yes\n"
        f"{first},,,{buyer_id},,DNCC,yes\n"
        f"{second},,,{other_id},,DNCC,\n"
        f"{second},,,{buyer_id},,NONSENSE,\n"
        f"{second},,,{buyer_id},,,\n"
        f"999999,,,{buyer_id},,DNCC,\n"
        f"abc,,,{buyer_id},,DNCC,\n"
        f"{first},{uuid},,{buyer_id},,DNCC,\n"
        f"{second},,,777,,DNCC,\n"
        f"{second},,,,999,DNCC,\n"
        f"{second},,,,,DNCC,\n"
        f",,a@b.cd,{buyer_id},,DNCC,\n"
        f",,,{buyer_id},,DNCC,\n"
        f"{second},,,{buyer_id},,DNCC,perhaps\n"
    )
    summary, refused = await run(desk, path, RETURNS)
    assert refused == {
        3: "Already returned",
        4: "Lead was not sold to this buyer",
        5: "Return reason is not known",
        6: "The row has no reason",
        7: "Lead not found",
        8: "lead_id is not an id",
        9: "The columns name different leads",
        10: "The buyer is not known",
        11: "The delivery is not known",
        12: "The row names no buyer",
        13: "An e-mail address needs a campaign",
        14: "The row names no lead",
        15: "reverse_payout must be Yes or No",
    }
    assert summary.accepted == 1
    assert sorted(await states(desk)) == [2, 9]
    assert await desk.differences() == []


async def test_an_address_that_several_leads_have_is_refused(desk: Desk, tmp_path: Path) -> None:
    campaign = await desk.campaign(dedupe=Dedupe())
    buyer_id = await desk.buyer()
    await desk.delivery(campaign.id, buyer_id)
    ids = await desk.sold(1, 1)
    path = tmp_path / "returns.csv"
    path.write_text("email,reason\nperson.1@example.com,DNCC\n")
    bid = (await desk.rows("buyers"))[0]["bid"]
    _, refused = await run(desk, path, RETURNS, campaign="CARS", buyer=bid)
    numbers = ", ".join(str(number) for number in sorted(ids))
    assert refused == {2: f"Several leads of the campaign have this e-mail address: {numbers}"}


async def test_a_limit_on_returns_holds_over_the_rows_of_a_file(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk, returns=ReturnPolicy(most=2))
    ids = await desk.sold(1, 2, 3, 4)
    path = tmp_path / "returns.csv"
    path.write_text("lead_id,reason\n" + "".join(f"{lead_id},DNCC\n" for lead_id in ids))
    bid = (await desk.rows("buyers", f"id = {buyer_id}"))[0]["bid"]
    summary, refused = await run(desk, path, RETURNS, buyer=bid)
    assert (summary.accepted, set(refused.values())) == (2, {"Return limit reached"})


async def test_a_trial_says_what_would_happen_and_keeps_nothing(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    first, second = await desk.sold(1, 2)
    names = (
        "leads delivery_attempts lead_returns lead_feedback lead_events outbox ledger_entries import_receipts"
    )
    tables = [*names.split(), "lead_deltas", "buyer_deltas"]
    before = [await desk.rows(table) for table in tables]
    path = tmp_path / "rows.csv"
    path.write_text(
        f"lead_id,buyer_id,reason,feedback\n{first},{buyer_id},DNCC,Sold\n{second},{buyer_id},NO,\n"
    )
    summary, refused = await run(desk, path, RETURNS, is_trial=True)
    assert (summary.accepted, refused) == (1, {3: "Return reason is not known"})
    summary, refused = await run(desk, path, FEEDBACK, is_trial=True)
    assert (summary.accepted, refused) == (1, {3: "feedback must have 1 to 255 characters"})
    assert [await desk.rows(table) for table in tables] == before


@pytest.mark.parametrize("kind", [RETURNS, FEEDBACK])
async def test_a_file_that_was_cut_short_takes_each_row_once(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: ImportKind
) -> None:
    buyer_id = await market(desk)
    ids = await desk.sold(*range(1, 9))
    path = tmp_path / "rows.csv"
    lines = [f"{lead_id},{buyer_id},DNCC,Said {lead_id},no\n" for lead_id in ids]
    path.write_text("lead_id,buyer_id,reason,feedback,overwrite\n" + "".join(lines))
    monkeypatch.setattr("leadyard.imports.sold_leads.ReturnTaker.chunk", 2)
    monkeypatch.setattr("leadyard.imports.sold_leads.FeedbackTaker.chunk", 2)
    calls = 0
    once = SoldLeads.once

    async def cut_short(self: Any, *arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        done = await once(self, *arguments)
        if calls == 2:
            raise UnavailableError("the answer was lost")
        return done

    monkeypatch.setattr("leadyard.imports.sold_leads.SoldLeads.once", cut_short)
    with pytest.raises(UnavailableError):
        await run(desk, path, kind)
    summary, refused = await run(desk, path, kind)
    assert (summary.skipped, summary.accepted, refused) == (4, 4, {})
    table = "lead_returns" if kind is RETURNS else "lead_feedback"
    assert len(await desk.rows(table)) == 8
    assert await desk.differences() == []


async def test_two_runs_over_one_file_at_once_take_each_row_once(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    ids = await desk.sold(*range(1, 7))
    path = tmp_path / "rows.csv"
    path.write_text("lead_id,buyer_id,feedback\n" + "".join(f"{n},{buyer_id},Said\n" for n in ids))
    found = await asyncio.gather(*(run(desk, path, FEEDBACK) for _ in range(3)))
    assert sum(summary.accepted + summary.skipped for summary, _ in found) == 18
    assert len(await desk.rows("lead_events", "event = 'Feedback'")) in {0, 6}
    assert len(await desk.rows("import_receipts")) == 6


async def test_a_row_that_was_refused_may_be_tried_again(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    (lead_id,) = await desk.submitted(1)
    path = tmp_path / "rows.csv"
    path.write_text(f"lead_id,buyer_id,reason\n{lead_id},{buyer_id},DNCC\n")
    assert (await run(desk, path, RETURNS))[1] == {2: "Lead is not approved"}
    await desk.work()
    summary, refused = await run(desk, path, RETURNS)
    assert (summary.accepted, refused) == (1, {})


async def test_feedback_is_kept_for_buyers_and_for_ones_own_people(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    first, second = await desk.sold(1, 2)
    path = tmp_path / "rows.csv"
    path.write_text(
        "lead_id,buyer_id,feedback,comment,overwrite\n"
        f"{first},{buyer_id},Converted,Signed,\n"
        f"{first},{buyer_id},Again,,no\n"
        f"{second},,Whose,,\n"
        f"{second},{buyer_id},{'x' * 256},,\n"
    )
    _, refused = await run(desk, path, FEEDBACK)
    assert refused == {
        3: "Feedback already present",
        4: "The row names no buyer",
        5: "feedback must have 1 to 255 characters",
    }
    path.write_text(f"lead_id,feedback\n{second},Called twice\n")
    assert (await run(desk, path, FEEDBACK))[1] == {}
    said = [
        (row["lead_id"], row["buyer_id"], row["feedback"], row["notes"])
        for row in await desk.rows("lead_feedback")
    ]
    assert said == [(first, buyer_id, "Converted", "Signed"), (second, 0, "Called twice", "")]


async def test_a_buyers_key_reaches_its_own_leads_alone(desk: Desk, tmp_path: Path) -> None:
    buyer_id = await market(desk)
    stranger = await desk.buyer("Other")
    (lead_id,) = await desk.sold(1)
    path = tmp_path / "rows.csv"
    path.write_text(
        f"lead_id,email,campaign,buyer_id,reason\n{lead_id},,,{buyer_id},DNCC\n,person.1@example.com,CARS,,DNCC\n"
    )
    _, refused = await run(desk, path, RETURNS, desk.as_buyer(stranger))
    assert refused == {2: "Lead not found", 3: "Lead not found"}
    summary, refused = await run(desk, path, RETURNS, desk.as_buyer(buyer_id))
    assert (summary.accepted, refused) == (1, {3: "Already returned"})


async def test_no_lead_of_another_account_is_found(
    desk: Desk, database: Database, dsn: str, tmp_path: Path
) -> None:
    await market(desk)
    other = await new_desk(database, dsn, tmp_path, "other")
    buyer_id = await market(other)
    (lead_id,) = await other.sold(1)
    uuid = (await other.lead(lead_id))["uuid"]
    path = tmp_path / "rows.csv"
    path.write_text(f"uuid,buyer_id,reason\n{uuid},{buyer_id},DNCC\n")
    assert (await run(desk, path, RETURNS))[1] == {2: "Lead not found"}
    with pytest.raises(ImportFileError, match="no buyer nobody"):
        await run(desk, path, RETURNS, buyer="nobody")
