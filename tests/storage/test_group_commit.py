"""Many requests share one transaction; a bad one fails alone; a lone one waits for nothing."""

import asyncio
from collections.abc import Sequence

import pytest

from leadyard.kit.errors import UnavailableError
from leadyard.storage.group_commit import GroupCommit


async def test_items_that_come_while_a_batch_commits_share_the_next_one() -> None:
    batches: list[list[int]] = []

    async def commit(items: Sequence[int]) -> list[int]:
        batches.append(list(items))
        await asyncio.sleep(0.01)
        return [item * 2 for item in items]

    group = GroupCommit(commit, most=8, lanes=1)
    assert await asyncio.gather(*(group.submit(n) for n in range(20))) == [n * 2 for n in range(20)]
    assert [len(batch) for batch in batches] == [8, 8, 4]


async def test_a_crowd_behind_a_small_batch_is_halved_so_that_both_halves_take_turns() -> None:
    batches: list[int] = []

    async def commit(items: Sequence[int]) -> list[int]:
        batches.append(len(items))
        await asyncio.sleep(0.01)
        return list(items)

    group = GroupCommit(commit, lanes=1)
    first = group.submit(0)
    await asyncio.sleep(0)
    await asyncio.gather(first, *(group.submit(n) for n in range(1, 32)))
    assert batches == [1, 16, 15]


async def test_a_bad_item_fails_alone() -> None:
    async def commit(items: Sequence[int]) -> list[int]:
        if 3 in items:
            raise ValueError("three")
        return list(items)

    group = GroupCommit(commit, lanes=1)
    results = await asyncio.gather(*(group.submit(n) for n in range(5)), return_exceptions=True)
    assert [r for r in results if not isinstance(r, ValueError)] == [0, 1, 2, 4]
    assert isinstance(results[3], ValueError)


async def test_when_the_database_is_away_all_fail_at_once_instead_of_one_by_one() -> None:
    calls = 0

    async def commit(items: Sequence[int]) -> list[int]:
        nonlocal calls
        calls += 1
        raise UnavailableError("away")

    group = GroupCommit(commit, lanes=1)
    results = await asyncio.gather(*(group.submit(n) for n in range(50)), return_exceptions=True)
    assert all(isinstance(result, UnavailableError) for result in results)
    assert calls == 1


async def test_a_caller_that_gave_up_costs_the_others_nothing() -> None:
    async def commit(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0.01)
        return list(items)

    group = GroupCommit(commit, lanes=1)
    waiting = [group.submit(n) for n in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    assert await waiting[0] == 0
    assert await waiting[2] == 2
    with pytest.raises(asyncio.CancelledError):
        await waiting[1]


async def test_closing_waits_for_what_was_submitted() -> None:
    done: list[int] = []

    async def commit(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0.01)
        done.extend(items)
        return list(items)

    group = GroupCommit(commit, most=1, lanes=1)
    tasks = [group.submit(n) for n in range(3)]
    await asyncio.sleep(0)
    await group.close()
    assert done == [0, 1, 2]
    assert [task.result() for task in tasks] == [0, 1, 2]


async def test_a_caller_that_submits_again_at_once_is_served_though_the_last_batch_just_ended() -> None:
    async def commit(items: Sequence[int]) -> list[int]:
        return list(items)

    group = GroupCommit(commit, lanes=1)
    async with asyncio.timeout(10):
        assert [await group.submit(n) for n in range(100)] == list(range(100))
