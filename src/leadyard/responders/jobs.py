"""The worker that turns occasions into messages and sends what is due."""

import asyncio
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from leadyard.campaigns.model import Status
from leadyard.campaigns.service import campaigns
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.retries import next_delay
from leadyard.delivery.templates import UnfitValueError
from leadyard.identity.model import ApiKey, KeyKind, KeySettings, Principal
from leadyard.identity.service import load_account
from leadyard.kit import clock
from leadyard.kit.errors import NotFoundError
from leadyard.kit.money import to_micros
from leadyard.leads.money import book_cost
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.model import EntryKind
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.responders import store
from leadyard.responders.inputs import ResponderRecord
from leadyard.responders.links import Links
from leadyard.responders.messenger import Messenger, MessengerOf
from leadyard.responders.model import RETRY, Medium, MessageState, Push, ResponderSettings, after_quiet_hours
from leadyard.responders.news import tell_of_end
from leadyard.responders.queueing import Queueing
from leadyard.responders.rendering import Rendered, rendered
from leadyard.responders.service import responders
from leadyard.responders.store import Claimed, Settled
from leadyard.storage.database import Connection, Database, Row
from leadyard.storage.working import keep_working

_MOST_OCCASIONS, _MOST_MESSAGES = 200, 32
_IDLE_SECONDS = 0.5
_NO_MESSENGER = "Nothing is set up that could carry this message"
_COSTS = {Medium.EMAIL: EntryKind.EMAIL_COST, Medium.SMS: EntryKind.SMS_COST}
_STATES = {
    Outcome.ACCEPT: MessageState.SENT,
    Outcome.REJECT: MessageState.BOUNCED,
    Outcome.UNKNOWN: MessageState.UNKNOWN,
    Outcome.ERROR: MessageState.FAILED,
}
Messengers = dict[tuple[int | None, int | None], Messenger | None]
"""The messengers of a batch, by the mail server and the gateway that responders name."""


class ResponderWorker:
    """One process's share of the messages; any number run side by side."""

    def __init__(self, database: Database, ledger: Ledger, messenger_of: MessengerOf, links: Links) -> None:
        """Share the process's database and ledger; `messenger_of` carries what is sent."""
        self._database = database
        self._ledger = ledger
        self._messenger_of = messenger_of
        self._links = links

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        await keep_working(stop, self.work_once, idle_seconds=_IDLE_SECONDS, trouble="responders failed")

    async def work_once(self) -> int:
        """Serve every account once; gives how much there was to do."""
        async with self._database.connection() as connection:
            accounts = await store.due_accounts(connection, clock.now())
        return sum([await self._serve(account_id) for account_id in accounts])

    async def _serve(self, account_id: int) -> int:
        async with self._database.unit_of_work() as connection:
            queued = await _turn_occasions(connection, account_id)
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            await store.give_up(connection, account_id, now)
            claimed = await store.claim(connection, account_id, now, _MOST_MESSAGES)
        found: Messengers = {}
        await asyncio.gather(*(self._send(account_id, one, found) for one in claimed))
        return queued + len(claimed)

    async def _messenger(
        self, account_id: int, settings: ResponderSettings, found: Messengers
    ) -> Messenger | None:
        """Find what a responder's messages leave by, once for a batch."""
        names = settings.mail_server_id, settings.sms_gateway_id
        if names not in found:
            found[names] = await self._messenger_of(account_id, *names)
        return found[names]

    async def _send(self, account_id: int, claimed: Claimed, found: Messengers) -> None:
        now = clock.now()
        async with self._database.unit_of_work() as connection:
            due = await self._prepare(connection, account_id, claimed, now)
        if isinstance(due, Settled):
            await self._settle(account_id, claimed, due)
            return
        push, message, settings = due
        messenger = await self._messenger(account_id, settings, found)
        if messenger is None:
            verdict = Verdict(Outcome.RETRY, _NO_MESSENGER)
        elif claimed.medium == Medium.EMAIL:
            verdict = await messenger.send_email(
                claimed.recipient, message.subject, message.text, message.html, message.headers
            )
        else:
            verdict = await messenger.send_sms(claimed.recipient, message.text)
        await self._settle(account_id, claimed, settled(verdict, push, claimed, clock.now()))

    async def _prepare(
        self, connection: Connection, account_id: int, claimed: Claimed, now: datetime
    ) -> tuple[Push, Rendered, ResponderSettings] | Settled:
        """Write the message, unless there is a reason not to send it or not to send it now."""
        responder = await responders.find(connection, account_id, claimed.responder_id)
        push = next((p for p in responder.pushes if p.push_id == claimed.push_id), None)
        lead = (await store.leads(connection, account_id, [claimed.lead_id])).get(claimed.lead_id)
        if push is None or lead is None or not push.active or responder.status is not Status.ACTIVE:
            return _ended(MessageState.SUPPRESSED, now, "The push is not active")
        if await store.is_suppressed(connection, account_id, claimed.medium, claimed.recipient):
            return _ended(MessageState.SUPPRESSED, now, "Unsubscribed")
        zone = ZoneInfo((await load_account(connection, account_id)).time_zone)
        again_at = after_quiet_hours(now, responder.settings, zone)
        if again_at > now:
            return _ended(MessageState.WAITING, again_at, "")
        try:
            message = rendered(
                push,
                await _values(connection, account_id, responder, lead),
                self._links,
                account_id,
                claimed.id,
            )
        except UnfitValueError as error:
            return _ended(MessageState.FAILED, now, str(error))
        await store.mark_links(connection, account_id, claimed.id, message.links)
        return push, message, responder.settings

    async def _settle(self, account_id: int, claimed: Claimed, end: Settled) -> None:
        ids = await self._ledger.reserve_ids({account_id: 1 if end.cost else 0})
        await in_one_unit(
            self._database, lambda connection: self._write(connection, account_id, claimed, end, ids)
        )

    async def _write(
        self, connection: Connection, account_id: int, claimed: Claimed, end: Settled, ids: ReservedIds
    ) -> None:
        written = await store.settle(connection, account_id, claimed.id, end)
        if written and end.state in (MessageState.SENT, MessageState.FAILED):
            message = await store.message(connection, account_id, claimed.id)
            if message is not None:
                await tell_of_end(connection, message, clock.now())
        if written and end.cost:
            memo = f"responder message {claimed.id}"
            kind = _COSTS[Medium(claimed.medium)]
            await book_cost(
                connection, self._ledger, ids, _sender(account_id), claimed.lead_id, kind, end.cost, clock.now(),
                memo=memo,
            )  # fmt: skip


def settled(verdict: Verdict, push: Push, claimed: Claimed, now: datetime) -> Settled:
    """Turn what the messenger says into what becomes of the message."""
    if verdict.outcome is Outcome.RETRY:
        delay = next_delay(RETRY, claimed.tries, random.random(), verdict.retry_after_seconds)  # noqa: S311 - jitter
        if delay is not None:
            return _ended(MessageState.WAITING, now + timedelta(seconds=delay), verdict.reason)
        return _ended(MessageState.FAILED, now, verdict.reason)
    state = _STATES[verdict.outcome]
    if state is MessageState.FAILED:
        return _ended(state, now, verdict.reason)
    cost = to_micros(push.cost) if state is MessageState.SENT else 0
    error = "" if state is MessageState.SENT else verdict.reason
    return Settled(state, now, now, verdict.buyer_reference, cost, error)


def _ended(state: MessageState, due_at: datetime, error: str) -> Settled:
    return Settled(state, due_at, None, None, 0, error)


def _sender(account_id: int) -> Principal:
    """Name who books the costs of messages: nobody's key."""
    return Principal(account_id, ApiKey(0, KeyKind.ADMINISTRATOR, "responders", "", KeySettings()))


async def _turn_occasions(connection: Connection, account_id: int) -> int:
    """Queue the messages of what happened to leads; gives how many occasions there were."""
    occasions = await store.take_occasions(connection, account_id, _MOST_OCCASIONS)
    if not occasions:
        return 0
    queueing = await Queueing.of(connection, account_id)
    leads = await store.leads(connection, account_id, [row["lead_id"] for row in occasions])
    for row in occasions:
        lead = leads.get(row["lead_id"])
        if lead is not None:
            await _queue_all(connection, account_id, queueing, lead, row)
    return len(occasions)


async def _queue_all(
    connection: Connection, account_id: int, queueing: Queueing, lead: Row, occasion: Row
) -> None:
    waiting = await store.waiting_for(
        connection, account_id, lead["campaign_id"], occasion["occasion"], lead["supplier_id"]
    )
    for responder_id in waiting:
        responder = await responders.find(connection, account_id, responder_id)
        campaign = await campaigns.find(connection, account_id, responder.campaign_id)
        for push in responder.pushes:
            if push.active:
                await queueing.queue(
                    connection, responder, push, lead, campaign.settings, occasion["occasion"], occasion["at"]
                )


async def _values(
    connection: Connection, account_id: int, responder: ResponderRecord, lead: Row
) -> dict[str, str]:
    try:
        name = (await campaigns.find(connection, account_id, responder.campaign_id)).name
    except NotFoundError:
        name = ""
    return {**lead["fields"], "lead.id": str(lead["id"]), "campaign.name": name}
