"""Traffic campaigns as operators send and see them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

LONGEST_TEXT = 255


class CampaignStatus(StrEnum):
    """Whether a traffic campaign is in use."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class TrafficCampaignInput(msgspec.Struct, frozen=True, kw_only=True):
    """A source of visits; no two have one code, in any case."""

    code: Annotated[str, Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"\S")]
    name: Annotated[str, Meta(max_length=LONGEST_TEXT)] | None = None


class TrafficCampaign(TrafficCampaignInput, frozen=True, kw_only=True):
    """A traffic campaign as it stands; `link_code` is the short one for links (`#_l_CODE`)."""

    id: int
    link_code: str
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
