"""Looking values up in suppression lists: for whoever checks leads."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from leadyard.storage.database import Connection
from leadyard.suppression import store
from leadyard.suppression.model import ListSettings, ListStatus, SuppressionList, counts_since, digests_of


async def load_lists(connection: Connection, account_id: int) -> dict[int, SuppressionList]:
    """Load every list of an account by id, without its values."""
    return {
        row["id"]: SuppressionList(
            row["id"],
            row["name"],
            ListStatus(row["status"]),
            msgspec.convert(row["settings"], ListSettings),
        )
        for row in await store.lists(connection, account_id)
    }


def sought_in(
    lists: Mapping[int, SuppressionList], list_ids: Iterable[int], value: str, country: str
) -> list[tuple[int, bytes]]:
    """Work out the digests under which a value would be on the active ones of these lists."""
    found: list[tuple[int, bytes]] = []
    for list_id in list_ids:
        known = lists.get(list_id)
        if known is not None and known.status is ListStatus.ACTIVE:
            found += [(list_id, digest) for digest in digests_of(known.settings, value, country)]
    return found


async def matching_lists(
    connection: Connection,
    account_id: int,
    lists: Mapping[int, SuppressionList],
    sought: Iterable[tuple[int, bytes]],
    now: datetime,
) -> set[int]:
    """Tell which lists hold what is sought, in one indexed query, or none where nothing is."""
    pairs = list(sought)
    if not pairs:
        return set()
    list_ids = [pair[0] for pair in pairs]
    since = [counts_since(lists[list_id].settings, now) for list_id in list_ids]
    return await store.matching(connection, account_id, list_ids, [pair[1] for pair in pairs], since)
