"""The worker that writes and sends an account's own e-mails."""

import asyncio
from datetime import timedelta

import structlog

from leadyard.delivery.model import Outcome, Verdict
from leadyard.kit import clock
from leadyard.mails import store
from leadyard.mails.model import Letter, WaitingMail, Writers
from leadyard.responders.messenger import MessengerOf
from leadyard.storage.database import Database
from leadyard.storage.working import keep_working

_log = structlog.get_logger(__name__)
_IDLE_SECONDS = 1.0
_MOST = 20
_FIRST_DELAY_SECONDS, _LONGEST_DELAY_SECONDS = 30, 3600
_HEADERS = {"Auto-Submitted": "auto-generated"}
_NO_MESSENGER = Verdict(Outcome.RETRY, "The account has no active mail server")


class MailWorker:
    """One process's share of the e-mails; any number run side by side.

    An e-mail whose worker ends before it knows the outcome is sent again: nothing is counted or paid by one.
    """

    def __init__(self, database: Database, messenger_of: MessengerOf, writers: Writers) -> None:
        """Share the process's database; `writers` write the kinds, `messenger_of` carries what they write."""
        self._database = database
        self._messenger_of = messenger_of
        self._writers = writers

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop."""
        await keep_working(stop, self.work_once, idle_seconds=_IDLE_SECONDS, trouble="e-mails failed")

    async def work_once(self) -> int:
        """Serve every account once; gives how much there was to do."""
        async with self._database.connection() as connection:
            accounts = await store.due_accounts(connection, clock.now())
        return sum([await self._serve(account_id) for account_id in accounts])

    async def _serve(self, account_id: int) -> int:
        async with self._database.unit_of_work() as connection:
            claimed = await store.claim(connection, account_id, clock.now(), _MOST)
        await asyncio.gather(*(self._send(account_id, mail) for mail in claimed))
        return len(claimed)

    async def _send(self, account_id: int, mail: WaitingMail) -> None:
        letter = await self._written(account_id, mail)
        if letter is None:
            return
        messenger = await self._messenger_of(account_id)
        verdict = _NO_MESSENGER
        if messenger is not None:
            verdict = await messenger.send_email(mail.recipient, letter.subject, letter.text, "", _HEADERS)
        await self._settle(account_id, mail, verdict)

    async def _written(self, account_id: int, mail: WaitingMail) -> Letter | None:
        """Write an e-mail; one that comes too late or has nothing to say is done with."""
        async with self._database.unit_of_work() as connection:
            letter = None
            if mail.ends_at > clock.now():
                letter = await self._writers[mail.kind](connection, account_id, mail)
            if letter is None:
                await store.delete(connection, account_id, mail.id)
            return letter

    async def _settle(self, account_id: int, mail: WaitingMail, verdict: Verdict) -> None:
        again_at = clock.now() + timedelta(
            seconds=min(_FIRST_DELAY_SECONDS * 2 ** (mail.tries - 1), _LONGEST_DELAY_SECONDS)
        )
        waits = verdict.outcome is Outcome.RETRY and again_at < mail.ends_at
        if verdict.outcome is not Outcome.ACCEPT:
            _log.warning(
                "an e-mail was not taken", account_id=account_id, kind=mail.kind, problem=verdict.reason,
                again_at=again_at.isoformat() if waits else None,
            )  # fmt: skip
        async with self._database.unit_of_work() as connection:
            if waits:
                await store.put_off(connection, account_id, mail.id, again_at)
            else:
                await store.delete(connection, account_id, mail.id)
