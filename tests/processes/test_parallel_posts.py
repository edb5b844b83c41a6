"""However many clients post at once, over however many web processes, limits hold and a revoked key is dead."""

import asyncio
from collections import Counter
from typing import Any

from tests.processes.calls import LEADS, Answer, Line, OpenPost, ask, lead
from tests.processes.installation import Installation, Role, sockets

from leadyard.intake.fields import STANDARD_FIELDS

MANY = 1000


async def begin_everywhere(
    running: Installation, key: str, documents: list[dict[str, Any]]
) -> list[OpenPost]:
    """Begin posts, each over a connection of its own, and see that every web process has a share of them."""
    webs = running.processes(Role.WEB)
    assert len(webs) == running.web_processes
    before = {pid: sockets(pid) for pid in webs}
    begun: list[OpenPost] = []
    for start in range(0, len(documents), 50):
        part = documents[start : start + 50]
        begun += await asyncio.gather(*(OpenPost.begin(running.port, key, each) for each in part))
    shares = [sockets(pid) - before[pid] for pid in webs]
    assert all(share > len(documents) / 20 for share in shares), shares
    return begun


async def post_at_once(running: Installation, key: str, documents: list[dict[str, Any]]) -> list[Answer]:
    """Post each lead over a connection of its own, all at the same moment, to every web process."""
    begun = await begin_everywhere(running, key, documents)
    return await asyncio.gather(*(post.finish() for post in begun))


async def new_key(running: Installation, *permissions: str) -> tuple[int, str]:
    """Make an administrator's key; gives its id and the key."""
    document = {"reference": "to be revoked", "settings": {"permissions": permissions}}
    made = (await ask(running.port, "POST", "/api/v1/keys", running.key(), document)).json()
    return made["id"], made["key"]


async def revoke(running: Installation, key_id: int) -> None:
    answer = await ask(running.port, "DELETE", f"/api/v1/keys/{key_id}", running.key())
    assert answer.status == 204, answer.body


async def test_of_a_thousand_identical_posts_exactly_one_is_accepted(running: Installation) -> None:
    answers = await post_at_once(running, running.key(), [lead(1)] * MANY)
    assert {answer.status for answer in answers} == {200}
    assert Counter(answer.code for answer in answers) == {1: 1, -2: MANY - 1}


async def test_a_cap_of_a_hundred_lets_exactly_a_hundred_of_a_thousand_in(running: Installation) -> None:
    key = running.key()
    document = {
        "reference": "CAPPED",
        "name": "Capped",
        "settings": {"caps": {"total": 100}, "dedupe": {"fields": ["email", "phone1"]}},
        "fields": [STANDARD_FIELDS[name] for name in ("email", "phone1", "firstname", "lastname")],
    }
    made = await ask(running.port, "POST", "/api/v1/campaigns", key, document)
    assert made.status == 201, made.body
    campaign_id = made.json()["id"]
    terms = await ask(running.port, "PUT", f"/api/v1/campaigns/{campaign_id}/suppliers/1", key, {})
    assert terms.status == 201, terms.body
    answers = await post_at_once(running, key, [lead(number, "CAPPED") for number in range(MANY)])
    assert Counter(answer.code for answer in answers) == {1: 100, -4: MANY - 100}
    path = f"/restapi/v1.3/reports/campaign?campaignId={campaign_id}&datePreset=this_year"
    (row,) = (await ask(running.port, "GET", path, key)).json()["data"]
    assert (row["leads"], row["invalid"]) == (MANY, MANY - 100)


async def test_a_revoked_key_is_refused_at_once_by_every_process(running: Installation) -> None:
    key_id, key = await new_key(running, "Leads > Create", "Campaigns")
    before = await post_at_once(running, key, [lead(10_000 + number) for number in range(60)])
    assert Counter(answer.code for answer in before) == {1: 60}
    begun = await begin_everywhere(running, key, [lead(20_000 + number) for number in range(60)])
    await revoke(running, key_id)
    after = await asyncio.gather(
        *(post.finish() for post in begun),
        *(ask(running.port, "POST", LEADS, key, lead(30_000 + number)) for number in range(60)),
        *(ask(running.port, "GET", "/restapi/v1.3/campaigns", key) for _ in range(60)),
    )
    assert Counter(answer.status for answer in after) == {401: 180}
    assert all(b"Invalid API key" in answer.body for answer in after)
    assert (await ask(running.port, "POST", LEADS, running.key(), lead(20_000))).code == 1


async def test_a_key_that_is_revoked_under_load_lets_nothing_in_from_then_on(running: Installation) -> None:
    key_id, key = await new_key(running, "Leads > Create")
    revoked = asyncio.Event()
    seen: list[tuple[bool, int]] = []

    async def keep_posting(first: int) -> None:
        line = await Line.open(running.port)
        for number in range(first, first + 100_000):
            sent_after = revoked.is_set()
            answer = await line.ask("POST", LEADS, key, lead(number))
            seen.append((sent_after, answer.status))
            if answer.status != 200:
                line.close()
                return

    async with asyncio.TaskGroup() as tasks:
        for number in range(30):
            tasks.create_task(keep_posting(1_000_000 + number * 100_000))
        while len(seen) < 60:  # noqa: ASYNC110 - the clients are to be well under way
            await asyncio.sleep(0.01)
        await revoke(running, key_id)
        revoked.set()
    assert {status for sent_after, status in seen if sent_after} <= {401}
    assert Counter(status for _, status in seen)[401] == 30
