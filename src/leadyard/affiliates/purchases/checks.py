"""What a purchase must be like to be recorded: pure. Whatever is wrong is named, all of it."""

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal

import msgspec
from msgspec import UNSET

from leadyard.affiliates.model import LineItem
from leadyard.affiliates.purchases.model import Cancellation, PurchaseChange, PurchaseInput, Refund
from leadyard.kit.currencies import read_currency
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem, InvalidInputError

MOST = Decimal(10) ** 12
"""Amounts have up to 12 digits before the point (docs/affiliates.md, "Purchases")."""
LONGEST_TEXT, LONGEST_NOTE = 255, 2000
MOST_ITEMS = 1000
INVALID = "is invalid"
BLANK = "can't be blank"

_email = re.compile(r"[^@\s]+@[^@\s]+").fullmatch
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_SIX_DECIMALS = Decimal("0.000001")


def checked_purchase(wanted: PurchaseInput) -> PurchaseInput:
    """Bring a purchase into the form in which it is kept; raises InvalidInputError."""
    problems = list(_problems(wanted))
    if problems:
        raise InvalidInputError(problems)
    currency = None if wanted.currency is None else read_currency(wanted.currency)
    items = wanted.line_items
    return msgspec.structs.replace(
        wanted,
        amount=_rounded(wanted.amount),
        amount_override=_rounded(wanted.amount_override),
        currency=currency,
        line_items=None if items is None else tuple(_rounded_item(item) for item in items),
    )


def checked_change(wanted: PurchaseChange) -> PurchaseChange:
    """Bring a change into the form in which it is kept; raises InvalidInputError."""
    amount, currency = wanted.amount, wanted.currency
    problems = [
        *_amount_problems("amount", None if amount is UNSET else amount),
        *_currency_problems(None if currency is UNSET else currency),
        *_text_problems("description", wanted.description or None, LONGEST_NOTE),
        *_text_problems("note", wanted.note or None, LONGEST_NOTE),
    ]
    if problems:
        raise InvalidInputError(problems)
    return msgspec.structs.replace(
        wanted,
        amount=UNSET if amount is UNSET else amount.quantize(_SIX_DECIMALS, context=_WIDE),
        currency=UNSET if currency is UNSET else read_currency(currency) or UNSET,
    )


def check_cancellation(wanted: Cancellation) -> None:
    """Refuse a cancellation with a bad code or source; raises InvalidInputError."""
    problems = [
        *_text_problems("source", wanted.source, LONGEST_TEXT),
        *_text_problems("cancellation_code", wanted.cancellation_code, LONGEST_TEXT),
    ]
    if problems:
        raise InvalidInputError(problems)


def checked_refund(wanted: Refund) -> Refund:
    """Bring a refund into the form in which it is kept; raises InvalidInputError."""
    problems = [
        problem
        for field, text in (*(("purchase_code", code) for code in wanted.purchase_codes), ("refund_code", wanted.refund_code))
        for problem in _text_problems(field, text, LONGEST_TEXT)
    ]  # fmt: skip
    problems += _amount_problems("amount", wanted.amount)
    problems += _currency_problems(wanted.currency)
    if problems:
        raise InvalidInputError(problems)
    currency = None if wanted.currency is None else read_currency(wanted.currency)
    return msgspec.structs.replace(wanted, amount=_rounded(wanted.amount), currency=currency)


def _problems(wanted: PurchaseInput) -> Iterator[FieldProblem]:
    if not wanted.email.strip():
        yield FieldProblem("email", BLANK)
    elif not _email(wanted.email.strip()) or len(wanted.email) > LONGEST_TEXT or text_problem(wanted.email):
        yield FieldProblem("email", INVALID)
    for field in ("purchase_code", "plan_code", "code", "tracking_code"):
        yield from _text_problems(field, getattr(wanted, field), LONGEST_TEXT)
    yield from _text_problems("description", wanted.description, LONGEST_NOTE)
    yield from _amount_problems("amount", wanted.amount)
    yield from _amount_problems("amount_override", wanted.amount_override)
    yield from _currency_problems(wanted.currency)
    if wanted.line_items is not None:
        yield from _items_problems(wanted.line_items)


def _items_problems(items: tuple[LineItem, ...]) -> Iterator[FieldProblem]:
    if len(items) > MOST_ITEMS:
        yield FieldProblem("line_items", f"must be at most {MOST_ITEMS}")
    total = Decimal(0)
    for place, item in enumerate(items[:MOST_ITEMS]):
        name = f"line_items[{place}]"
        wrong = [
            *_text_problems(f"{name}.sku", item.sku, LONGEST_TEXT),
            *_text_problems(f"{name}.description", item.description, LONGEST_NOTE),
            *_amount_problems(f"{name}.quantity", item.quantity),
            *_amount_problems(f"{name}.amount", item.amount),
        ]
        yield from wrong
        if not wrong:
            total += item.quantity * (item.amount or 0)
    if total >= MOST:
        yield FieldProblem("line_items", INVALID)


def _amount_problems(field: str, amount: Decimal | None) -> Iterator[FieldProblem]:
    if amount is not None and not (amount.is_finite() and amount >= 0 and _in_range(amount)):
        yield FieldProblem(field, INVALID)


def _in_range(amount: Decimal) -> bool:
    return amount < MOST and amount.quantize(_SIX_DECIMALS, context=_WIDE) < MOST


def _currency_problems(currency: str | None) -> Iterator[FieldProblem]:
    if currency is not None and read_currency(currency) is None:
        yield FieldProblem("currency", INVALID)


def _text_problems(field: str, text: str | None, longest: int) -> Iterator[FieldProblem]:
    if text is not None and (len(text) > longest or text_problem(text)):
        yield FieldProblem(field, INVALID)


def _rounded(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_SIX_DECIMALS, context=_WIDE)


def _rounded_item(item: LineItem) -> LineItem:
    quantity = item.quantity.quantize(_SIX_DECIMALS, context=_WIDE)
    return msgspec.structs.replace(item, quantity=quantity, amount=_rounded(item.amount))
