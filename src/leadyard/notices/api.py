"""Notices in the own API."""

import msgspec

from leadyard.identity.model import Permission
from leadyard.notices import service
from leadyard.notices.model import Notice, NoticeKind, NoticeSettings
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_PATH = "/notices"
_LOOK, _WRITE = Permission.SETUP_READ, Permission.SETUP_WRITE


class UpTo(msgspec.Struct, frozen=True):
    """The last notice that is acknowledged, with all before it."""

    last_id: int


class Acknowledged(msgspec.Struct, frozen=True):
    """How many notices were acknowledged."""

    count: int


async def _list(call: Call) -> Answer:
    found, total = await service.page(
        call.database, call.account_id, event=call.query["event"], acknowledged=call.query["acknowledged"],
        **call.paging,
    )  # fmt: skip
    return page_of(call, found, total)


async def _acknowledge(call: Call) -> Answer:
    return Answer(await service.acknowledge(call.database, call.actor, call.id()))


async def _acknowledge_all(call: Call) -> Answer:
    return Answer(Acknowledged(await service.acknowledge_all(call.database, call.actor, call.body.last_id)))


async def _settings(call: Call) -> Answer:
    return Answer(await service.settings(call.database, call.account_id))


async def _change_settings(call: Call) -> Answer:
    return Answer(await service.change_settings(call.database, call.actor, call.body))


SECTION = Section(
    "Notices",
    "What whoever works for the account should know: caps that were reached, credit that runs low or out, imports and "
    "payouts that failed, payouts whose outcome nobody knows. Written whether a webhook asks for it or not.",
    (
        Operation(
            method="GET", path=_PATH, id="listNotices", summary="List notices",
            description="Newest first: what went wrong or needs a person, acknowledged ones included unless asked.",
            handler=_list, permission=_LOOK, answer=Notice, is_list=True,
            parameters=(
                Parameter("event", NoticeKind, "Only notices of this kind."),
                Parameter("acknowledged", bool, "Only those that somebody has acknowledged, or nobody has."),
                *PAGING,
            ),
        ),
        Operation(
            method="POST", path=f"{_PATH}/{{id}}/acknowledge", id="acknowledgeNotice", summary="Acknowledge a notice",
            description="Takes it off what is open; who does so first stays on record. A second time changes nothing.",
            handler=_acknowledge, permission=_WRITE, answer=Notice,
        ),
        Operation(
            method="POST", path=f"{_PATH}/acknowledge", id="acknowledgeNotices",
            summary="Acknowledge all notices up to one",
            description="Those that came later stay open; the answer tells how many it was.",
            handler=_acknowledge_all, permission=_WRITE, body=UpTo,
            answer=Acknowledged, example={"last_id": 12},
        ),
        Operation(
            method="GET", path="/notice-settings", id="readNoticeSettings", summary="Read whom notices are mailed to",
            description="The address and the kinds that are mailed to it; `email` is null when nobody is.",
            handler=_settings, permission=_LOOK, answer=NoticeSettings,
        ),
        Operation(
            method="PUT", path="/notice-settings", id="putNoticeSettings", summary="Say whom notices are mailed to",
            description="They leave by the account's first active mail server; without one nothing is mailed.",
            handler=_change_settings, permission=_WRITE, body=NoticeSettings, answer=NoticeSettings,
            example={"email": "ops@agency.example"},
        ),
    ),
)  # fmt: skip
