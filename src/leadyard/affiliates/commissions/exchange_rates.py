"""What currencies were worth: dated rates, by which percentages are paid in a plan's currency."""

from datetime import date
from decimal import Decimal

import msgspec

from leadyard.affiliates.commissions import store
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.currencies import read_currency
from leadyard.kit.errors import FieldProblem, InvalidInputError, NotFoundError
from leadyard.kit.paging import Page
from leadyard.storage.database import Database

ENTITY = "exchange rate"
_MOST = Decimal(10) ** 12
_LEAST = Decimal("0.000000000001")


class ExchangeRate(msgspec.Struct, frozen=True):
    """What one of `currency` is worth in `to_currency`, from `day` on until a later rate."""

    currency: str
    to_currency: str
    day: date
    rate: Decimal


async def put(database: Database, account_id: int, wanted: ExchangeRate) -> None:
    """Write the rate of a day, new or instead of the old; raises InvalidInputError."""
    codes = {"currency": read_currency(wanted.currency), "to_currency": read_currency(wanted.to_currency)}
    problems = [
        FieldProblem(name, "must be an ISO 4217 code such as USD")
        for name, code in codes.items()
        if code is None
    ]
    if not wanted.rate.is_finite() or not _LEAST <= wanted.rate < _MOST:
        problems.append(FieldProblem("rate", "must be above 0, with at most 12 decimals"))
    if problems:
        raise InvalidInputError(problems)
    async with database.unit_of_work() as connection:
        await store.put_rate(
            connection,
            account_id,
            codes["currency"] or "",
            codes["to_currency"] or "",
            wanted.day,
            wanted.rate,
        )


async def search(
    database: Database, account_id: int, page: Page, *, currency: str | None, to_currency: str | None
) -> tuple[list[ExchangeRate], int]:
    """Give rates, the latest days first, of these currencies or of all, and how many there are."""
    wanted = (
        None if code is None else read_currency(code) or code.upper() for code in (currency, to_currency)
    )
    async with database.connection() as connection:
        rows, total = await store.rates(connection, account_id, *wanted, limit=page.limit, offset=page.offset)
    return [ExchangeRate(*row) for row in rows], total


async def delete(database: Database, actor: Actor, currency: str, to_currency: str, day: str) -> None:
    """Forget the rate of a day: from then on the one before it counts. What was paid by it stays. Raises NotFoundError."""
    known = NotFoundError("There is no such exchange rate.")
    codes = read_currency(currency), read_currency(to_currency)
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise known from None
    if codes[0] is None or codes[1] is None:
        raise known
    async with database.unit_of_work() as connection:
        rate = await store.delete_rate(connection, actor.account_id, codes[0], codes[1], when)
        if rate is None:
            raise known
        before = msgspec.to_builtins(ExchangeRate(codes[0], codes[1], when, rate))
        await record_change(
            connection, actor.account_id, actor.name, "delete", ENTITY, actor.account_id, before, None
        )
