"""PayPal Payouts (developer.paypal.com, "Payouts API v1"): one batch of one item per payout.

The payout's reference is the batch's id and the request's id, so a batch that PayPal has already is answered with an
error that names it, and asking again never pays twice.
"""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

import msgspec

from leadyard.affiliates.payouts.calling import Exchange, Report, Told
from leadyard.affiliates.payouts.files import amount_text
from leadyard.affiliates.payouts.model import Payee, Payout, PayPalChannel
from leadyard.delivery.model import Outcome
from leadyard.delivery.transports.http.calling import Reply, TroubleError

BATCH = "paypal_batch_id"
_OK = range(200, 300)
_SERVER_ERROR = 500
_TOO_MANY = 429
_PAID = frozenset({"SUCCESS"})
_NOT_PAID = frozenset({"FAILED", "RETURNED", "BLOCKED", "REFUNDED", "REVERSED", "DENIED", "CANCELED"})
_LONGEST_PROBLEM = 500
_AFTER_TROUBLE = {Outcome.ERROR: Told.REFUSED, Outcome.RETRY: Told.NOT_PAID, Outcome.UNKNOWN: Told.TAKEN}
"""PayPal knows the reference of what it may have got, so a lost answer is asked for again."""


class _FailedError(Exception):
    """The way to an answer ended before it; carries what is known of the payout."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.problem)
        self.report = report


async def pay(exchange: Exchange, channel: PayPalChannel, payout: Payout, payee: Payee) -> Report:
    """Hand a payout to PayPal, or ask what became of it when PayPal has it already."""
    try:
        token = await _token(exchange, channel)
        batch = payout.details.get(BATCH)
        if batch is None:
            return await _create(exchange, channel, payout, payee, token)
        return await _ask(exchange, channel, str(batch), token)
    except _FailedError as failed:
        return failed.report


async def _token(exchange: Exchange, channel: PayPalChannel) -> str:
    pair = f"{channel.client_id}:{channel.client_secret}".encode()
    headers = {
        "Authorization": f"Basic {b64encode(pair).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        reply = await exchange(
            "POST", f"{_base(channel)}/v1/oauth2/token", "grant_type=client_credentials", headers
        )
    except TroubleError as trouble:
        told = Told.REFUSED if trouble.outcome is Outcome.ERROR else Told.NOT_PAID
        raise _FailedError(Report(told, trouble.reason)) from trouble
    token = _document(reply).get("access_token")
    if reply.status not in _OK or not isinstance(token, str):
        raise _FailedError(Report(Told.NOT_PAID, f"PayPal gave no access token: HTTP {reply.status}"))
    return token


async def _create(
    exchange: Exchange, channel: PayPalChannel, payout: Payout, payee: Payee, token: str
) -> Report:
    reference = str(payout.reference)
    body = {
        "sender_batch_header": {
            "sender_batch_id": reference,
            "email_subject": channel.note[:255],
            "email_message": channel.note,
        },
        "items": [
            {
                "recipient_type": "EMAIL",
                "receiver": payee.paypal_email,
                "amount": {"value": amount_text(payout.amount, payout.currency), "currency": payout.currency},
                "note": channel.note,
                "sender_item_id": reference,
            }
        ],
    }
    headers = {**_bearer(token), "Content-Type": "application/json", "PayPal-Request-Id": reference}
    text = msgspec.json.encode(body).decode()
    try:
        reply = await exchange("POST", f"{_base(channel)}/v1/payments/payouts", text, headers)
    except TroubleError as trouble:
        return Report(_AFTER_TROUBLE[trouble.outcome], trouble.reason)
    document = _document(reply)
    batch = _batch_of(document)
    if batch is not None:
        return Report(Told.TAKEN, details={BATCH: batch})
    if reply.status in _OK or reply.status >= _SERVER_ERROR:
        return Report(Told.TAKEN, f"PayPal answered HTTP {reply.status} without a batch")
    told = Told.NOT_PAID if reply.status == _TOO_MANY else Told.REFUSED
    return Report(told, _words(reply, document))


async def _ask(exchange: Exchange, channel: PayPalChannel, batch: str, token: str) -> Report:
    address = f"{_base(channel)}/v1/payments/payouts/{quote(batch, safe='')}"
    try:
        reply = await exchange("GET", address, None, _bearer(token))
    except TroubleError as trouble:
        return Report(Told.TAKEN, trouble.reason)
    document = _document(reply)
    if reply.status not in _OK:
        return Report(Told.TAKEN, _words(reply, document))
    items = document.get("items")
    item = items[0] if isinstance(items, list) and items and isinstance(items[0], dict) else {}
    header = document.get("batch_header")
    status = item.get("transaction_status") or (
        header.get("batch_status") if isinstance(header, dict) else None
    )
    if status in _PAID:
        return Report(Told.PAID, details={"paypal_transaction_id": item.get("transaction_id")})
    if status in _NOT_PAID:
        return Report(Told.REFUSED, f"PayPal says {status}: {_error_of(item)}"[:_LONGEST_PROBLEM])
    return Report(Told.TAKEN, f"PayPal says {status}")


def _base(channel: PayPalChannel) -> str:
    return channel.base_url.rstrip("/")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _document(reply: Reply) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(reply.text)
    except msgspec.DecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _batch_of(document: dict[str, Any]) -> str | None:
    """Find the batch in the answer, also in the error about a reference that PayPal knows already."""
    header = document.get("batch_header")
    if isinstance(header, dict) and isinstance(header.get("payout_batch_id"), str):
        return str(header["payout_batch_id"])
    links = document.get("links")
    for link in links if isinstance(links, list) else ():
        address = link.get("href") if isinstance(link, dict) else None
        if isinstance(address, str) and "/v1/payments/payouts/" in address:
            return address.rpartition("/")[2].partition("?")[0] or None
    return None


def _error_of(item: dict[str, Any]) -> str:
    errors = item.get("errors")
    return str(errors.get("message") or errors.get("name")) if isinstance(errors, dict) else "no reason given"


def _words(reply: Reply, document: dict[str, Any]) -> str:
    said = document.get("message") or document.get("name") or "no reason given"
    return f"PayPal answered HTTP {reply.status}: {said}"[:_LONGEST_PROBLEM]
