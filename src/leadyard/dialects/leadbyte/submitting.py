"""Posted leads to submissions of the intake."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leadyard.dialects.leadbyte.call import Call
from leadyard.dialects.leadbyte.naming import FieldMatcher, bare_name, squeeze
from leadyard.dialects.leadbyte.values import NotPlainError, as_text, yes
from leadyard.identity.model import Principal
from leadyard.intake.model import IntakeResult, Reading, Submission
from leadyard.intake.plan import CampaignPlan
from leadyard.leads.model import Channel

_CONTROLS = frozenset({"campid", "sid", "ssid", "testmode", "returnjson", "pingid"})
_MEMO_SIZE = 4096
_MEMO_NAME_LENGTH = 100
_LONGEST_SSID = 255
_memo: dict[str, tuple[str | None, bool]] = {}


def matcher_of(plan: CampaignPlan) -> FieldMatcher:
    """Give the field names of a campaign, kept with its plan."""
    matcher = plan.memo.get("leadbyte")
    if matcher is None:
        matcher = plan.memo["leadbyte"] = FieldMatcher(plan.names)
    return matcher


def controls_of(lead: Mapping[str, Any]) -> dict[str, Any]:
    """Find campid, sid, ssid, testmode, returnjson and pingId in any spelling.

    The exact one counts before others, and a name with a prefix `f_<digits>_` only where there is no other.
    """
    found: dict[str, Any] = {}
    prefixed: dict[str, Any] = {}
    for member, value in lead.items():
        control, has_prefix = _memo[member] if member in _memo else _control(member)
        if control is None:
            continue
        if has_prefix:
            prefixed.setdefault(control, value)
        elif control not in found or member == control:
            found[control] = value
    return {**prefixed, **found} if prefixed else found


def _control(member: str) -> tuple[str | None, bool]:
    """Tell which control a member is, None for a field, and whether its name has a prefix."""
    bare = bare_name(member)
    name = squeeze(bare)
    control = name if name in _CONTROLS else None, bare != member
    if len(member) <= _MEMO_NAME_LENGTH:
        if len(_memo) >= _MEMO_SIZE:
            _memo.clear()
        _memo[member] = control
    return control


def submission_of(
    call: Call,
    lead: dict[str, Any],
    *,
    account_id: int,
    principal: Principal | None,
    channel: Channel = Channel.REST,
) -> Submission:
    """Make the submission of one posted lead; the classic API takes no part in quarantine."""
    controls = controls_of(lead)

    def read(plan: CampaignPlan) -> Reading:
        return Reading(*matcher_of(plan).assign(lead))

    return Submission(
        account_id=account_id,
        principal=principal,
        campaign=_code(controls.get("campid")),
        sid=_code(controls.get("sid")),
        ssid=_code(controls.get("ssid"))[:_LONGEST_SSID],
        channel=channel,
        is_test=yes(controls.get("testmode")),
        received_at=call.received_at,
        read=read,
        skip_quarantine=channel is Channel.CLASSIC,
        address=call.address,
        ping_id=_ping_id(controls["pingid"]) if "pingid" in controls else "",
    )


def _ping_id(value: Any) -> str:
    """Read the id of a ping; what cannot be one is as good as none."""
    try:
        return str(UUID(_code(value)))
    except ValueError:
        return ""


def _code(value: Any) -> str:
    """Read a code; one that is no code at all names nothing, which the intake refuses in its own words."""
    if type(value) is str and value.isascii() and "\x00" not in value:
        return value.strip()
    try:
        return as_text(value)
    except NotPlainError:
        return ""


def refused_page(result: IntakeResult) -> str:
    """Give the page that the campaign names for refused leads."""
    return "" if result.plan is None else result.plan.campaign.settings.refused_url
