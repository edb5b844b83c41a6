"""The replay as a use case: one read-only snapshot, leads streamed through the simulation."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from leadyard.campaigns import service as set_ups
from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity import service as identity
from leadyard.kit.errors import LeadyardError, NotFoundError
from leadyard.replay import store
from leadyard.replay.assuming import Assumptions
from leadyard.replay.intake import judges_anew
from leadyard.replay.model import Outcome, Untried
from leadyard.replay.reading import read_lead
from leadyard.replay.simulation import Simulation
from leadyard.replay.world import World
from leadyard.retention.service import evidence_gone_before
from leadyard.storage.database import Connection, Database

Moved = Callable[[int, int], None]
"""Told how many leads are through, of how many."""


class EvidenceGoneError(LeadyardError):
    """Leads of the window have lost their decision traces and bids to the retention: a replay would guess."""

    def __init__(self, gone_before: datetime) -> None:
        """Say from when on leads can be replayed."""
        super().__init__(
            f"Decision traces and bids of leads received before {gone_before:%Y-%m-%d %H:%M:%S} UTC were removed "
            "(LEADYARD_KEEP_TRACES_DAYS), so these leads cannot be replayed. Choose a later first day."
        )


class ReplayOrder(msgspec.Struct, frozen=True):
    """Which leads to replay: received from `since` to before `until`; `draft` None is the set-up as it is."""

    since: datetime
    until: datetime
    draft: object | None = None
    untried: Untried = Untried.SHARE


async def setup_of(database: Database, slug: str) -> AccountSetup:
    """Find an account's set-up by the account's short name; raises NotFoundError."""
    account = next((one for one in await identity.list_accounts(database) if one.slug == slug), None)
    if account is None:
        raise NotFoundError(f"There is no account {slug}.")
    return await Configuration(database).setup(account.id)


async def replay(
    database: Database, setup: AccountSetup, order: ReplayOrder, moved: Moved | None = None
) -> Outcome:
    """Replay leads through a draft as of one moment; the database refuses every change meanwhile.

    Raises InvalidInputError for a draft that could not be set up, EvidenceGoneError for a window that is too old.
    """
    async with (
        database.connection() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        gone_before = await evidence_gone_before(connection, setup.account.id)
        if gone_before is not None and order.since < gone_before:
            raise EvidenceGoneError(gone_before)
        draft = setup
        if order.draft is not None:
            draft = await set_ups.drafted(connection, setup, order.draft)
        return await _run(connection, setup, draft, order, moved)


async def _run(
    connection: Connection,
    current: AccountSetup,
    draft: AccountSetup,
    order: ReplayOrder,
    moved: Moved | None,
) -> Outcome:
    account_id, since, until = current.account.id, order.since, order.until
    judged = [
        id_ for id_, campaign in draft.campaigns.items() if judges_anew(current.campaigns[id_], campaign)
    ]
    world = World(
        draft,
        await store.caps_before(connection, account_id, since),
        await store.credit_before(connection, account_id, since),
        await store.delivered_before(connection, account_id, since),
    )
    habits = await store.habits_of(connection, account_id, since, until)
    simulation = Simulation(current, draft, world, Assumptions(habits, order.untried), judged)
    paid_in = await store.paid_in(connection, account_id, since, until)
    total = await store.count_leads(connection, account_id, since, until, judged)
    done = 0
    async for rows in store.leads_of(connection, account_id, since, until, judged):
        for row in rows:
            while paid_in and paid_in[0][0] <= row["received_at"]:
                simulation.add_credit(*paid_in.pop(0))
            simulation.add(read_lead(row))
        done += len(rows)
        if moved is not None:
            moved(done, total)
    for payment in paid_in:
        simulation.add_credit(*payment)
    simulation.run_until(None)
    return simulation.outcome
