"""What was asked about a lead, in the own API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from leadyard.identity.model import Permission
from leadyard.intake.providers.service import read_checks
from leadyard.kit.errors import NotFoundError
from leadyard.kit.money import from_micros
from leadyard.leads.service import Leads
from leadyard.own_api.operation import Answer, Call, Operation, Section


class CheckRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One answer about one field; `answer` is what the service said, null when it said nothing that is kept."""

    number: int
    provider_id: int
    kind: str
    field: str
    outcome: str
    reason: str
    answer: dict[str, Any] | None
    cost: Decimal
    cached: bool
    elapsed_ms: int
    at: datetime


class CheckList(msgspec.Struct, frozen=True):
    """Everything that was asked about a lead, in order."""

    items: list[CheckRecord]


def section(leads: Leads) -> Section:
    """Make the section of checks over the process's leads."""

    async def of_lead(call: Call) -> Answer:
        key, lead_id = call.principal.key, call.id()
        found = await leads.read(
            call.account_id, [lead_id], supplier_id=key.supplier_id, buyer_id=key.buyer_id
        )
        if lead_id not in found:
            raise NotFoundError("There is no such lead.")
        rows = await read_checks(call.database, call.account_id, lead_id)
        return Answer(CheckList([CheckRecord(**{**row, "cost": from_micros(row["cost"])}) for row in rows]))

    return Section(
        "Checks",
        "What validation services said of a lead, and what each answer cost.",
        (
            Operation(
                method="GET",
                path="/leads/{id}/checks",
                id="listLeadChecks",
                summary="List the checks of a lead",
                description="In the order in which they were made; refused leads have theirs too.",
                handler=of_lead,
                permission=Permission.LEADS_SEARCH,
                answer=CheckList,
            ),
        ),
    )
