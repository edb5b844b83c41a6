"""Logs, histories and the audit log name providers and fields, never a value of a lead."""

import json

import pytest
from tests.delivery.buyers import buyer
from tests.intake.providers.world import Checks, answering

from leadyard.intake.providers.model import CheckKind, WhenUnavailable

PERSONAL = ("person.1", "7700000001", "Bloggs")


async def test_no_value_of_a_lead_is_in_logs_or_events(
    desk: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    async with buyer(answering("busy", '{"status":"UNDELIV"}')) as service:
        checks = [(kind, await desk.service(kind, service.url)) for kind in (CheckKind.EMAIL, CheckKind.HLR)]
        await desk.checked(*checks, policy=WhenUnavailable.REFUSE)
        assert (await desk.submit(1)).code < 0
    events = [dict(row) for row in await desk.rows("lead_events")]
    said = capsys.readouterr()
    for text in (said.out, said.err, json.dumps(events, default=str)):
        assert not any(value in text for value in PERSONAL)
    assert "a check got no answer" in said.out + said.err


async def test_the_audit_finds_a_check_that_was_not_booked(desk: Checks) -> None:
    async with buyer(answering('{"status":"DELIVRD"}')) as service:
        await desk.checked((CheckKind.HLR, await desk.service(CheckKind.HLR, service.url)))
        result = await desk.submit(1)
    assert await desk.in_order()
    async with desk.database.connection() as connection:
        await connection.execute("UPDATE lead_checks SET cost = 7 WHERE account_id = $1", desk.account_id)
    (difference,) = await desk.differences()
    assert difference.what == "checks of a lead against the ledger: cost"
    assert difference.where == f"lead {result.lead_id}, provider 1"
    assert (difference.expected, difference.found) == (7, 10_000)
