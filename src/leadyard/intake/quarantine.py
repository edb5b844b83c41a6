"""Leads that were put aside: releasing, rejecting and correcting them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.delivery.notices import tell_of_caps
from leadyard.delivery.queueing import queue_for_routing
from leadyard.identity.model import Principal
from leadyard.intake import quarantine_store, store
from leadyard.intake.looking import Looked, look_into_held, most_looked, write_looked
from leadyard.intake.news import announce_decisions
from leadyard.intake.plan import Plans
from leadyard.intake.providers.service import Inquiries
from leadyard.intake.quarantine_store import Decision, Held
from leadyard.intake.release import Waiting, count, in_first_round, in_words, payout_entry, rejected, settle
from leadyard.intake.store import Claim
from leadyard.kit import clock
from leadyard.leads import events
from leadyard.leads.changes import change_fields
from leadyard.leads.model import SystemStatus
from leadyard.leads.outcomes import DONE, NOT_CHECKED, NOT_FOUND, NOT_QUARANTINED, Updated
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.model import made
from leadyard.ledger.service import Ledger, ReservedIds
from leadyard.reports.model import Deltas
from leadyard.reports.service import write_deltas
from leadyard.responders.occasions import note_occasion
from leadyard.routing.caps import lock_caps, move_caps, wanted
from leadyard.storage.database import Connection, Database

QuarantineId = int | UUID


class Quarantine:
    """The use cases of quarantined leads of every account.

    A lead is named by its id or its UUID. Results map each key as it was asked for to "" (done),
    `Not in quarantine` or `Lead not found`; another supplier's leads count as not found. Permissions are checked
    by whoever calls.
    """

    def __init__(
        self,
        database: Database,
        configuration: Configuration,
        plans: Plans,
        ledger: Ledger,
        inquiries: Inquiries | None = None,
    ) -> None:
        """Share the process's database, set-ups, compiled campaigns and ledger, and who asks for checks."""
        self._inquiries = inquiries or Inquiries(database)
        self._database = database
        self._configuration = configuration
        self._plans = plans
        self._ledger = ledger

    async def release(
        self, principal: Principal, ids: Sequence[QuarantineId], *, because: str = ""
    ) -> dict[QuarantineId, str]:
        """Let leads in, each once however often it is asked; `because` goes into their history.

        Caps count and duplicates are looked for as at the intake: a lead that finds a cap full or another lead
        with its keys, or that a check refuses, is refused for good, which is a release too. One whose check got no
        answer stays where it is when its campaign wants that.
        """
        setup = await self._configuration.current(principal.account_id)
        now = clock.now()
        reasons, behind = await self._release_round(setup, principal, ids, now, because)
        while behind:
            later, behind = await self._release_round(setup, principal, behind, now, because)
            reasons.update({key: reason for key, reason in later.items() if reason == NOT_CHECKED})
        return reasons

    async def reject(
        self, principal: Principal, ids: Sequence[QuarantineId], *, because: str = ""
    ) -> dict[QuarantineId, str]:
        """Refuse leads for good and give their duplicate keys back; `because` goes into their history."""
        setup = await self._configuration.current(principal.account_id)
        now = clock.now()
        return await in_one_unit(
            self._database, lambda connection: self._reject(connection, setup, principal, ids, now, because)
        )

    async def update(self, principal: Principal, key: QuarantineId, changes: Mapping[str, str]) -> Updated:
        """Correct the fields of a lead before it is released; `found` is False unless it is in quarantine.

        Duplicate keys follow the fields when the lead is released.
        """
        setup = await self._configuration.current(principal.account_id)
        quarantined, now = SystemStatus.QUARANTINED, clock.now()

        async def work(connection: Connection) -> Updated:
            account_id = principal.account_id
            lead_id = (
                key if isinstance(key, int) else await quarantine_store.id_of(connection, account_id, key)
            )
            return await change_fields(
                connection, setup, self._plans, principal, lead_id, quarantined, changes, now
            )

        return await in_one_unit(self._database, work)

    async def _release_round(
        self,
        setup: AccountSetup,
        principal: Principal,
        ids: Sequence[QuarantineId],
        now: datetime,
        because: str,
    ) -> tuple[dict[QuarantineId, str], list[QuarantineId]]:
        async with self._database.connection() as connection:
            held, _ = await _locked(connection, principal, ids)
        looked = await look_into_held(self._inquiries, self._plans, setup, held, now)
        most = len(ids) + most_looked(looked)
        reserved = await self._ledger.reserve_ids({principal.account_id: most})
        work = partial(self._release, setup, reserved, principal, ids, now, because, looked)
        return await in_one_unit(self._database, work)

    async def _release(
        self,
        setup: AccountSetup,
        reserved: ReservedIds,
        principal: Principal,
        ids: Sequence[QuarantineId],
        now: datetime,
        because: str,
        looked: Mapping[int, Looked],
        connection: Connection,
    ) -> tuple[dict[QuarantineId, str], list[QuarantineId]]:
        """Release what can be decided now; gives the reasons, and the leads that have to be looked at again."""
        held, reasons = await _locked(connection, principal, ids)
        staying = [one for one in held if one.id in looked and looked[one.id].stays]
        reasons.update({key: NOT_CHECKED for one in staying for key in (one.id, one.uuid) if key in reasons})
        ready = [one for one in held if one not in staying]
        leads = [(one, self._waiting(setup, one, looked.get(one.id))) for one in ready]
        changed = [one for one, lead in leads if lead is None and one.campaign_id in setup.campaigns]
        waiting, behind = in_first_round([lead for _, lead in leads if lead is not None])
        again = {key for one in (*changed, *(lead.held for lead in behind)) for key in (one.id, one.uuid)}
        won = await _claim(connection, setup.account.id, waiting, now)
        gate = await lock_caps(connection, wanted(lead.caps(now) for lead in waiting))
        settlement = settle(waiting, won, gate, now)
        await store.release(connection, settlement.released)
        await move_caps(connection, gate.moves)
        await tell_of_caps(connection, setup, now, gate.reached)
        decisions = settlement.decisions
        await self._write(
            connection, setup, reserved, principal, held, decisions, now, because=because, looked=looked
        )
        return reasons, [key for key in ids if key in again]

    def _waiting(self, setup: AccountSetup, held: Held, looked: Looked | None) -> Waiting | None:
        """Make a lead ready to be decided; None when it changed since it was looked into."""
        campaign = None if held.campaign_id is None else setup.campaigns.get(held.campaign_id)
        if campaign is None:
            return None
        plan = self._plans.of(setup, campaign)
        if plan.inquiry is not None and (looked is None or looked.held.fields != held.fields):
            return None
        refusal = None if looked is None else looked.refusal
        return Waiting(held, plan, plan.claim_keys(held.fields, held.supplier_id), refusal)

    async def _reject(
        self,
        connection: Connection,
        setup: AccountSetup,
        principal: Principal,
        ids: Sequence[QuarantineId],
        now: datetime,
        because: str,
    ) -> dict[QuarantineId, str]:
        held, reasons = await _locked(connection, principal, ids)
        account_id = principal.account_id
        claims = [
            Claim(account_id, one.campaign_id or 0, key, one.id) for one in held for key in one.claim_keys
        ]
        await store.release(connection, claims)
        decisions = [rejected(one) for one in held]
        await self._write(
            connection, setup, ReservedIds({}), principal, held, decisions, now, because=because
        )
        return reasons

    async def _write(
        self,
        connection: Connection,
        setup: AccountSetup,
        reserved: ReservedIds,
        principal: Principal,
        held: Sequence[Held],
        decisions: Sequence[Decision],
        now: datetime,
        *,
        because: str,
        looked: Mapping[int, Looked] | None = None,
    ) -> None:
        account_id, deltas = principal.account_id, Deltas()
        by_id = {one.id: one for one in held}
        for decision in decisions:
            count(deltas, account_id, by_id[decision.lead_id], decision)
        entries = made(payout_entry(account_id, by_id[d.lead_id], d, now) for d in decisions)
        entries += await write_looked(self._inquiries, connection, account_id, looked or {}, deltas, now)
        await quarantine_store.decide(connection, account_id, now, decisions)
        valid = [d.lead_id for d in decisions if d.system_status == SystemStatus.VALID]
        await queue_for_routing(connection, account_id, valid, now)
        await note_occasion(connection, setup, "valid", valid, now)
        await write_deltas(connection, deltas)
        await self._ledger.post(connection, reserved.number(entries))
        released = dict.fromkeys(valid, because)
        refused = {d.lead_id: in_words(d, because) for d in decisions if d.lead_id not in released}
        await events.record(connection, account_id, now, events.RELEASED, released, principal.actor)
        await events.record(connection, account_id, now, events.REFUSED, refused, principal.actor)
        await announce_decisions(connection, setup, held, decisions, now)


async def _locked(
    connection: Connection, principal: Principal, ids: Sequence[QuarantineId]
) -> tuple[list[Held], dict[QuarantineId, str]]:
    """Lock the leads, keep those in quarantine, and give the reason, or "", for each key."""
    numbers = [key for key in ids if isinstance(key, int)]
    uuids = [key for key in ids if isinstance(key, UUID)]
    found = await quarantine_store.lock(connection, principal.account_id, numbers, uuids)
    own = principal.key.supplier_id
    seen = [one for one in found if own is None or one.supplier_id == own]
    held = [one for one in seen if one.system_status == SystemStatus.QUARANTINED]
    reasons: dict[QuarantineId, str] = {key: NOT_QUARANTINED for one in seen for key in (one.id, one.uuid)}
    reasons.update({key: DONE for one in held for key in (one.id, one.uuid)})
    return held, {key: reasons.get(key, NOT_FOUND) for key in ids}


async def _claim(
    connection: Connection, account_id: int, waiting: Sequence[Waiting], now: datetime
) -> set[Claim]:
    by_window: dict[timedelta | None, list[Claim]] = defaultdict(list)
    for lead in waiting:
        if lead.wanted:
            by_window[lead.window] += lead.claims
    won: set[Claim] = set()
    for window, claims in by_window.items():
        won |= await quarantine_store.claim(connection, account_id, claims, window, now)
    return won
