"""Exact money: Decimal at the edges, whole micro-units inside."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import lru_cache

MICRO = 1_000_000
MAX_AMOUNT = Decimal(1_000_000_000)
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_ONE_MICRO = Decimal("0.000001")


class BadAmountError(ValueError):
    """An amount that is not a finite decimal number within the limits."""


def parse_amount(value: object, *, minimum: Decimal = Decimal(0), maximum: Decimal = MAX_AMOUNT) -> Decimal:
    """Read an amount from JSON or text, rounded half-even to six decimals.

    Raises BadAmountError for anything but a finite number from `minimum` to `maximum`.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise BadAmountError("is not an amount")
    text = str(value).strip()
    if len(text) > 64:  # noqa: PLR2004 - longer texts are never an amount, and Decimal would read them all
        raise BadAmountError("is not an amount")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise BadAmountError("is not an amount") from None
    if not amount.is_finite() or "_" in text:
        raise BadAmountError("is not an amount")
    if not minimum <= amount <= maximum:
        raise BadAmountError(f"must be from {minimum} to {maximum}")
    return amount.quantize(_ONE_MICRO, context=_WIDE)


def to_micros(amount: Decimal) -> int:
    """Turn a decimal amount into micro-units, rounding half-even: the one place where money rounds."""
    return int((amount * MICRO).quantize(Decimal(1), context=_WIDE))


@lru_cache(maxsize=4096)
def set_micros(amount: Decimal) -> int:
    """Turn an amount that an operator has set, and that lead after lead asks for, into micro-units."""
    return to_micros(amount)


def from_micros(micros: int) -> Decimal:
    """Turn micro-units into the exact decimal amount."""
    return Decimal(micros) / MICRO


def plain(amount: Decimal) -> str:
    """Write an amount in its shortest plain form: `250`, `37.5`, `0.026`."""
    text = f"{amount:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def share(micros: int, percent: Decimal) -> int:
    """Take a percentage of micro-units, rounded half-even to a whole micro-unit."""
    return int((Decimal(micros) * percent / 100).quantize(Decimal(1), context=_WIDE))


def split(micros: int, weights: Sequence[int]) -> list[int]:
    """Split micro-units by whole-number weights so that the parts sum to the whole.

    The units that do not divide evenly go to the largest remainders, first position first.
    """
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must be non-negative and not all zero")
    parts = [micros * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(micros * weights[i] % total), i))
    for index in order[: micros - sum(parts)]:
        parts[index] += 1
    return parts
