"""What a buyer does with a lead: decided by the seed, the delivery and the lead alone, so that everybody can recount it."""

import hashlib
from decimal import Decimal
from enum import StrEnum

import msgspec


class Habit(StrEnum):
    """How a buyer treats the share of leads that it does not simply take."""

    TAKES = "takes"
    REFUSES = "refuses"
    SLOW = "slow"
    HANGS = "hangs"
    TRICKLES = "trickles"
    BREAKS = "breaks"
    CUTS = "cuts"
    BUSY = "busy"
    NAMES_PRICE = "names its price"


SILENT = frozenset({Habit.HANGS, Habit.TRICKLES, Habit.BREAKS, Habit.CUTS})
"""Habits after which the seller cannot know whether the buyer has the lead."""


class Manners(msgspec.Struct, frozen=True):
    """A habit, the share of leads that meet it, and whether the buyer may keep leads that it did not answer for."""

    habit: Habit = Habit.TAKES
    share: float = 0.0
    keeps: bool = True


class Deed(msgspec.Struct, frozen=True):
    """What happens to one lead: the habit that it meets (TAKES: none), and whether the buyer keeps the lead."""

    habit: Habit
    keeps: bool


class PingDeed(msgspec.Struct, frozen=True):
    """What a buyer bids for one lead (None: nothing), and after how many milliseconds."""

    bid: Decimal | None
    milliseconds: int


def deed(seed: str, delivery: int, manners: Manners, number: int) -> Deed:
    """Decide what a buyer does with a lead."""
    meets = chance(seed, "meets", delivery, number) < manners.share
    if not meets:
        return Deed(Habit.TAKES, keeps=True)
    if manners.habit is Habit.REFUSES:
        return Deed(Habit.REFUSES, keeps=False)
    if manners.habit in SILENT:
        always = manners.habit is Habit.BREAKS
        keeps = manners.keeps and (always or chance(seed, "keeps", delivery, number) < 0.5)
        return Deed(manners.habit, keeps)
    return Deed(manners.habit, keeps=True)


def named_price(seed: str, delivery: int, number: int, offered: Decimal) -> Decimal:
    """Name a price of half to all of what was offered, in hundredths."""
    return (offered * Decimal(50 + int(chance(seed, "price", delivery, number) * 51)) / 100).quantize(CENT)


def ping_deed(seed: str, delivery: int, number: int, price: Decimal, deadline: int) -> PingDeed:
    """Decide how a ping is answered: in time by most, too late by some, without a bid by others."""
    kind = chance(seed, "ping", delivery, number)
    if kind < 0.06:
        return PingDeed(None, 0)
    late = kind > 0.97
    share = Decimal(40 + int(chance(seed, "bid", delivery, number) * 161)) / 100
    return PingDeed((price * share).quantize(CENT), deadline * 10 if late else 0)


def chance(seed: str, what: str, delivery: int, number: int) -> float:
    """Give a number from 0 up to 1 that is the same for the same arguments everywhere."""
    digest = hashlib.blake2b(f"{seed} {what} {delivery} {number}".encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56


CENT = Decimal("0.01")
