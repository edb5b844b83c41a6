"""People who were customers elsewhere: written as they were there. All work in the caller's unit of work."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from leadyard.people import moving_store
from leadyard.people.model import Person, email_key
from leadyard.people.service import TALLY
from leadyard.storage import tallies
from leadyard.storage.database import Connection


async def bring_in(connection: Connection, account_id: int, people: Sequence[Person]) -> None:
    """Write people whose addresses are not here, and count them on the days on which they came."""
    if people:
        await moving_store.insert(connection, people)
        tallies.add_many(connection, account_id, TALLY, [person.created_at for person in people])


async def ids_of(connection: Connection, account_id: int, emails: Collection[str]) -> dict[str, int]:
    """Give the ids of those whose addresses are here, by the address as it is compared."""
    keys = {email_key(email) for email in emails}
    return await moving_store.by_emails(connection, account_id, keys) if keys else {}


async def add_purchases(connection: Connection, account_id: int, more: Mapping[int, int]) -> None:
    """Count purchases that stand of people whom the caller has locked."""
    await moving_store.add_purchases(connection, account_id, more)


async def set_first_visitors(
    connection: Connection, account_id: int, first: Iterable[tuple[int, int, datetime]]
) -> None:
    """Give people their first visitor (person, visitor, when it came), unless an earlier one is known."""
    await moving_store.set_first_visitors(connection, account_id, first)
