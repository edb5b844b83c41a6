"""Fair shares: buyers who take everything, in a weighted and an evenly weighted campaign, counted at every look.

A look is one snapshot. A share is compared with the member's configured part of all leads shared out so far, so its
deviation is relative to what the member should have.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping

import asyncpg
import msgspec

from benchmarks import load
from benchmarks.market import suppliers
from benchmarks.market.set_up import create, supplier
from benchmarks.market.wire import line
from leadyard.intake.fields import STANDARD_FIELDS, DataType, FieldRule

WEIGHTS = (1, 2, 3, 5, 8, 11, 20, 50)
EVEN = (1,) * 7
WEIGHTED, EVENLY = "FAIR-WEIGHTED", "FAIR-EVENLY"
_COUNTS = """
SELECT delivery_id, count(*) AS leads FROM delivery_attempts WHERE account_id = $1 AND delivery_id = ANY($2::bigint[])
  AND number = 1 GROUP BY 1
"""
_SOLD = "SELECT count(*) FROM delivery_attempts WHERE account_id = $1 AND state = 2"
MOST_OFF = {WEIGHTED: len(WEIGHTS) / 2, EVENLY: 1}
"""By how many leads a share may be off at any moment: turns come in whole leads."""


class Fair(msgspec.Struct):
    """Two campaigns in an account of their own: delivery ids with their weights."""

    port: int
    key: str
    account_id: int
    members: dict[str, dict[int, int]]
    looks: int = 0
    worst: dict[str, float] = {}
    """By how many leads a share was off at worst."""
    counts: dict[int, int] = {}
    """How many leads each delivery had been offered first, at the last look."""
    sold: int = 0


async def build(port: int, account_id: int, key: str, buyer_url: str) -> Fair:
    """Set up both campaigns through the API."""
    fair = Fair(port, key, account_id, {})
    names = ("email", "phone1", "firstname", "lastname")
    own = FieldRule(name="data1", label="number", data_type=DataType.TEXT)
    fields = [*(STANDARD_FIELDS[name] for name in names), own]
    async with line(port, key) as asking:
        campaigns = {}
        for reference, method in ((WEIGHTED, "Weighted"), (EVENLY, "Evenly Weighted")):
            settings = {
                "payout": {"kind": "fixed", "amount": "2.00"}, "revenue": "5.00", "distribution": method,
                "dedupe": {"fields": ["email", "phone1"]},
            }  # fmt: skip
            document = {"reference": reference, "name": reference, "settings": settings, "fields": fields}
            campaigns[reference] = await create(asking, "campaigns", document)
        await supplier(asking, list(campaigns.values()))
        for reference, weights in ((WEIGHTED, WEIGHTS), (EVENLY, EVEN)):
            made: dict[int, int] = {}
            for weight in weights:
                buyer_id = await create(asking, "buyers", {"company": f"{reference} {len(made)}"})
                target = {
                    "url": buyer_url,
                    "body": "json",
                    "fields": [{"name": "email", "value": "{{ email }}"}],
                }
                rules = [{"kind": "json_path", "path": "status", "pattern": "accepted", "outcome": "accept"}]
                delivery = {
                    "campaign_id": campaigns[reference], "buyer_id": buyer_id, "reference": f"weight {weight}",
                    "status": "Active",
                    "settings": {"kind": "Direct Post", "weight": weight, "http": target, "answers": {"rules": rules}},
                }  # fmt: skip
                made[await create(asking, "deliveries", delivery)] = weight
            fair.members[reference] = made
    return fair


def requests(key: str, first: int, count: int) -> Iterator[bytes]:
    """Write leads: nine of ten for the weighted campaign, one for the evenly weighted."""
    for number in range(first, first + count):
        yield suppliers.lead(key, EVENLY if number % 10 == 9 else WEIGHTED, number)


async def post(fair: Fair, first: int, count: int, connections: int) -> load.Measured:
    """Post leads as fast as they are taken; raises when one is not accepted."""
    written = iter(list(requests(fair.key, first, count)))
    good = b'"status":"Success"'
    measured = await load.run(fair.port, written, good=good, connections=connections, seconds=3600)
    if measured.refused or len(measured.latencies) != count:
        raise RuntimeError(
            f"of {count} leads {len(measured.latencies)} were accepted, {measured.refused} refused"
        )
    return measured


async def look(connection: "asyncpg.Connection[asyncpg.Record]", fair: Fair) -> None:
    """Count shares in one snapshot, and remember the worst."""
    ids = [id_ for members in fair.members.values() for id_ in members]
    rows = await connection.fetch(_COUNTS, fair.account_id, ids)
    fair.counts = {row["delivery_id"]: row["leads"] for row in rows}
    fair.looks += 1
    for name, members in fair.members.items():
        off = (abs(count - share) for count, share in shares(fair.counts, members))
        fair.worst[name] = max(fair.worst.get(name, 0.0), *off)


async def watch(dsn: str, fair: Fair, stop: asyncio.Event) -> None:
    """Look until stopped, and then for the last time."""
    connection = await asyncpg.connect(dsn)
    try:
        while not stop.is_set():
            started = time.perf_counter()
            await look(connection, fair)
            await asyncio.sleep(max(0.25, 9 * (time.perf_counter() - started)))
        await look(connection, fair)
        fair.sold = await connection.fetchval(_SOLD, fair.account_id)
    finally:
        await connection.close()


def shares(counts: Mapping[int, int], members: Mapping[int, int]) -> list[tuple[int, float]]:
    """Give each member's leads and its exact share of all, in leads."""
    total, weights = sum(counts.get(id_, 0) for id_ in members), sum(members.values())
    return [(counts.get(id_, 0), total * weight / weights) for id_, weight in members.items()]


def worst_share(fair: Fair, name: str) -> float:
    """Tell by what part of itself the worst share of a campaign was off in the end."""
    return max(abs(count - share) / share for count, share in shares(fair.counts, fair.members[name]))


def unfair(fair: Fair, leads: int) -> list[str]:
    """Name what is not fair: shares off by more than 1 % of themselves, or by whole leads at any look."""
    broken = []
    if sum(fair.counts.values()) != leads or fair.sold != leads:
        broken.append(f"of {leads} leads {sum(fair.counts.values())} were offered, {fair.sold} sold")
    for name, members in fair.members.items():
        for count, share in shares(fair.counts, members):
            if abs(count - share) > max(0.01 * share, MOST_OFF[name]):
                broken.append(f"a member of {name} got {count} leads, its share is {share:.1f}")
        if fair.worst[name] > MOST_OFF[name]:
            broken.append(f"a share of {name} was {fair.worst[name]:.1f} leads off")
    return broken
