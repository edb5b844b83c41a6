"""Adding to buyers' credit and looking at it."""

from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.campaigns.model import Buyer
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit import clock
from leadyard.kit.errors import FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.money import MAX_AMOUNT, to_micros
from leadyard.ledger.credit import entries, store
from leadyard.ledger.credit.counters import add_credit
from leadyard.ledger.credit.model import (
    CreditKey,
    CreditMode,
    CreditRow,
    CreditTerms,
    Movement,
    limit_of,
    room,
)
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Connection, Database

_LONGEST_INVOICE = 255


class Standing(msgspec.Struct, frozen=True):
    """How a buyer's credit stands, in micro-units; `room` is what may still be sold now, None without a limit.

    `overdue` is what a postpaid buyer owes for longer than its terms allow.
    """

    buyer_id: int
    currency: str
    mode: CreditMode
    added: int
    spent: int
    reserved: int
    left: int
    room: int | None
    overdue: int


class Credit:
    """The use cases of buyers' credit in every account; permissions are checked by whoever calls."""

    def __init__(self, database: Database, configuration: Configuration, ledger: Ledger) -> None:
        """Share the process's database, set-ups and ledger."""
        self._database = database
        self._configuration = configuration
        self._ledger = ledger

    async def add(
        self, actor: Actor, buyer_id: int, amount: Decimal, *, currency: str = "", invoice: str = ""
    ) -> Standing:
        """Add to a buyer's credit what it has paid, in the account's currency unless another is named.

        Raises NotFoundError, and InvalidInputError for an amount that is not above 0 or an invoice that is too long.
        """
        _require(amount, invoice)
        account_id, micros, now = actor.account_id, to_micros(amount), clock.now()
        setup = await self._configuration.current(account_id)
        buyer = _buyer(setup, buyer_id)
        key = CreditKey(buyer_id, currency or setup.account.currency)
        memo = f"invoice {invoice}" if invoice else "credit added"
        reserved = await self._ledger.reserve([entries.added(account_id, now, key, micros, memo)])
        async with self._database.unit_of_work() as connection:
            row = await add_credit(connection, account_id, key, micros)
            await self._ledger.post(connection, reserved)
            after = {"currency": key.currency, "amount": amount, "invoice": invoice}
            await record_change(connection, account_id, actor.name, "create", "credit", buyer_id, None, after)
            overdue = await self._overdue(connection, account_id, key, buyer.settings.credit, row, now)
        return _standing(key, buyer.settings.credit, row, overdue)

    async def standing(self, account_id: int, buyer_id: int, *, currency: str = "") -> Standing:
        """Tell how a buyer's credit stands; raises NotFoundError."""
        setup = await self._configuration.current(account_id)
        buyer = _buyer(setup, buyer_id)
        key = CreditKey(buyer_id, currency or setup.account.currency)
        async with self._database.connection() as connection:
            found = await store.read(connection, account_id, key.currency, buyer_id)
            row = found.get(buyer_id, CreditRow())
            terms = buyer.settings.credit
            overdue = await self._overdue(connection, account_id, key, terms, row, clock.now())
        return _standing(key, terms, row, overdue)

    async def movements(
        self, account_id: int, buyer_id: int, *, page: int = 1, per_page: int = 50
    ) -> tuple[list[Movement], int]:
        """Give one page of what changed a buyer's credit, newest first, and how much there is; raises NotFoundError."""
        _buyer(await self._configuration.current(account_id), buyer_id)
        async with self._database.connection() as connection:
            return await store.movements(connection, account_id, buyer_id, per_page, (page - 1) * per_page)

    @staticmethod
    async def _overdue(
        connection: Connection,
        account_id: int,
        key: CreditKey,
        terms: CreditTerms,
        row: CreditRow,
        now: datetime,
    ) -> int:
        if terms.mode is not CreditMode.POSTPAID:
            return 0
        since = now - timedelta(days=terms.terms_days)
        charged = await store.charged_before(connection, account_id, key, since)
        return max(0, charged - row.added)


def _require(amount: Decimal, invoice: str) -> None:
    problems = []
    if not 0 < amount <= MAX_AMOUNT or to_micros(amount) == 0:
        problems.append(FieldProblem("amount", f"must be above 0, at most {MAX_AMOUNT}"))
    if len(invoice) > _LONGEST_INVOICE:
        problems.append(FieldProblem("invoice", f"must be at most {_LONGEST_INVOICE} characters long"))
    if problems:
        raise InvalidInputError(problems)


def _buyer(setup: AccountSetup, buyer_id: int) -> Buyer:
    buyer = setup.buyers.get(buyer_id)
    if buyer is None:
        raise NotFoundError("There is no such buyer.")
    return buyer


def _standing(key: CreditKey, terms: CreditTerms, row: CreditRow, overdue: int) -> Standing:
    return Standing(
        key.buyer_id,
        key.currency,
        terms.mode,
        row.added,
        row.spent,
        row.reserved,
        row.added + limit_of(terms) - row.spent,
        room(row, terms),
        overdue,
    )
