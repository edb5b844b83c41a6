"""What refunds do to a purchase, inside the caller's unit of work: each counts once, whichever comes first."""

from datetime import datetime
from decimal import Decimal

from leadyard.affiliates.model import Program
from leadyard.affiliates.purchases import refund_store
from leadyard.affiliates.purchases.cancelling import cancel
from leadyard.affiliates.purchases.changing import change
from leadyard.affiliates.purchases.model import (
    Cancellation,
    Purchase,
    PurchaseChange,
    Refund,
    RefundOutcome,
)
from leadyard.affiliates.purchases.refund_store import OpenRefund
from leadyard.kit.money import from_micros
from leadyard.ledger.service import Ledger
from leadyard.people.model import Person
from leadyard.storage.database import Connection


async def note(connection: Connection, account_id: int, refund: Refund, at: datetime) -> str | None:
    """Keep a refund under the code of its purchase, or under all of its codes where none is a purchase's yet.

    Gives the purchase's code. What is not to be kept for a purchase to come is not.
    """
    codes = list(dict.fromkeys(refund.purchase_codes))
    await refund_store.lock(connection, account_id, codes)
    known = await refund_store.known_codes(connection, account_id, codes)
    found = next((code for code in codes if code in known), None)
    if found is not None or refund.is_kept:
        await refund_store.note(connection, account_id, codes if found is None else [found], refund, at)
    return found


async def settle(
    connection: Connection,
    ledger: Ledger,
    program: Program,
    person: Person,
    purchase: Purchase,
    now: datetime,
) -> tuple[Purchase, RefundOutcome]:
    """Take off a purchase, whose person is locked, what went back and is not taken off yet.

    Nothing being left, or everything having gone back, cancels it.
    """
    found = await refund_store.still_open(connection, purchase.account_id, purchase.purchase_code)
    if purchase.is_cancelled:
        return purchase, RefundOutcome.CANCELLED
    if not found:
        return purchase, RefundOutcome.KNOWN
    whole = next((refund for refund in found if refund.amount is None), None)
    if whole is not None:
        return await _cancelled(connection, ledger, program, person, purchase, whole, now)
    if purchase.amount is None:
        return purchase, RefundOutcome.NO_AMOUNT
    parts = [refund for refund in found if refund.currency in {None, purchase.currency}]
    if not parts:
        return purchase, RefundOutcome.OTHER_CURRENCY
    codes = [part.refund_code for part in parts]
    await refund_store.take(connection, purchase.account_id, purchase.purchase_code, codes)
    left = purchase.amount - from_micros(sum((part.amount or 0) - part.taken for part in parts))
    if left <= 0:
        return await _cancelled(connection, ledger, program, person, purchase, parts[-1], now)
    after = await change(connection, ledger, purchase, PurchaseChange(amount=left), now)
    return after, RefundOutcome.CHANGED


async def without_refunds(
    connection: Connection, known: Purchase, amount: Decimal, *, is_gross: bool
) -> Decimal:
    """Give the amount that a purchase that is told of again is to have, given what went back of it.

    What was paid once is lowered by what went back. Of any other amount, only the one that the purchase had before
    anything went back is taken for a message that was merely repeated.
    """
    if amount == known.amount and not is_gross:
        return amount
    taken = from_micros(await refund_store.taken(connection, known.account_id, known.purchase_code))
    if is_gross:
        return max(amount - taken, Decimal(0))
    return known.amount if known.amount is not None and amount == known.amount + taken else amount


async def _cancelled(
    connection: Connection,
    ledger: Ledger,
    program: Program,
    person: Person,
    purchase: Purchase,
    refund: OpenRefund,
    now: datetime,
) -> tuple[Purchase, RefundOutcome]:
    wanted = Cancellation(source=refund.source)
    after, _ = await cancel(connection, ledger, program, person, purchase, wanted, now)
    return after, RefundOutcome.CANCELLED
