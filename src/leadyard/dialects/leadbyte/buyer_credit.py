"""Buyers' credit as this dialect shows it (docs/leadbyte.md, "Calls")."""

from collections.abc import Mapping

from leadyard.dialects.leadbyte.call import Call
from leadyard.kit.money import from_micros
from leadyard.ledger.credit.counters import balances
from leadyard.ledger.credit.model import Balance

_NO_CREDIT = Balance()


async def credit_of(call: Call) -> Mapping[int, Balance]:
    """Give what each buyer that ever had credit was given of it, and what is left, by the buyer's id."""
    async with call.services.database.connection() as connection:
        return await balances(connection, call.principal.account_id)


def shown_credit(balance: Balance | None) -> dict[str, str]:
    """Show credit with two decimals; a buyer that never had any has 0.00."""
    known = balance or _NO_CREDIT
    return {
        "credit_amount": _two_decimals(known.added),
        "credit_balance": _two_decimals(known.left),
    }


def _two_decimals(micros: int) -> str:
    return f"{from_micros(micros):.2f}"
