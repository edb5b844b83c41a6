"""The messages of webhooks in the own API: what was sent, what waits, what was given up."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from leadyard.delivery import dead_letters
from leadyard.delivery.dead_letters import StoredMessage
from leadyard.delivery.outbox import MessageState
from leadyard.identity.model import Permission
from leadyard.kit import clock
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.own_api.operation import LARGEST_ID, Answer, Call, Operation, PageSize, Parameter, Section

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
MessageWord = Literal["waiting", "sent", "dead"]


class WebhookMessageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A message to a webhook; `details` is what the event tells beyond the lead's record."""

    id: int
    webhook_id: int
    event: str
    lead_id: int | None
    details: dict[str, Any]
    state: MessageWord
    tries: int
    due_at: datetime
    created_at: datetime
    last_error: str | None


class WebhookMessagePage(msgspec.Struct, frozen=True):
    """Messages by falling id; `next_before` is the `before` of the next page, null on the last one."""

    items: list[WebhookMessageRecord]
    next_before: int | None


class ReplayInput(msgspec.Struct, frozen=True):
    """Whose dead messages are sent again; none named: all of them."""

    webhook_id: Id | None = None


class Replayed(msgspec.Struct, frozen=True):
    """How many messages will be sent again."""

    count: int


async def search(call: Call) -> Answer:
    """List messages."""
    word, most = call.query["state"], call.query["per_page"]
    async with call.database.connection() as connection:
        found = await dead_letters.messages(
            connection,
            call.account_id,
            None if word is None else MessageState[word.upper()],
            call.query["webhook_id"],
            call.query["before"],
            most,
        )
    return Answer(WebhookMessagePage(list(map(_record, found)), found[-1].id if len(found) == most else None))


async def replay(call: Call) -> Answer:
    """Send one message again."""
    async with call.database.unit_of_work() as connection:
        done = await dead_letters.replay(connection, call.account_id, call.id(), clock.now())
    if done is None:
        raise NotFoundError("There is no such message.")
    if not done:
        raise ConflictError("state", "is waiting: the message will be sent anyhow")
    return Answer()


async def replay_dead(call: Call) -> Answer:
    """Send dead messages again."""
    body: ReplayInput = call.body
    async with call.database.unit_of_work() as connection:
        count = await dead_letters.replay_dead(connection, call.account_id, body.webhook_id, clock.now())
    return Answer(Replayed(count))


def _record(message: StoredMessage) -> WebhookMessageRecord:
    members = msgspec.structs.asdict(message)
    details = members.pop("payload")
    return WebhookMessageRecord(**{**members, "details": details, "state": message.state.name.lower()})


SECTION = Section(
    "Webhook messages",
    "What webhooks and postbacks were told or are to be told. A message that nobody took after the last try is dead; "
    "it can be sent again.",
    (
        Operation(
            method="GET", path="/webhook-messages", id="listWebhookMessages", summary="List messages",
            description="By falling id, of all webhooks and postbacks; the next page is asked for with `before`.",
            handler=search, permission=Permission.SETUP_READ, answer=WebhookMessagePage,
            parameters=(
                Parameter("state", MessageWord, "Only messages that stand so."),
                Parameter("webhook_id", Id, "Only messages of this webhook."),
                Parameter("before", Id, "Only messages with a smaller id."),
                Parameter("per_page", PageSize, "How many messages on a page.", 50),
            ),
        ),
        Operation(
            method="POST", path="/webhook-messages/replay", id="replayDeadMessages",
            summary="Send dead messages again", handler=replay_dead, permission=Permission.SETUP_WRITE,
            description="Puts every dead message back into the queue, of all webhooks or of one; the answer tells "
            "how many. Receivers see the ids that they had.",
            body=ReplayInput, answer=Replayed, example={"webhook_id": 1},
        ),
        Operation(
            method="POST", path="/webhook-messages/{id}/replay", id="replayMessage",
            summary="Send a message again", handler=replay,
            description="Puts one that was sent or given up back into the queue, under the same id. Refused with "
            "409 while it waits to be sent anyhow.",
            permission=Permission.SETUP_WRITE, status=204,
        ),
    ),
)  # fmt: skip
