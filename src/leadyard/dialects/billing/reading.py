"""From bytes to documents."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from leadyard.delivery.xml_paths import Element, parse
from leadyard.dialects.billing.model import Message, UnreadableError, dig
from leadyard.kit.bodies import nest, parse_json
from leadyard.kit.currencies import DECIMALS
from leadyard.kit.errors import LeadyardError

TRACKING_NAMES = ("leaddyno_visit_id", "leaddyno_tracking_id", "_ldy", "visit_id")
"""Names under which pages carry the tracking id through a shop; the script uses the first."""


def json_object(message: Message) -> dict[str, Any]:
    """Read a JSON object; raises UnreadableError."""
    try:
        document = parse_json(message.body)
    except (LeadyardError, ValueError) as error:
        raise UnreadableError("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise UnreadableError("The body is not a JSON object.")
    return document


def form(message: Message, encoding: str = "utf-8") -> dict[str, str]:
    """Read a form; the last of several members of one name counts. Raises UnreadableError."""
    try:
        text = message.body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, encoding=encoding, errors="replace", max_num_fields=2000
        )
    except (ValueError, LookupError) as error:
        raise UnreadableError("The body is not a form.") from error
    return {name: value.replace("\x00", "") for name, value in pairs}


def nested_form(message: Message) -> dict[str, Any]:
    """Read a form with members such as `payload[customer][email]`; raises UnreadableError."""
    return nest(form(message).items())


def xml(text: str) -> Element:
    """Read XML without document type; raises UnreadableError."""
    document = parse(text)
    if document is None:
        raise UnreadableError("The body is not XML.")
    return document


def minor_units(amount: Any, currency: str | None) -> Decimal | None:
    """Turn an amount in a currency's smallest unit into one in the currency."""
    if isinstance(amount, bool) or not isinstance(amount, int | str) or not str(amount).lstrip("-").isdigit():
        return None
    return Decimal(str(amount)).scaleb(-DECIMALS.get((currency or "").upper(), 2))


def tracking_of(values: Any) -> str | None:
    """Find the tracking id among named values: an object, or a list of objects with `name` or `key` and `value`."""
    if isinstance(values, list):
        values = {dig(v, "name") or dig(v, "key"): dig(v, "value") for v in values if isinstance(v, dict)}
    found = next((dig(values, name) for name in TRACKING_NAMES if dig(values, name)), None)
    return found.strip() or None if isinstance(found, str) else None
