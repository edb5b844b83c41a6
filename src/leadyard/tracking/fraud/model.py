"""Signals: what looked wrong, and what a person made of it."""

from datetime import datetime
from enum import IntEnum, StrEnum

import msgspec


class SignalKind(StrEnum):
    """What looked wrong about visits and leads; purchases have kinds of their own."""

    BURST = "burst"
    DATA_CENTRE = "data_centre"
    DISPOSABLE_EMAIL = "disposable_email"
    OWN_LEAD = "own_lead"
    SAME_DEVICE = "same_device"


class SignalState(IntEnum):
    """Where a signal stands."""

    OPEN = 0
    DISMISSED = 1
    CONFIRMED = 2


class Consequence(StrEnum):
    """What becomes of the open commissions that a confirmed signal is about."""

    KEEP = "keep"
    HOLD = "hold"
    REJECT = "reject"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One signal as it is raised; `origin` keeps it from being raised twice."""

    kind: SignalKind
    affiliate_id: int | None
    detail: str
    at: datetime
    origin: str
    person_id: int | None = None
    purchase_id: int | None = None


DATA_CENTRES = (
    "5.9.0.0/16", "78.46.0.0/15", "88.198.0.0/16", "136.243.0.0/16", "138.201.0.0/16", "144.76.0.0/16",
    "148.251.0.0/16", "176.9.0.0/16", "213.239.192.0/18", "2a01:4f8::/29",
    "5.39.0.0/17", "5.135.0.0/16", "37.59.0.0/16", "37.187.0.0/16", "46.105.0.0/16", "54.36.0.0/14", "87.98.128.0/17",
    "91.121.0.0/16", "94.23.0.0/16", "176.31.0.0/16", "178.32.0.0/15", "188.165.0.0/16", "2001:41d0::/32",
    "104.131.0.0/16", "104.236.0.0/16", "138.197.0.0/16", "159.203.0.0/16", "162.243.0.0/16", "165.227.0.0/16",
    "167.99.0.0/16", "188.166.0.0/16", "206.189.0.0/16", "2604:a880::/32",
    "45.33.0.0/17", "139.162.0.0/16", "172.104.0.0/15", "2600:3c00::/27",
)  # fmt: skip
"""Networks that registries have given to hosts of servers for long (Hetzner, OVH, DigitalOcean, Linode).

People seldom browse from there. The list is short, for networks change hands: operators bring a file of the lists that
hosts publish (`LEADYARD_DATA_CENTRE_NETWORKS`), and accounts add what they see.
"""
