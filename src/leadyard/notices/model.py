"""What an account's people are told, and in which words."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta


class NoticeKind(StrEnum):
    """What a notice tells of."""

    CAP_REACHED = "cap.reached"
    CREDIT_LOW = "credit.low"
    CREDIT_EMPTY = "credit.empty"
    IMPORT_FAILED = "import.failed"
    PAYOUT_FAILED = "payout.failed"
    PAYOUT_UNKNOWN = "payout.unknown"


class Notice(msgspec.Struct, frozen=True):
    """One notice: `text` says it in words, `details` are what webhooks are told."""

    id: int
    event: NoticeKind
    text: str
    details: dict[str, Any]
    created_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


class NoticeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Whom notices are mailed to, and which; null: nobody. They are kept and listed in any case."""

    email: Annotated[str, Meta(max_length=254)] | None = None
    events: tuple[NoticeKind, ...] = tuple(NoticeKind)


def in_words(event: NoticeKind, details: dict[str, Any]) -> str:
    """Say a notice in a sentence."""
    cap, credit, payout, done = (details.get(name, {}) for name in ("cap", "credit", "payout", "import"))
    if event is NoticeKind.CAP_REACHED:
        where = f" in campaign {cap['campaign_id']}" if "campaign_id" in cap else ""
        return (
            f"{str(cap.get('owner', '')).capitalize()} {cap.get('owner_id')}{where} has reached its cap of"
            f" {cap.get('limit')} ({cap.get('measure')}, {cap.get('period')})."
        )
    if event in {NoticeKind.CREDIT_LOW, NoticeKind.CREDIT_EMPTY}:
        state = "runs low" if event is NoticeKind.CREDIT_LOW else "is used up"
        who = credit.get("bid") or credit.get("buyer_id")
        return f"The credit of buyer {who} {state}: {credit.get('left')} {credit.get('currency')} left."
    if event is NoticeKind.IMPORT_FAILED:
        return f"Import {done.get('id')} failed: {done.get('problem')}"
    what = "was not paid" if event is NoticeKind.PAYOUT_FAILED else "may or may not have been paid"
    return (
        f"Payout {payout.get('id')} of {payout.get('amount')} {payout.get('currency')} to affiliate"
        f" {payout.get('affiliate_id')} {what}: {payout.get('problem') or 'no reason given'}"
    )
