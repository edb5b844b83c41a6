"""What operators do with responders, and what turns an occasion into messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from leadyard.campaigns.inputs import CampaignRecord
from leadyard.campaigns.model import Status
from leadyard.campaigns.service import campaigns, mail_servers, sms_gateways, suppliers
from leadyard.campaigns.service.noun import Noun
from leadyard.identity.actor import Actor
from leadyard.kit.clock import now as clock_now
from leadyard.kit.errors import FieldProblem, InvalidInputError, NotFoundError
from leadyard.responders import store
from leadyard.responders.inputs import PushResult, ResponderInput, ResponderRecord
from leadyard.responders.model import Occasion, Push
from leadyard.responders.queueing import Queueing, read_lead
from leadyard.responders.rendering import push_problems
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection, Database, Row
from leadyard.storage.tables import responders as tables

__all__ = [
    "NOT_ACTIVE",
    "NO_LEAD",
    "NO_RESPONDER",
    "Responders",
    "responder_of_push",
    "responders",
    "trigger",
]

NO_LEAD = "Lead not found"
NO_RESPONDER = "Responder not found"
NOT_ACTIVE = "Responder is not active"
OTHER_CAMPAIGN = "Lead is not in the responder's campaign"


class Responders(Noun[ResponderInput, ResponderRecord]):
    """Responders, which carry their pushes with them."""

    entity = "responder"
    table = tables.responders
    input = ResponderInput
    record = ResponderRecord

    def columns(self, wanted: ResponderInput) -> dict[str, Any]:
        """Keep the pushes in rows of their own."""
        return {name: getattr(wanted, name) for name in ResponderInput.__struct_fields__ if name != "pushes"}

    def completed(self, wanted: ResponderInput, row_id: int) -> ResponderInput:
        """Let the id be the reference where none is given."""
        return msgspec.structs.replace(wanted, reference=wanted.reference.strip() or str(row_id))

    def problems(self, wanted: ResponderInput) -> list[FieldProblem]:
        """Check the quiet hours and every push."""
        problems = []
        if bool(wanted.settings.pause_from) != bool(wanted.settings.pause_to):
            problems.append(FieldProblem("settings.pause_to", "and pause_from go together"))
        ids = [push.push_id for push in wanted.pushes if push.push_id is not None]
        if len(set(ids)) < len(ids):
            problems.append(FieldProblem("pushes", "have a push_id twice"))
        for index, push in enumerate(wanted.pushes):
            problems += push_problems(push, f"pushes[{index}]")
        return problems

    async def missing(
        self, connection: Connection, account_id: int, wanted: ResponderInput
    ) -> list[FieldProblem]:
        """Check campaign, supplier, mail server and gateway."""
        problems = []
        if not await campaigns.exists(connection, account_id, wanted.campaign_id):
            problems.append(FieldProblem("campaign_id", "does not exist"))
        if wanted.supplier_id is not None and not await suppliers.exists(
            connection, account_id, wanted.supplier_id
        ):
            problems.append(FieldProblem("supplier_id", "does not exist"))
        for name, noun in (("mail_server_id", mail_servers), ("sms_gateway_id", sms_gateways)):
            wanted_id = getattr(wanted.settings, name)
            if wanted_id is not None and not await noun.exists(connection, account_id, wanted_id):
                problems.append(FieldProblem(f"settings.{name}", "does not exist"))
        return problems

    async def save_parts(
        self, connection: Connection, account_id: int, row_id: int, wanted: ResponderInput
    ) -> None:
        """Write the pushes, giving an id to each new one; raises InvalidInputError for another's id."""
        stored = (await store.pushes_of(connection, account_id, [row_id]))[row_id]
        own = {push["push_id"] for push in stored}
        numbered: list[tuple[int, Push]] = []
        for index, push in enumerate(wanted.pushes):
            if push.push_id is not None and push.push_id not in own:
                raise InvalidInputError.of(f"pushes[{index}].push_id", "is not a push of this responder")
            push_id = push.push_id or await next_id(connection, account_id, "push")
            numbered.append((push_id, msgspec.structs.replace(push, push_id=None)))
        await store.put_pushes(connection, account_id, row_id, numbered)

    async def records(
        self, connection: Connection, account_id: int, found: Sequence[Row]
    ) -> list[ResponderRecord]:
        """Add each responder's pushes."""
        pushes = await store.pushes_of(connection, account_id, [row["id"] for row in found])
        return [msgspec.convert({**dict(row), "pushes": pushes[row["id"]]}, ResponderRecord) for row in found]


responders = Responders()


async def trigger(
    database: Database,
    actor: Actor,
    lead_id: int,
    responder_ids: Sequence[int],
    push_id: int | None = None,
) -> list[PushResult]:
    """Queue the active pushes of responders, or one push, for a valid lead, whatever they usually wait for.

    Each time anew: who triggers twice writes twice. Quiet hours count, delays do not.
    """
    now = clock_now()
    results: list[PushResult] = []
    async with database.unit_of_work() as connection:
        lead = await read_lead(connection, actor.account_id, lead_id)
        for responder_id in responder_ids:
            record = await _find(connection, actor.account_id, responder_id)
            reason = _refusal(lead, record)
            if reason or record is None or lead is None:
                results.append(_not_queued(responder_id, push_id, reason))
                continue
            chosen = [p for p in record.pushes if p.push_id == push_id or (push_id is None and p.active)]
            campaign = await campaigns.find(connection, actor.account_id, record.campaign_id)
            results += await _queue(connection, actor, campaign, record, lead, chosen, now)
            if not chosen:
                results.append(_not_queued(responder_id, push_id, "There is no such push"))
    return results


async def responder_of_push(database: Database, account_id: int, push_id: int) -> int | None:
    """Find whose push it is; None for an unknown or removed one."""
    async with database.connection() as connection:
        return await store.responder_of_push(connection, account_id, push_id)


async def _queue(
    connection: Connection,
    actor: Actor,
    campaign: CampaignRecord,
    record: ResponderRecord,
    lead: Row,
    pushes: Sequence[Push],
    now: datetime,
) -> list[PushResult]:
    queueing = await Queueing.of(connection, actor.account_id)
    occasion = f"{Occasion.MANUAL}-{await next_id(connection, actor.account_id, 'manual trigger')}"
    results = []
    for push in pushes:
        at_once = msgspec.structs.replace(push, delay_seconds=0)
        reason = await queueing.queue(connection, record, at_once, lead, campaign.settings, occasion, now)
        results.append(
            PushResult(
                responder_id=record.id, push_id=push.push_id, queued=not reason, status=reason or "Queued"
            )
        )
    return results


async def _find(connection: Connection, account_id: int, responder_id: int) -> ResponderRecord | None:
    try:
        return await responders.find(connection, account_id, responder_id)
    except NotFoundError:
        return None


def _refusal(lead: Row | None, record: ResponderRecord | None) -> str:
    if lead is None:
        return NO_LEAD
    if record is None or record.status is Status.ARCHIVED:
        return NO_RESPONDER
    if record.status is not Status.ACTIVE:
        return NOT_ACTIVE
    return "" if lead["campaign_id"] == record.campaign_id else OTHER_CAMPAIGN


def _not_queued(responder_id: int, push_id: int | None, reason: str) -> PushResult:
    return PushResult(responder_id=responder_id, push_id=push_id, queued=False, status=reason)
