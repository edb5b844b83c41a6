"""Asks about leads what their campaigns want to know before they are let in, and books what that cost."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.intake.providers import store
from leadyard.intake.providers.asking import Asking
from leadyard.intake.providers.compiled import VALUE, Check, Inquiry
from leadyard.intake.providers.elsewhere import suppressible, wanted_elsewhere, window_of
from leadyard.intake.providers.inspection import (
    Finding,
    Inspection,
    answer_key,
    cost_entries,
    in_words,
    most_entries,
)
from leadyard.intake.providers.sources import Sources
from leadyard.intake.providers.store import CheckRow
from leadyard.kit import clock
from leadyard.leads import events
from leadyard.ledger.service import Ledger
from leadyard.routing.caps import CapUse, read_caps
from leadyard.storage.database import Connection, Database
from leadyard.suppression.lookup import matching_lists, sought_in

CHECKED = "checked"
"""The event of a lead's history that tells what checks answered."""


class Subject(msgspec.Struct, frozen=True):
    """A lead that is asked about; `lead_id` is 0 before it has one."""

    setup: AccountSetup
    campaign_id: int
    country: str
    supplier_id: int | None
    lead_id: int
    stored: Mapping[str, str]
    claim_keys: Sequence[bytes]
    is_test: bool


class Inspected(msgspec.Struct, frozen=True):
    """A stored lead and what was asked about it just now."""

    account_id: int
    lead_id: int
    currency: str
    inspection: Inspection


class Inquiries:
    """One process's questions about leads."""

    def __init__(self, database: Database, sources: Sources | None = None) -> None:
        """Share the process's database; without sources of its own only what needs no outbound call is asked."""
        self._database = database
        self.asking = Asking(sources or Sources(database))

    async def refused_anyway(
        self, inquiry: Inquiry, subject: Subject, uses: Sequence[CapUse], now: datetime
    ) -> CapUse | bool:
        """Tell, as things are now, which cap is full, or whether the lead is a duplicate.

        What is not refused here may still be refused at the commit, which alone is exact for the campaign's own leads.
        """
        account_id = subject.setup.account.id
        async with self._database.connection() as connection:
            gate = await read_caps(connection, subject.setup.account.id, (use.key for use in uses))
            full = gate.full(uses)
            if full is not None:
                return full
            settings = subject.setup.campaigns[subject.campaign_id].settings
            window = window_of(settings.dedupe)
            if await store.is_claimed(
                connection, account_id, subject.campaign_id, subject.claim_keys, subject.lead_id, window, now
            ):
                return True
            return inquiry.dedupe is not None and await self._is_elsewhere(connection, inquiry, subject, now)

    async def _is_elsewhere(
        self, connection: Connection, inquiry: Inquiry, subject: Subject, now: datetime
    ) -> bool:
        dedupe, setup = inquiry.dedupe, subject.setup
        if dedupe is None:
            return False
        pairs = suppressible(dedupe, setup.suppression_lists, subject.stored)
        sought = [
            found
            for list_id, value in pairs
            for found in sought_in(setup.suppression_lists, [list_id], value, subject.country)
        ]
        if await matching_lists(connection, setup.account.id, setup.suppression_lists, sought, now):
            return True
        wanted = wanted_elsewhere(dedupe, subject.stored, subject.supplier_id, subject.country, now)
        return wanted is not None and await store.is_elsewhere(
            connection, setup.account.id, subject.lead_id, wanted
        )

    async def inspect(
        self, inquiry: Inquiry, subject: Subject, inspection: Inspection, *, only_stage: int | None = None
    ) -> None:
        """Make the checks, stage by stage, until one of them decides: what is paid for comes last.

        A test lead is never paid for. The inspection keeps every answer and what they come to.
        """
        findings: list[Finding] = []
        inspection.judge(findings)
        for stage in inquiry.stages:
            if only_stage is not None and stage[0].stage != only_stage:
                continue
            asked = [
                self._find(subject, check, field, value, inspection)
                for check in stage
                if not (subject.is_test and check.cost)
                for field, value in check.values_of(subject.stored)
            ]
            findings += await asyncio.gather(*asked)
            if inspection.judge(findings):
                return

    async def _find(
        self, subject: Subject, check: Check, field: str, value: str, inspection: Inspection
    ) -> Finding:
        values = _template_values(subject, value)
        key = answer_key(subject.setup.account.id, check, values, subject.country)
        answer = inspection.known(key)
        is_new = answer is None
        if answer is None:
            answer = await self.asking.answer(subject.setup, check, values, subject.country, key)
        finding = Finding(
            check.kind, check.provider.id, check.provider.name, field, check.when_unavailable, answer
        )
        if is_new:
            inspection.add(key, finding)
        return finding

    async def write(self, connection: Connection, inspected: Iterable[Inspected], now: datetime) -> None:
        """Write what was asked about stored leads, its cost and a line of their history, in the caller's unit of work."""
        asked = [one for one in inspected if one.inspection.findings]
        await store.add_checks(connection, [row for one in asked for row in _rows(one)], now)
        details: dict[int, dict[int, str]] = {}
        for one in asked:
            details.setdefault(one.account_id, {})[one.lead_id] = in_words(one.inspection.findings)
        for account_id, lines in details.items():
            await events.record(connection, account_id, now, CHECKED, lines, "")

    async def book_without_lead(
        self, ledger: Ledger, account_id: int, currency: str, findings: Sequence[Finding]
    ) -> None:
        """Book what was spent on something that was never stored as a lead."""
        if not most_entries(findings):
            return
        reserved = await ledger.reserve(cost_entries(account_id, None, currency, findings, clock.now()))
        async with self._database.unit_of_work() as connection:
            await ledger.post(connection, reserved)


def _template_values(subject: Subject, value: str) -> dict[str, str]:
    setup = subject.setup
    campaign = setup.campaigns.get(subject.campaign_id)
    supplier = None if subject.supplier_id is None else setup.suppliers.get(subject.supplier_id)
    return {
        **subject.stored,
        "campaign.id": str(subject.campaign_id),
        "campaign.reference": "" if campaign is None else campaign.reference,
        "supplier.sid": "" if supplier is None else supplier.sid,
        VALUE: value,
    }


def _rows(one: Inspected) -> list[CheckRow]:
    return [
        CheckRow(
            one.account_id,
            one.lead_id,
            number,
            finding.provider_id,
            finding.kind,
            finding.field,
            finding.answer.outcome,
            finding.answer.reason,
            finding.answer.info,
            finding.answer.cost,
            finding.answer.cached,
            finding.answer.elapsed_ms,
        )
        for number, finding in enumerate(one.inspection.findings, 1)
    ]


async def read_checks(database: Database, account_id: int, lead_id: int) -> list[dict[str, Any]]:
    """Read what was asked about a lead, in order; cost in micro-units."""
    async with database.connection() as connection:
        return [dict(row) for row in await store.checks_of(connection, account_id, lead_id)]
