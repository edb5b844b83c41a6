"""SIGTERM finishes what is in flight, `kill -9` loses nothing, and a second start goes on where the first ended."""

import asyncio
import contextlib

from tests.processes.calls import LEADS, LOST, Answer, Line, OpenPost, ask, lead
from tests.processes.installation import Installation


async def accepted(installation: Installation, number: int) -> str:
    answer = await ask(installation.port, "POST", LEADS, installation.key(), lead(number))
    assert answer.code == 1, answer.body
    return str(answer.json()["results"][0]["queueId"])


async def final_status(installation: Installation, queue_id: str) -> str:
    """Poll a queue id until its status is final."""
    async with asyncio.timeout(120):
        while True:
            answer = await ask(
                installation.port, "GET", f"/restapi/v1.3/apiqueue/{queue_id}", installation.key()
            )
            status = str(answer.json()["records"][0]["status"])
            if status != "Pending":
                return status
            await asyncio.sleep(0.1)


async def settled(installation: Installation, queue_id: str) -> str:
    """Poll a queue id until its status is final, or the lead is listed as one that its buyer may or may not have."""
    async with asyncio.timeout(120):
        while True:
            unknown = await ask(installation.port, "GET", "/api/v1/leads?attempt=unknown", installation.key())
            if queue_id in {lead["queue_id"] for lead in unknown.json()["items"]}:
                return "unknown"
            answer = await ask(
                installation.port, "GET", f"/restapi/v1.3/apiqueue/{queue_id}", installation.key()
            )
            status = str(answer.json()["records"][0]["status"])
            if status != "Pending":
                return status
            await asyncio.sleep(0.1)


async def test_sigterm_answers_what_is_in_flight_and_a_second_start_has_the_same_keys_and_data(
    installation: Installation,
) -> None:
    await asyncio.to_thread(installation.start)
    known = installation.demo()
    earlier = await accepted(installation, 1)
    begun = [await OpenPost.begin(installation.port, installation.key(), lead(n)) for n in range(10, 40)]
    installation.terminate()
    await refuses_connections(installation.port)
    answers = await asyncio.gather(*(post.finish() for post in begun))
    assert [answer.code for answer in answers] == [1] * len(begun)
    assert await asyncio.to_thread(installation.wait) == 0

    await asyncio.to_thread(installation.start)
    assert installation.demo() == known
    queue_ids = [earlier, *(answer.json()["results"][0]["queueId"] for answer in answers)]
    assert {await final_status(installation, queue_id) for queue_id in queue_ids} == {"Approved"}
    again = await ask(installation.port, "POST", LEADS, installation.key(), lead(1))
    assert again.code == -2


async def refuses_connections(port: int) -> None:
    """Wait until the listening socket is closed: from here on the web processes are ending."""
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionRefusedError):
            while True:
                (await Line.open(port)).close()
                await asyncio.sleep(0.02)


async def test_sigterm_in_a_crowd_of_posts_loses_no_accepted_lead(installation: Installation) -> None:
    await asyncio.to_thread(installation.start)
    key = installation.key()

    async def post(number: int) -> Answer | None:
        try:
            return await ask(installation.port, "POST", LEADS, key, lead(number))
        except LOST:
            return None

    posts = [asyncio.create_task(post(number)) for number in range(300)]
    await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
    installation.terminate()
    answers = [answer for answer in await asyncio.gather(*posts) if answer is not None]
    assert await asyncio.to_thread(installation.wait) == 0
    assert {answer.status for answer in answers} == {200}
    await asyncio.to_thread(installation.start)
    for answer in answers:
        assert await final_status(installation, answer.json()["results"][0]["queueId"]) == "Approved"


async def test_after_kill_9_of_everything_a_second_start_recovers_by_itself(
    installation: Installation,
) -> None:
    await asyncio.to_thread(installation.start)
    known = installation.demo()
    sold = [await accepted(installation, number) for number in range(10)]
    assert {await final_status(installation, queue_id) for queue_id in sold} == {"Approved"}
    on_their_way = [await accepted(installation, number) for number in range(10, 20)]
    await asyncio.to_thread(installation.kill_tree)
    await asyncio.to_thread(installation.start)
    assert installation.demo() == known
    assert {await final_status(installation, queue_id) for queue_id in sold} == {"Approved"}
    assert {await settled(installation, queue_id) for queue_id in on_their_way} <= {"Approved", "unknown"}
    answers = [await ask(installation.port, "POST", LEADS, installation.key(), lead(n)) for n in range(20)]
    assert [answer.code for answer in answers] == [-2] * 20
    await accepted(installation, 100)
    assert (await asyncio.to_thread(installation.run, "audit")).returncode == 0
