"""Notices: written in the unit of work of what they tell, read and acknowledged by people."""

from collections.abc import Sequence
from typing import Any

from leadyard.delivery.transports.email.message import is_address
from leadyard.identity.actor import Actor
from leadyard.identity.audit import record_change
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.mails import service as mails
from leadyard.mails.model import Letter, MailKind, WaitingMail
from leadyard.notices import store
from leadyard.notices.model import Notice, NoticeKind, NoticeSettings, in_words
from leadyard.storage.database import Connection, Database

ENTITY = "notice settings"
_MOST_IN_A_LETTER = 50


async def note(
    connection: Connection, account_id: int, event: NoticeKind, told: Sequence[dict[str, Any]]
) -> None:
    """Write notices, and queue one e-mail about them where the account wants that."""
    if not told:
        return
    await store.insert(connection, account_id, event, told)
    wanted = await store.settings(connection, account_id)
    if wanted.email is not None and event in wanted.events:
        details = {"event": event.value, "told": list(told[:_MOST_IN_A_LETTER]), "count": len(told)}
        await mails.queue(connection, account_id, MailKind.NOTICE, wanted.email, details)


async def page(
    database: Database,
    account_id: int,
    *,
    event: NoticeKind | None,
    acknowledged: bool | None,
    page: int,
    per_page: int,
) -> tuple[list[Notice], int]:
    """Give one page of notices, newest first, and how many there are."""
    async with database.connection() as connection:
        return await store.page(
            connection, account_id, event, per_page, (page - 1) * per_page, acknowledged=acknowledged
        )


async def acknowledge(database: Database, actor: Actor, notice_id: int) -> Notice:
    """Note that somebody has read a notice; raises NotFoundError."""
    async with database.unit_of_work() as connection:
        found = await store.acknowledge(connection, actor.account_id, notice_id, clock.now(), actor.name)
    if found is None:
        raise NotFoundError("There is no such notice.")
    return found


async def acknowledge_all(database: Database, actor: Actor, last_id: int) -> int:
    """Note that somebody has read all notices up to one; gives how many that were."""
    async with database.unit_of_work() as connection:
        return await store.acknowledge_all(connection, actor.account_id, last_id, clock.now(), actor.name)


async def settings(database: Database, account_id: int) -> NoticeSettings:
    """Give whom notices are mailed to."""
    async with database.connection() as connection:
        return await store.settings(connection, account_id)


async def change_settings(database: Database, actor: Actor, wanted: NoticeSettings) -> NoticeSettings:
    """Say whom notices are mailed to; raises InvalidInputError."""
    if wanted.email is not None and not is_address(wanted.email):
        raise InvalidInputError.of("email", "is not one plain e-mail address")
    async with database.unit_of_work() as connection:
        before = await store.settings(connection, actor.account_id)
        await store.save_settings(connection, actor.account_id, wanted)
        await record_change(
            connection, actor.account_id, actor.name, "update", ENTITY, actor.account_id, before, wanted
        )
    return wanted


async def write_letter(_connection: Connection, _account_id: int, mail: WaitingMail) -> Letter:
    """Write the e-mail about notices of one kind."""
    event = NoticeKind(mail.details["event"])
    sentences = [in_words(event, told) for told in mail.details["told"]]
    count = mail.details["count"]
    if count > len(sentences):
        sentences.append(f"and {count - len(sentences)} more")
    subject = sentences[0] if count == 1 else f"{count} notices: {event}"
    return Letter(" ".join(subject.split())[:200], "\n".join(sentences) + "\n")
