"""Purchases by whoever would earn on them (docs/affiliates.md, "Commissions")."""

import msgspec

from leadyard.affiliates.model import Program, SelfPurchase
from leadyard.affiliates.purchases import store
from leadyard.people.model import email_key
from leadyard.storage.database import Connection


class Verdict(msgspec.Struct, frozen=True):
    """What a purchase's own address means for its commissions; a suspect one is listed for review."""

    note: str | None = None
    is_barred: bool = False
    is_held: bool = False
    is_suspect: bool = False


async def judge(
    connection: Connection, account_id: int, program: Program, email: str, affiliate_id: int | None
) -> Verdict:
    """Tell whether a purchase pays nobody, or waits, because its address is the merchant's or the affiliate's."""
    key = email_key(email)
    merchants = {email_key(address) for address in program.merchant_emails}
    if key in merchants or await store.is_merchants(connection, account_id, key):
        return Verdict("no commission: the merchant's own address", is_barred=True)
    if affiliate_id is None or program.self_purchase is SelfPurchase.ALLOW:
        return Verdict()
    if not await store.is_affiliates_own(connection, account_id, affiliate_id, key):
        return Verdict()
    if program.self_purchase is SelfPurchase.REVIEW:
        return Verdict("under review: the affiliate's own address", is_held=True, is_suspect=True)
    return Verdict("no commission: the affiliate's own address", is_barred=True, is_suspect=True)
