"""E-mails that wait, and what one says."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from leadyard.storage.database import Connection


class MailKind(StrEnum):
    """What an e-mail is about; each kind has its own writer."""

    SIGN_IN_LINK = "sign_in_link"
    AFFILIATE_JOINED = "affiliate_joined"
    AFFILIATE_APPROVED = "affiliate_approved"
    NOTICE = "notice"


class WaitingMail(msgspec.Struct, frozen=True):
    """An e-mail that is to be written now; `tries` counts this one."""

    id: int
    kind: MailKind
    recipient: str
    details: dict[str, Any]
    tries: int
    ends_at: datetime


class Letter(msgspec.Struct, frozen=True):
    """What an e-mail says: plain text."""

    subject: str
    text: str


Writer = Callable[[Connection, int, WaitingMail], Awaitable[Letter | None]]
"""Writes an e-mail of an account in a unit of work that commits before it is sent; None: there is nothing to say."""

Writers = Mapping[MailKind, Writer]
