"""Rows about sold leads: returns and feedback, by the same units of work as one by one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.identity.model import Principal
from leadyard.imports import receipts
from leadyard.imports.finding import BUYER_COLUMNS, LEAD_COLUMNS, NO_BUYER, Finder, RowError, yes_or_no
from leadyard.imports.mapping import ImportRow
from leadyard.imports.model import TAKEN, TAKEN_BEFORE, ImportRun, Outcome, refused
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.leads.after_sale.commenting import INTERNAL, give_feedback
from leadyard.leads.after_sale.model import Ask, Feedback
from leadyard.leads.after_sale.returns import ReturnUnit
from leadyard.leads.after_sale.service import require_feedback
from leadyard.leads.outcomes import DONE
from leadyard.leads.service import Leads
from leadyard.leads.unit import in_one_unit
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection, Database

Work = Callable[[Connection, Sequence[int]], Awaitable[Mapping[int, str]]]
"""Takes the rows with these numbers; gives for each the reason why not, or ""."""


class _TakenBackError(Exception):
    """Ends the unit of work of a trial, so that nothing of it is kept."""


class SoldLeads:
    """What the takers of rows about sold leads share."""

    def __init__(
        self, database: Database, configuration: Configuration, ledger: Ledger, leads: Leads
    ) -> None:
        """Share the process's database, set-ups, ledger and leads."""
        self.database = database
        self.configuration = configuration
        self.ledger = ledger
        self.leads = leads

    async def once(self, run: ImportRun, numbers: Sequence[int], work: Work) -> dict[int, Outcome]:
        """Take rows in one unit of work, those that were taken before left out; a trial is taken back."""
        outcomes: dict[int, Outcome] = {}

        async def take(connection: Connection) -> None:
            outcomes.clear()
            before = await receipts.claim(connection, run, numbers, clock.now())
            fresh = [number for number in numbers if number not in before]
            done = await work(connection, fresh)
            await receipts.give_back(connection, run, [n for n in fresh if done[n] != DONE])
            outcomes.update((n, TAKEN if done[n] == DONE else refused(done[n])) for n in fresh)
            outcomes.update((n, TAKEN if at >= run.since else TAKEN_BEFORE) for n, at in before.items())
            if run.order.is_trial:
                raise _TakenBackError

        try:
            await in_one_unit(self.database, take)
        except _TakenBackError:
            return outcomes
        return outcomes


class ReturnTaker:
    """Takes rows that give leads back."""

    chunk = 100
    is_ordered = True
    keeps_empty = True

    def __init__(self, shared: SoldLeads, run: ImportRun, principal: Principal) -> None:
        """Take what is shared, and on whose behalf the leads come back."""
        self._shared = shared
        self._run = run
        self._principal = principal
        self._finder = Finder(shared.leads, principal, run.order)

    def known(self) -> list[tuple[str, str]]:
        """List the columns of returns."""
        reason = [("reason", "Return reason"), ("reverse_payout", "Reverse payout")]
        return [*LEAD_COLUMNS, *BUYER_COLUMNS, *reason]

    async def take(self, rows: Sequence[ImportRow]) -> list[Outcome]:
        """Return leads: rows that ask the same of different leads in one unit of work."""
        setup = await self._shared.configuration.current(self._run.account_id)
        outcomes: dict[int, Outcome] = {}
        groups: dict[tuple[Ask, int], dict[int, int]] = {}
        asked: dict[tuple[Ask, int], int] = {}
        for row in rows:
            try:
                lead_id, ask = await self._read(setup, row)
            except RowError as error:
                outcomes[row.number] = refused(str(error))
                continue
            turn = asked[ask, lead_id] = asked.get((ask, lead_id), 0) + 1
            groups.setdefault((ask, turn), {})[row.number] = lead_id
        for (ask, _), leads in groups.items():
            outcomes |= await self._return(setup, leads, ask)
        return [outcomes[row.number] for row in rows]

    async def _read(self, setup: AccountSetup, row: ImportRow) -> tuple[int, Ask]:
        meant = await self._finder.find(setup, row)
        if meant.buyer_id is None:
            raise RowError(NO_BUYER)
        reason = row.values.get("reason") or self._run.order.reason
        if not reason:
            raise RowError("The row has no reason")
        key = self._principal.key
        reverse = key.settings.lead_return.reverse_payout
        if key.buyer_id is None:
            reverse = yes_or_no(row.values, "reverse_payout", reverse)
        return meant.lead_id, Ask(meant.buyer_id, reason, reverse)

    async def _return(self, setup: AccountSetup, leads: Mapping[int, int], ask: Ask) -> Mapping[int, Outcome]:
        ledger, now = self._shared.ledger, clock.now()
        ids = await ledger.reserve_ids({self._run.account_id: len(leads)})

        async def work(connection: Connection, numbers: Sequence[int]) -> Mapping[int, str]:
            unit = ReturnUnit(setup, ledger, ids, self._principal, now)
            done = await unit.ask(connection, [leads[number] for number in numbers], ask)
            return {number: done[leads[number]] for number in numbers}

        return await self._shared.once(self._run, list(leads), work)


class FeedbackTaker:
    """Takes rows that say something of leads."""

    chunk = 100
    is_ordered = True
    keeps_empty = True

    def __init__(self, shared: SoldLeads, run: ImportRun, principal: Principal) -> None:
        """Take what is shared, and on whose behalf something is said."""
        self._shared = shared
        self._run = run
        self._principal = principal
        self._finder = Finder(shared.leads, principal, run.order)

    def known(self) -> list[tuple[str, str]]:
        """List the columns of feedback."""
        said = [("feedback", "Feedback text"), ("notes", "Comment"), ("overwrite", "Overwrite")]
        return [*LEAD_COLUMNS, *BUYER_COLUMNS, *said]

    async def take(self, rows: Sequence[ImportRow]) -> list[Outcome]:
        """Keep what is said, all in one unit of work, in the order of the leads: whoever locks many does so."""
        setup, now = await self._shared.configuration.current(self._run.account_id), clock.now()
        outcomes: dict[int, Outcome] = {}
        said: dict[int, tuple[int, Feedback, bool]] = {}
        for row in rows:
            try:
                said[row.number] = await self._read(setup, row, now)
            except RowError as error:
                outcomes[row.number] = refused(str(error))
        numbers = sorted(said, key=lambda number: (said[number][0], number))

        async def work(connection: Connection, fresh: Sequence[int]) -> Mapping[int, str]:
            done = {}
            for number in fresh:
                lead_id, words, overwrite = said[number]
                reasons = await give_feedback(
                    connection, setup, self._principal, [lead_id], words, now, overwrite=overwrite
                )
                done[number] = reasons[lead_id]
            return done

        if numbers:
            outcomes |= await self._shared.once(self._run, numbers, work)
        return [outcomes[row.number] for row in rows]

    async def _read(self, setup: AccountSetup, row: ImportRow, now: datetime) -> tuple[int, Feedback, bool]:
        meant, values = await self._finder.find(setup, row), row.values
        feedback, notes = values.get("feedback", ""), values.get("notes", "")
        try:
            require_feedback(feedback, notes)
        except InvalidInputError as error:
            raise RowError("; ".join(f"{one.field} {one.detail}" for one in error.problems)) from error
        words = Feedback(0, meant.buyer_id or INTERNAL, feedback, notes, now, self._principal.actor)
        return meant.lead_id, words, yes_or_no(values, "overwrite", otherwise=True)
