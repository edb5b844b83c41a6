"""What follows when somebody is credited with a person with whom nobody was."""

from collections.abc import Iterable
from datetime import datetime

from leadyard.affiliates.commissions.occasions import note_sold_before
from leadyard.intake.fields import email_key as submission_key
from leadyard.people.model import Credit, Person
from leadyard.storage.database import Connection


async def look_at_sales(
    connection: Connection, account_id: int, moved: Iterable[tuple[Credit, Person]], at: datetime
) -> None:
    """Have looked at what was sold of people, given as they are now with the credit of before, in whom nobody had a share."""
    gained = (
        person
        for before, person in moved
        if before.affiliate_id is None and person.credit.affiliate_id is not None
    )
    keys = [submission_key(person.email) for person in gained if person.email is not None]
    await note_sold_before(connection, account_id, keys, at)
