"""What comes into the intake and what goes out of it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec

from leadyard.identity.model import Principal
from leadyard.intake.plan import CampaignPlan
from leadyard.leads.model import Channel, SystemStatus

ACCEPTED = 1
DUPLICATE = -2
CAP_REACHED = -4
INVALID_FIELDS = -5
SUPPLIER_REFUSED = -7
CAMPAIGN_INACTIVE = -9
ADDRESS_BLOCKED = -11


class Reading(msgspec.Struct):
    """A submission's values by field name, and by field name the texts of values that no field could take."""

    values: dict[str, str]
    errors: dict[str, str]


class Submission(msgspec.Struct):
    """A lead as posted; `read` maps its members to the fields of whatever plan is current when it is judged.

    `skip_quarantine` is for callers that must be told at once; `address` is the caller's, `""` when not known.
    `uuid` is for callers that must be able to ask again: the same one is never stored twice.
    """

    account_id: int
    principal: Principal | None
    campaign: str
    sid: str
    ssid: str
    channel: Channel
    is_test: bool
    received_at: datetime
    read: Callable[[CampaignPlan], Reading]
    skip_quarantine: bool = False
    address: str = ""
    uuid: UUID | None = None


class Verdict(msgspec.Struct):
    """What the rules say of a submission before duplicates and caps are claimed."""

    code: int
    errors: list[str]
    stored: dict[str, str]
    supplier_id: int | None = None
    claim_keys: tuple[bytes, ...] = ()


class IntakeResult(msgspec.Struct, frozen=True):
    """What became of a submission; `code` is 1 or negative, `lead_id` the id of its row, None when none was kept."""

    code: int
    errors: tuple[str, ...]
    system_status: SystemStatus
    received_at: datetime
    plan: CampaignPlan | None
    uuid: UUID | None = None
    lead_id: int | None = None
    process_micros: int = 0
