"""What a run pays: pure."""

from collections import defaultdict
from collections.abc import Iterable

from leadyard.affiliates.commissions.model import Commission
from leadyard.affiliates.payouts.model import Due


def payable(commissions: Iterable[Commission], minimum: int, minimum_currency: str) -> list[Due]:
    """Sum what is due per affiliate and currency, negative lines included.

    Left out are balances that are not positive, and in the programme's currency those below its minimum payout;
    what is left out waits for the next run. Amounts in micro-units.
    """
    found: defaultdict[tuple[int, str], list[Commission]] = defaultdict(list)
    for one in commissions:
        found[one.affiliate_id, one.currency].append(one)
    dues = []
    for (affiliate_id, currency), lines in sorted(found.items()):
        amount = sum(line.amount for line in lines)
        least = minimum if currency == minimum_currency else 0
        if amount > 0 and amount >= least:
            dues.append(Due(affiliate_id, currency, amount, tuple(line.id for line in lines)))
    return dues
