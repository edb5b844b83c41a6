"""Buyers' prepaid credit as this dialect shows it and as creating a delivery adds to it."""

from collections.abc import Iterable
from decimal import Decimal

import msgspec

from leadyard.campaigns.model import Buyer


class Credit(msgspec.Struct, frozen=True):
    """All that was ever added for a buyer, and what is left of it."""

    amount: Decimal = Decimal(0)
    balance: Decimal = Decimal(0)


async def credit_of(buyers: Iterable[Buyer]) -> dict[int, Credit]:
    """Give the credit of buyers by id; without prepaid accounts nobody has any."""
    return {buyer.id: Credit() for buyer in buyers}


def credit_warnings(amount: Decimal) -> list[str]:
    """Say what became of credit that was to be added for a new delivery's buyer."""
    return ["credit_amount was not added: buyers have no prepaid credit here"] if amount else []
