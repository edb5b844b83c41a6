"""Parameters in whatever JSON type the caller chose, with every problem of a request named (docs/leaddyno.md)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any

from leadyard.dialects.leaddyno.reading import is_blank
from leadyard.dialects.leaddyno.times import created_within, read_moment
from leadyard.kit.bodies import clean_text
from leadyard.kit.currencies import read_currency
from leadyard.kit.documents import text_problem
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.kit.paging import Created
from leadyard.people.addresses import is_email_address

BLANK, INVALID = "can't be blank", "is invalid"
LONGEST_TEXT, LONGEST_NOTE, LONGEST_URL, LONGEST_AGENT = 255, 2000, 2048, 1024
MOST_AMOUNT = Decimal(10) ** 12
_LONGEST_NUMBER = 64
_YES, _NO = frozenset({"true", "1"}), frozenset({"false", "0"})
_WIDE = Context(prec=60, rounding=ROUND_HALF_EVEN)
_SIX_DECIMALS = Decimal("0.000001")


class NotPlainError(ValueError):
    """An object, an array or a boolean where a text or number belongs."""


def as_text(value: Any) -> str:
    """Turn a member's value into text, as given; raises NotPlainError."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise NotPlainError
    if isinstance(value, int) or not value.is_finite() or abs(value.adjusted()) > _LONGEST_NUMBER:
        return str(value)
    return f"{value:f}"


class Params:
    """A request's parameters by name; blank ones are not given. What is wrong is kept, for all to be told at once."""

    def __init__(self, members: Mapping[str, Any], prefix: str = "") -> None:
        """Take the members; `prefix` stands before their names in problems."""
        self._members = members
        self._prefix = prefix
        self.problems: list[FieldProblem] = []

    def has(self, name: str) -> bool:
        """Tell whether a parameter is given, be it blank."""
        return name in self._members

    def is_given(self, name: str) -> bool:
        """Tell whether a parameter is given and not blank."""
        return not is_blank(self._members.get(name))

    def raw(self, name: str) -> Any:
        """Give a parameter as it came; None when it is not given."""
        return self._members[name] if self.is_given(name) else None

    def wrong(self, name: str, detail: str = INVALID) -> None:
        """Note what is wrong with a parameter."""
        self.problems.append(FieldProblem(f"{self._prefix}{name}", detail))

    def finish(self) -> None:
        """Raise InvalidInputError when anything was wrong."""
        if self.problems:
            raise InvalidInputError(self.problems)

    def text(self, name: str, *, longest: int = LONGEST_TEXT, required: bool = False) -> str | None:
        """Give a text exactly as sent; None when it is not given or wrong."""
        if not self.is_given(name):
            if required:
                self.wrong(name, BLANK)
            return None
        try:
            text = as_text(self._members[name])
        except NotPlainError:
            self.wrong(name)
            return None
        if len(text) > longest or text_problem(text) is not None:
            self.wrong(name)
            return None
        return text

    def word(self, name: str, *, required: bool = False) -> str | None:
        """Give a text without blanks around it, such as a code."""
        text = self.text(name, required=required)
        return None if text is None else text.strip()

    def cut(self, name: str, longest: int) -> str | None:
        """Give a text that is cut to its limit, not refused; what cannot be stored is left out."""
        try:
            text = clean_text(as_text(self.raw(name)))[:longest]
        except NotPlainError:
            return None
        return None if is_blank(text) else text

    def email(self, name: str, *, required: bool = False) -> str | None:
        """Give an e-mail address, trimmed and checked for its syntax."""
        text = self.word(name, required=required)
        if text is not None and not is_email_address(text):
            self.wrong(name)
            return None
        return text

    def amount(self, name: str, *, required: bool = False) -> Decimal | None:
        """Give an amount of 0 or more with up to 12 digits before the point, rounded half-even to six decimals."""
        text = self.word(name, required=required)
        if text is None:
            return None
        amount = _amount_of(text)
        if amount is None:
            self.wrong(name)
        return amount

    def currency(self, name: str = "currency") -> str | None:
        """Give a currency's code in capitals."""
        text = self.word(name)
        if text is None:
            return None
        code = read_currency(text)
        if code is None:
            self.wrong(name)
        return code

    def boolean(self, name: str) -> bool | None:
        """Give a boolean; None when it is not given or wrong."""
        value = self.raw(name)
        if value is None or isinstance(value, bool):
            return value
        text = self.word(name)
        if text is None:
            return None
        if text.lower() in _YES | _NO:
            return text.lower() in _YES
        self.wrong(name)
        return None

    def whole(self, name: str) -> int | None:
        """Give a whole number from 0 on; None when it is not given or wrong."""
        text = self.word(name)
        if text is None:
            return None
        number = whole_number(text)
        if number is None:
            self.wrong(name)
        return number

    def moment(self, name: str) -> datetime | None:
        """Give an instant; None when it is not given or wrong."""
        text = self.text(name)
        if text is None:
            return None
        at = read_moment(text)
        if at is None:
            self.wrong(name)
        return at

    def created(self) -> Created:
        """Give the filters `created_after` and `created_before`."""
        return created_within(self.moment("created_after"), self.moment("created_before"))

    def positive(self, name: str, default: int) -> int:
        """Give a positive whole number, or the default for anything else."""
        try:
            number = whole_number(as_text(self.raw(name)).strip())
        except NotPlainError:
            return default
        return number or default


def whole_number(text: str) -> int | None:
    """Read a whole number from 0 on, be it written with a point and zeros."""
    whole, _, fraction = text.partition(".")
    if len(text) > _LONGEST_NUMBER or not (whole.isascii() and whole.isdigit()) or fraction.strip("0"):
        return None
    return int(whole)


def _amount_of(text: str) -> Decimal | None:
    if len(text) > _LONGEST_NUMBER or "_" in text or not text.isascii():
        return None
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 <= amount < MOST_AMOUNT:
        return None
    rounded = amount.quantize(_SIX_DECIMALS, context=_WIDE)
    return rounded + 0 if rounded < MOST_AMOUNT else None
