"""Posted leads to submissions of the intake."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from leadyard.dialects.leadbyte.call import Call
from leadyard.dialects.leadbyte.naming import FieldMatcher, Shape, Shapes, bare_name, squeeze
from leadyard.dialects.leadbyte.values import NotPlainError, as_text, yes
from leadyard.identity.model import Principal
from leadyard.intake.model import IntakeResult, Reading, Submission
from leadyard.intake.plan import CampaignPlan
from leadyard.leads.model import Channel

_CONTROLS = frozenset({"campid", "sid", "ssid", "testmode", "returnjson", "pingid"})
_LONGEST_SSID = 255


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
    return {control: lead[member] for control, member in _shapes.of(lead)}


def _learn(members: tuple[str, ...]) -> Shape:
    found: dict[str, str] = {}
    prefixed: dict[str, str] = {}
    for member in members:
        bare = bare_name(member)
        control = squeeze(bare)
        if control not in _CONTROLS:
            continue
        if bare != member:
            prefixed.setdefault(control, member)
        elif control not in found or member == control:
            found[control] = member
    return tuple({**prefixed, **found}.items())


_shapes = Shapes(_learn)


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
