"""Killing any process at any moment loses no accepted lead, sells none twice and pays no one twice."""

import asyncio
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

import pytest
from tests.delivery.buyers import buyer
from tests.processes.books import Books, calm, read_books
from tests.processes.calls import ask
from tests.processes.installation import PATIENCE_SECONDS, Installation, Role
from tests.processes.market import Buyers, Clients, set_up

from leadyard.kit.ids import read_queue_id
from leadyard.storage.embedded import open_database

CLIENTS, PAUSE_SECONDS = 24, 0.04
ENOUGH = 20
"""Leads that must be accepted after a kill before the next one."""

FEW = [Role.WEB, Role.WORKER, Role.POSTMASTER]
MANY = [*[Role.WEB] * 6, *[Role.WORKER] * 7, *[Role.BACKEND] * 5, *[Role.POSTMASTER] * 5,
        *[Role.SUPERVISOR] * 2, *[Role.TREE] * 3]  # fmt: skip


@pytest.mark.parametrize("victims", [FEW], ids=["3 rounds"])
async def test_kills_at_random_moments_lose_and_double_nothing(
    installation: Installation, capsys: pytest.CaptureFixture[str], victims: list[Role]
) -> None:
    await crash(installation, capsys, victims)


@pytest.mark.soak
@pytest.mark.parametrize("victims", [MANY], ids=[f"{len(MANY)} rounds"])
async def test_many_kills_at_random_moments_lose_and_double_nothing(
    installation: Installation, capsys: pytest.CaptureFixture[str], victims: list[Role]
) -> None:
    await crash(installation, capsys, victims)


async def crash(
    installation: Installation, capsys: pytest.CaptureFixture[str], victims: Sequence[Role]
) -> None:
    """Kill the victims in a random order under load, wait for calm and compare everybody's records."""
    seed = os.environ.get("CRASH_SEED") or secrets.token_hex(4)
    print(f"CRASH_SEED={seed} repeats the order of kills and the waits between them")  # noqa: T201 - shown on failure
    chance, began = random.Random(seed), time.monotonic()  # noqa: S311 - to be repeated by its seed
    buyers = Buyers(random.Random(seed))  # noqa: S311 - as above
    await asyncio.to_thread(installation.start)
    key = installation.key()
    async with buyer(buyers.answer) as shop:
        await set_up(installation.port, key, shop.url)
        clients = Clients(installation, key)
        await kill_under_load(installation, clients, chance.sample(victims, len(victims)), chance)
        with open_database(None, installation.data_dir) as dsn:
            await calm(dsn, PATIENCE_SECONDS)
            books = await read_books(dsn)
            with capsys.disabled():
                print(f"\n{summary(victims, clients, books, buyers, time.monotonic() - began)}")  # noqa: T201
            nothing_is_lost(clients, books)
            nothing_is_sold_twice(books, buyers)
            await the_api_knows_each(installation, key, clients, books)
            await each_is_a_duplicate_now(clients)
            await calm(dsn, PATIENCE_SECONDS)
            after = await read_books(dsn)
    assert (after.sales, sum(buyers.taken.values())) == (books.sales, len(buyers.taken))
    audited = await asyncio.to_thread(installation.run, "audit")
    assert audited.returncode == 0, audited.stdout + audited.stderr


async def kill_under_load(
    installation: Installation, clients: Clients, victims: Sequence[Role], chance: random.Random
) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(clients.run(CLIENTS, PAUSE_SECONDS))
        try:
            for victim in victims:
                await asyncio.sleep(chance.uniform(0.2, 2))
                await asyncio.to_thread(installation.kill, victim, chance)
                if victim in (Role.SUPERVISOR, Role.TREE):
                    await asyncio.to_thread(installation.start)
                await recovered(installation, clients)
        finally:
            clients.stop()


async def recovered(installation: Installation, clients: Clients) -> None:
    """Wait until every process is there again and leads go in as before."""
    before = len(clients.accepted)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(clients.accepted) < before + ENOUGH or not is_complete(installation):  # noqa: ASYNC110 - it happens in other processes
            await asyncio.sleep(0.1)


def is_complete(installation: Installation) -> bool:
    """Tell whether every process that was started is there."""
    wanted = {Role.WEB: installation.web_processes, Role.WORKER: 1, Role.POSTMASTER: 1}
    return all(len(installation.processes(role)) == count for role, count in wanted.items())


def nothing_is_lost(clients: Clients, books: Books) -> None:
    """Every accepted lead is there, once, and beside them only leads whose answer was lost."""
    assert clients.surprises == []
    assert len(clients.accepted) > ENOUGH
    found = {number: books.uuids.get(_uuid(queue_id)) for number, queue_id in clients.accepted.items()}
    assert [number for number, lead_id in found.items() if lead_id is None] == []
    emails = Counter(books.valid.values())
    known = {f"person.{number}@example.com" for number in (*clients.accepted, *clients.unanswered)}
    assert emails == Counter(known)


def nothing_is_sold_twice(books: Books, buyers: Buyers) -> None:
    """The buyers' record and the books agree, but for the leads that the books call unknown."""
    assert [lead_id for lead_id, count in buyers.taken.items() if count > 1] == []
    assert [email for email, count in buyers.emails.items() if count > 1] == []
    assert books.sales == books.payouts == Counter(books.sold), "one sale and one payout for each sold lead"
    assert books.amounts <= {(3_500_000, 12_500_000)}
    taken = set(buyers.taken)
    assert books.sold <= taken, "every lead that was charged for was taken"
    assert taken - books.sold <= books.unknown, "only unknown leads may be with a buyer and not in the books"
    assert set(books.valid) - books.sold <= books.unknown, "every other lead was sold"
    assert not books.sold & books.unknown


async def the_api_knows_each(installation: Installation, key: str, clients: Clients, books: Books) -> None:
    queue_ids = list(clients.accepted.values())
    seen: Counter[int] = Counter()
    for start in range(0, len(queue_ids), 500):
        asked = {"queueIds": queue_ids[start : start + 500]}
        records = (await ask(installation.port, "GET", "/restapi/v1.3/apiqueue", key, asked)).json()[
            "records"
        ]
        for queue_id, record in zip(asked["queueIds"], records, strict=True):
            lead_id = record["response"]["leadId"]
            assert (record["queueId"], books.uuids[_uuid(queue_id)]) == (queue_id, lead_id)
            assert record["status"] == ("Approved" if lead_id in books.sold else "Pending"), record
            seen[lead_id] += 1
    assert (len(seen), set(seen.values())) == (len(queue_ids), {1})


async def each_is_a_duplicate_now(clients: Clients) -> None:
    numbers = iter([*clients.accepted, *clients.unanswered])

    async def post_again() -> list[tuple[int, int]]:
        return [(number, (await clients.post(number)).code) for number in numbers]

    codes = [pair for part in await asyncio.gather(*(post_again() for _ in range(CLIENTS))) for pair in part]
    assert [pair for pair in codes if pair[1] != -2] == []


def summary(victims: Sequence[Role], clients: Clients, books: Books, buyers: Buyers, seconds: float) -> str:
    kills = ", ".join(f"{count} {role}" for role, count in Counter(victims).items())
    return (
        f"{len(victims)} rounds in {seconds:.0f} s: killed {kills}; {len(clients.accepted)} leads accepted and "
        f"{len(clients.unanswered)} without an answer ({clients.not_reached} posts failed), {len(books.sold)} sold, "
        f"{len(books.unknown)} unknown, {len(buyers.taken)} taken by the buyers"
    )


def _uuid(queue_id: str) -> UUID:
    uuid = read_queue_id(queue_id)
    assert uuid is not None
    return uuid
