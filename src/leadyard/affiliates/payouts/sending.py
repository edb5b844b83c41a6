"""The worker's share of payouts: sends what is due, asks about what was taken, and books what comes of it.

A payout counts as sent from the commit that claims it. A claim that somebody left behind is unknown for a receiver
that does not know references; PayPal knows them and is asked again.
"""

import asyncio
import random
from datetime import timedelta

from leadyard.affiliates.model import PAYOUT_STATES, PayoutMethod, PayoutState
from leadyard.affiliates.payouts import channels, paypal, receiver, store
from leadyard.affiliates.payouts.calling import Exchange, Report, Told
from leadyard.affiliates.payouts.model import RETRY, Payout
from leadyard.affiliates.payouts.service import Payouts
from leadyard.delivery.retries import next_delay
from leadyard.kit import clock
from leadyard.storage.database import Connection, Database
from leadyard.storage.working import keep_working

_IDLE_SECONDS = 1.0
_MOST = 16
_ASK_AGAIN = timedelta(minutes=5)
_ABANDONED = "the process that was sending it is gone; the receiver may have been told"


class PayoutSender:
    """One process's share of sending payouts."""

    def __init__(self, database: Database, payouts: Payouts, exchange: Exchange) -> None:
        """Share the process's database; `exchange` calls PayPal and receivers under the address guard."""
        self._database = database
        self._payouts = payouts
        self._exchange = exchange

    async def run(self, stop: asyncio.Event) -> None:
        """Send until told to stop."""
        await keep_working(stop, self.send_due, idle_seconds=_IDLE_SECONDS, trouble="sending payouts failed")

    async def send_due(self) -> int:
        """Send what is due now; gives how many payouts were looked at."""
        async with self._database.connection() as connection:
            accounts = await store.due_accounts(connection, clock.now())
        count = 0
        for account_id in accounts:
            async with self._database.unit_of_work() as connection:
                claimed = await store.claim(connection, account_id, clock.now(), _MOST)
            await asyncio.gather(*(self._send(payout) for payout in claimed))
            count += len(claimed)
        return count

    async def _send(self, payout: Payout) -> None:
        was_left = payout.details.get("before") == PAYOUT_STATES[PayoutState.SENT]
        if was_left and payout.method is PayoutMethod.WEBHOOK:
            report = Report(Told.UNKNOWN, _ABANDONED)
        else:
            report = await self._tell(payout)
        async with self._database.unit_of_work() as connection:
            held = await store.find(connection, payout.account_id, payout.id, lock=True)
            if held is None or held.state is not PayoutState.SENT or held.tries != payout.tries:
                return
            if report.told is Told.PAID:
                await self._payouts.book_paid(connection, held, report.details)
            elif report.told is Told.REFUSED:
                await self._payouts.book_failed(connection, held, report.problem or "refused")
            elif report.told is Told.TAKEN:
                await store.settle(
                    connection, held, PayoutState.SENT, problem=report.problem,
                    due_at=clock.now() + _ASK_AGAIN, details=report.details,
                )  # fmt: skip
            elif report.told is Told.UNKNOWN:
                await self._payouts.note_unknown(connection, held, report.problem)
            else:
                await self._try_again(connection, held, report)

    async def _tell(self, payout: Payout) -> Report:
        async with self._database.connection() as connection:
            payees = await store.payees(connection, payout.account_id, [payout.affiliate_id])
            if payout.method is PayoutMethod.PAYPAL:
                account = await channels.PAYPAL.read(connection, payout.account_id)
            else:
                own = await channels.WEBHOOK.read(connection, payout.account_id)
        payee = payees[payout.affiliate_id]
        if payout.method is PayoutMethod.PAYPAL:
            if account is None:
                return Report(Told.NOT_PAID, "PayPal is not set up")
            return await paypal.pay(self._exchange, account, payout, payee)
        if own is None:
            return Report(Told.NOT_PAID, "the receiver is not set up")
        return await receiver.tell(self._exchange, own, payout, payee, int(clock.now().timestamp()))

    async def _try_again(self, connection: Connection, payout: Payout, report: Report) -> None:
        delay = next_delay(RETRY, payout.tries, random.random(), None)  # noqa: S311 - jitter, not a secret
        if delay is None:
            await self._payouts.book_failed(connection, payout, report.problem or "not paid")
            return
        due_at = clock.now() + timedelta(seconds=delay)
        await store.settle(connection, payout, PayoutState.OPEN, problem=report.problem, due_at=due_at)
