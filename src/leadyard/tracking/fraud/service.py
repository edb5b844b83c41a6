"""Raises signals about leads and visits, and takes people's decisions."""

from datetime import datetime, timedelta

from leadyard.affiliates.model import Program, SelfPurchase
from leadyard.affiliates.program import service as programs
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.intake.providers.disposable import is_disposable
from leadyard.kit import clock
from leadyard.kit.errors import NotFoundError
from leadyard.people import service as people
from leadyard.people.model import Person, email_key
from leadyard.storage.database import Connection, Database, Row
from leadyard.tracking.fraud import store
from leadyard.tracking.fraud.model import Signal, SignalKind, SignalState
from leadyard.tracking.fraud.networks import is_data_centre
from leadyard.tracking.model import Visitor

ENTITY = "fraud signal"
_WINDOW = timedelta(hours=1)


async def look_at_lead(
    connection: Connection,
    program: Program,
    person: Person,
    visitor: Visitor,
    at: datetime,
    *,
    is_new_person: bool,
) -> None:
    """Raise what looks wrong about a person who comes with a visitor, for whom somebody is credited.

    `visitor` is as it was before: it may have been another person's, such as the affiliate's own, which is no matter where affiliates may buy themselves.
    """
    affiliate_id = person.credit.affiliate_id
    if affiliate_id is None or person.email is None:
        return
    is_others = visitor.person_id is not None and visitor.person_id != person.id
    if not (is_new_person or is_others):
        return
    own = await store.affiliates_addresses(connection, person.account_id, affiliate_id)
    found: list[tuple[SignalKind, str]] = []
    if is_new_person and is_disposable(email_key(person.email).rpartition("@")[2]):
        found.append((SignalKind.DISPOSABLE_EMAIL, "the address is of a domain for throw-away addresses"))
    if program.self_purchase is SelfPurchase.ALLOW:
        own = set()
    if email_key(person.email) in own:
        found.append((SignalKind.OWN_LEAD, "the address is the credited affiliate's own"))
    elif is_others:
        other = await people.find(connection, person.account_id, person_id=visitor.person_id)
        if other is not None and other.email is not None and email_key(other.email) in own:
            found.append((SignalKind.SAME_DEVICE, "the browser was the credited affiliate's own before"))
    for kind, detail in found:
        signal = Signal(
            kind=kind, affiliate_id=affiliate_id, person_id=person.id, detail=detail, at=at,
            origin=f"{kind}:{person.id}",
        )  # fmt: skip
        await store.raise_signal(connection, person.account_id, signal)


async def look_at_visits(database: Database, account_id: int, now: datetime) -> None:
    """Raise what looks wrong about the visits of the last hour: crowds from one network, visitors from data centres."""
    async with database.unit_of_work() as connection:
        program = await programs.read(connection, account_id)
        for signal in await _networks(connection, account_id, program, now):
            await store.raise_signal(connection, account_id, signal)


async def _networks(connection: Connection, account_id: int, program: Program, now: datetime) -> list[Signal]:
    settings = program.fraud
    limits = [limit for limit in (settings.burst_visitors, settings.data_centre_visitors) if limit]
    if not limits:
        return []
    rows = await store.networks(connection, account_id, now - _WINDOW, min(limits))
    signals = []
    for row in rows:
        count, network = row["visitors"], row["network"]
        if 0 < settings.burst_visitors <= count:
            signals.append(
                _signal(SignalKind.BURST, row, now, f"{count} visitors from {network} within an hour")
            )
        is_many = 0 < settings.data_centre_visitors <= count
        if is_many and any(
            is_data_centre(address, settings.data_centre_networks) for address in row["addresses"]
        ):
            signals.append(
                _signal(SignalKind.DATA_CENTRE, row, now, f"{count} visitors from {network}, a data centre")
            )
    return signals


def _signal(kind: SignalKind, row: Row, now: datetime, detail: str) -> Signal:
    affiliate_id = row["affiliate_id"]
    origin = f"{kind}:{affiliate_id}:{row['network']}:{now:%Y-%m-%d}"
    return Signal(kind=kind, affiliate_id=affiliate_id, detail=detail, at=now, origin=origin)


async def decide(database: Database, actor: Actor, signal_id: int, state: SignalState) -> Row:
    """Take a person's word on a signal, which may be changed later; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        before = await store.find(connection, actor.account_id, signal_id)
        after = await store.decide(connection, actor.account_id, signal_id, state, actor.name, clock.now())
        if before is None or after is None:
            raise NotFoundError("There is no signal with this id.")
        await record_change(
            connection, actor.account_id, actor.name, "decide", ENTITY, signal_id,
            {"state": SignalState(before["state"]).name.lower()}, {"state": state.name.lower()},
        )  # fmt: skip
    return after
