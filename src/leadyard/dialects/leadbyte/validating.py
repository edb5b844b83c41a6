"""GET /validate/mobile, /tps, /email and /landline: one value, checked (docs/leadbyte.md, "Calls")."""

from typing import Any

from leadyard.dialects.leadbyte.call import Answer, Call, Handler
from leadyard.dialects.leadbyte.values import as_text
from leadyard.intake.providers.model import Answer as Checked
from leadyard.intake.providers.model import CheckKind, Outcome

_STATUSES = {Outcome.VALID: "Valid", Outcome.INVALID: "Invalid", Outcome.UNAVAILABLE: "Unknown"}
_LONGEST = 320


def validate(kind: CheckKind) -> Handler:
    """Make the handler of one kind of value."""

    async def handle(call: Call) -> Answer:
        value = as_text(call.members.get("value"))
        if not value:
            return call.answer(_shown("Error", message="value is required"))
        if len(value) > _LONGEST:
            return call.answer(_shown("Error", message=f"value is longer than {_LONGEST} characters"))
        setup = await call.services.configuration.current(call.account_id)
        return call.answer(_record(await call.services.validating.validate(setup, kind, value)))

    return handle


def _record(checked: Checked) -> dict[str, Any]:
    texts = {name.casefold(): text for name, text in checked.info.items() if isinstance(text, str)}
    is_valid = checked.outcome is Outcome.VALID
    return _shown(
        _STATUSES[checked.outcome],
        response=texts.get("code", ""),
        message="" if is_valid else checked.reason,
        network=texts.get("network", ""),
        country=texts.get("country", ""),
    )


def _shown(
    status: str, *, response: str = "", message: str = "", network: str = "", country: str = ""
) -> dict[str, Any]:
    return {
        "status": status,
        "response": response,
        "message": message,
        "network": network,
        "country": country,
    }
