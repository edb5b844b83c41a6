"""The account's own receiver, which pays when it is told (docs/payouts.md)."""

import hashlib
import hmac
from urllib.parse import urlencode

from leadyard.affiliates.payouts.calling import Exchange, Report, Told
from leadyard.affiliates.payouts.files import amount_text
from leadyard.affiliates.payouts.model import Payee, Payout, WebhookChannel
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.http.calling import TroubleError
from leadyard.delivery.webhooks import signature

SIGNATURE = "X-Leadyard-Signature"
_OK = range(200, 300)


def form_of(channel: WebhookChannel, payout: Payout, payee: Payee, timestamp: int) -> str:
    """Write the body. The old `hmac` covers the e-mail alone; the signature in the header covers everything."""
    old = hmac.new(channel.secret.encode(), payee.email.encode(), hashlib.sha1).hexdigest()
    return urlencode(
        {
            "amount": amount_text(payout.amount, payout.currency),
            "affiliate_id": payout.affiliate_id,
            "affiliate": payee.email,
            "currency": payout.currency,
            "hmac": old,
            "payout_id": str(payout.reference),
            "timestamp": timestamp,
        }
    )


async def tell(
    exchange: Exchange, channel: WebhookChannel, payout: Payout, payee: Payee, timestamp: int
) -> Report:
    """Tell the receiver of a payout: 2xx is paid, another status is not paid, no whole answer is unknown."""
    body = form_of(channel, payout, payee, timestamp)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        SIGNATURE: signature(channel.secret, timestamp, body.encode()),
    }
    try:
        reply = await exchange("POST", channel.url, body, headers)
    except TroubleError as trouble:
        return Report(_TROUBLE[trouble.outcome], trouble.reason)
    if reply.status in _OK:
        return Report(Told.PAID)
    return Report(Told.NOT_PAID, f"the receiver answered HTTP {reply.status}")


_TROUBLE = {Outcome.ERROR: Told.REFUSED, Outcome.RETRY: Told.NOT_PAID, Outcome.UNKNOWN: Told.UNKNOWN}
