"""PayPal's Instant Payment Notification (developer.paypal.com, "IPN and PDT variables"). `custom` is the tracking id."""

from leadyard.dialects.billing.model import (
    BillingEvent,
    Customer,
    Ended,
    Message,
    Paid,
    Refunded,
    UnreadableError,
    first_word,
    money,
    money_back,
)
from leadyard.dialects.billing.reading import form

_BACK = frozenset({"Refunded", "Reversed"})
_ENDS = frozenset({"subscr_cancel", "subscr_eot", "recurring_payment_profile_cancel"})


def read(message: Message) -> list[BillingEvent]:
    """Read a notification; raises UnreadableError."""
    values = form(message, encoding_of(message))
    customer = Customer(values.get("payer_email") or None, (values.get("custom") or "").strip() or None)
    plan = first_word(values.get("item_number"), values.get("product_name"), values.get("item_number1"))
    kind, status = values.get("txn_type", ""), values.get("payment_status", "")
    if kind in _ENDS:
        return [Ended(customer=customer, plan_code=plan)]
    if status in _BACK:
        parent, gross = values.get("parent_txn_id", ""), money(values.get("mc_gross"))
        if not parent or gross is None or not values.get("txn_id"):
            raise UnreadableError("A refund names its payment, its own id and its amount.")
        return [
            Refunded(
                codes=(parent,), refund_code=values["txn_id"], amount=money_back(gross),
                currency=values.get("mc_currency") or None,
            )
        ]  # fmt: skip
    if status != "Completed" or not values.get("txn_id"):
        return []
    return [
        Paid(
            code=values["txn_id"], customer=customer, amount=money(values.get("mc_gross")),
            currency=values.get("mc_currency") or None, plan_code=plan,
            description=first_word(values.get("item_name"), values.get("item_name1")),
        )
    ]  # fmt: skip


def encoding_of(message: Message) -> str:
    """Tell in which encoding PayPal wrote the form: it says so in the form itself."""
    named = form(message).get("charset", "utf-8")
    try:
        "".encode(named)
    except LookupError:
        return "windows-1252"
    return named


def is_from_sandbox(message: Message) -> bool:
    """Tell whether the notification is one of PayPal's test environment."""
    return form(message).get("test_ipn") == "1"


def receivers_of(message: Message) -> set[str]:
    """Give who was paid, as PayPal names it, in the form in which it is compared."""
    values = form(message, encoding_of(message))
    named = (
        values.get(name, "").strip().casefold() for name in ("receiver_email", "business", "receiver_id")
    )
    return {name for name in named if name}
