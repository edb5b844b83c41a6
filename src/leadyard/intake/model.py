"""What comes into the intake and what goes out of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
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
    `ping_id` is the id that an answer to the supplier's ping gave, kept with the lead as its field `ping_id`.
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
    ping_id: str = ""
    uuid: UUID | None = None


class Verdict(msgspec.Struct):
    """What the rules say of a submission before duplicates and caps are claimed.

    `payout` is what its supplier earns by its being valid, in micro-units; `filtered` the text by which the
    campaign's filter refuses it ("": it does not), `held` whether a rule puts it aside, `info` a service's answer.
    """

    code: int
    errors: list[str]
    stored: dict[str, str]
    supplier_id: int | None = None
    claim_keys: tuple[bytes, ...] = ()
    payout: int = 0
    filtered: str = ""
    held: bool = False
    info: dict[str, Any] | None = None


class IntakeResult(msgspec.Struct, frozen=True):
    """What became of a submission; `code` is 1 or negative, `lead_id` the id of its row, None when none was kept.

    `info` is the answer of the service that refused it, None where none did.
    """

    code: int
    errors: tuple[str, ...]
    system_status: SystemStatus
    received_at: datetime
    plan: CampaignPlan | None
    uuid: UUID | None = None
    lead_id: int | None = None
    process_micros: int = 0
    info: dict[str, Any] | None = None


class StoredResult(msgspec.Struct, frozen=True):
    """What became of a submission that is stored, in short."""

    code: int
    errors: tuple[str, ...]
    received_at: datetime
