"""Payouts in the own API."""

from collections.abc import Awaitable, Callable
from typing import Any

from leadyard.affiliates.integrations.service import Integration
from leadyard.affiliates.model import PayoutMethod, PayoutState
from leadyard.affiliates.payouts import channels
from leadyard.affiliates.payouts.model import (
    PaymentFile,
    PayoutRecord,
    Resolution,
    RunInput,
    RunListed,
    RunRecord,
)
from leadyard.affiliates.payouts.service import Payouts
from leadyard.identity.model import Permission
from leadyard.own_api.operation import PAGING, Answer, Call, Operation, Parameter, Section, page_of

_PATH, _RUNS, _CHANNELS = "/payouts", "/payout-runs", "/payout-channels"
_WRITE, _LOOK = Permission.SETUP_WRITE, Permission.SETUP_READ
_SEARCH = (
    *PAGING,
    Parameter("affiliate_id", int, "Only this affiliate's."),
    Parameter("state", PayoutState, "Only those that stand so."),
)
_EXAMPLES = {
    PayoutMethod.PAYPAL: {"client_id": "AfY…", "client_secret": "the-secret"},
    PayoutMethod.WEBHOOK: {"url": "https://pay.example.com/leadyard", "secret": "a-long-random-text"},
}
Handler = Callable[[Call], Awaitable[Answer]]


def section(payouts: Payouts) -> Section:
    """Make the section over the service of payouts."""
    return Section(
        "Payouts",
        "A run pays what is due: one payout per affiliate and currency, with its commissions as the statement. Every "
        "payment carries its own reference. A payout whose outcome is not known is never sent again by itself.",
        (*_run_operations(payouts), *_payout_operations(payouts), *_channel_operations()),
    )


def _run_operations(payouts: Payouts) -> tuple[Operation, ...]:
    async def start(call: Call) -> Answer:
        record = await payouts.run(call.actor, call.body)
        return Answer(record, location=None if record.id is None else f"{_RUNS}/{record.id}")

    async def search(call: Call) -> Answer:
        found, total = await payouts.search_runs(call.account_id, **call.paging)
        return page_of(call, found, total)

    async def read(call: Call) -> Answer:
        return Answer(await payouts.read_run(call.account_id, call.id()))

    async def file(call: Call) -> Answer:
        text = await payouts.file(call.account_id, call.id())
        return Answer(PaymentFile(f"payouts-{call.id()}.csv", text.decode()))

    async def paid(call: Call) -> Answer:
        return Answer(await payouts.mark_run_paid(call.actor, call.id()))

    return (
        Operation(
            method="POST", path=_RUNS, id="startPayoutRun", summary="Start a payout run", handler=start,
            description="Takes what is due and promised to no other payout. Balances that are not positive or below the "
            "minimum payout wait. `dry_run` shows the payouts and makes none.",
            permission=_WRITE, status=201, body=RunInput, answer=RunRecord, example={"method": "manual"},
        ),
        Operation(
            method="GET", path=_RUNS, id="listPayoutRuns", summary="List payout runs", handler=search,
            description="Newest first, with how many payouts each made and how many of them are neither paid nor failed.",
            permission=_LOOK, parameters=PAGING, answer=RunListed, is_list=True,
        ),
        Operation(
            method="GET", path=f"{_RUNS}/{{id}}", id="readPayoutRun", summary="Read a payout run", handler=read,
            description="Its method, until when it looked, and its payouts as they stand now, each with its "
            "statement.",
            permission=_LOOK, answer=RunRecord,
        ),
        Operation(
            method="GET", path=f"{_RUNS}/{{id}}/file", id="readPayoutFile", summary="Read a run's payment file",
            description="CSV of the run's open payouts for PayPal (`paypal_csv`) or a bank (`bank_csv`).",
            handler=file, permission=_LOOK, answer=PaymentFile,
        ),
        Operation(
            method="POST", path=f"{_RUNS}/{{id}}/paid", id="markPayoutRunPaid", summary="Mark a run as paid",
            handler=paid, permission=_WRITE, answer=RunRecord,
            description="Books every open payout of the run, with its commissions, as paid; others stay as they "
            "are. A second time changes nothing. One `payout.paid` is announced for each.",
        ),
    )  # fmt: skip


def _payout_operations(payouts: Payouts) -> tuple[Operation, ...]:
    async def search(call: Call) -> Answer:
        found, total = await payouts.search(
            call.account_id, affiliate_id=call.query["affiliate_id"], state=call.query["state"], **call.paging
        )
        return page_of(call, found, total)

    async def read(call: Call) -> Answer:
        return Answer(await payouts.read(call.account_id, call.id()))

    async def paid(call: Call) -> Answer:
        return Answer(await payouts.mark_paid(call.actor, call.id()))

    async def cancel(call: Call) -> Answer:
        return Answer(await payouts.cancel(call.actor, call.id()))

    async def retry(call: Call) -> Answer:
        return Answer(await payouts.retry(call.actor, call.id()))

    async def resolve(call: Call) -> Answer:
        return Answer(await payouts.resolve(call.actor, call.id(), call.body))

    def action(name: str, operation_id: str, summary: str, description: str, handler: Handler) -> Operation:
        settles = name == "resolve"
        return Operation(
            method="POST", path=f"{_PATH}/{{id}}/{name}", id=operation_id, summary=summary, handler=handler,
            description=description, permission=_WRITE, answer=PayoutRecord, body=Resolution if settles else None,
            example={"paid": True} if settles else None,
        )  # fmt: skip

    return (
        Operation(
            method="GET", path=_PATH, id="listPayouts", summary="List payouts",
            description="Newest first, each with its statement, its reference and, where it went wrong, the problem.",
            handler=search, permission=_LOOK, parameters=_SEARCH, answer=PayoutRecord, is_list=True,
        ),
        Operation(
            method="GET", path=f"{_PATH}/{{id}}", id="readPayout", summary="Read a payout and its statement",
            description="The payout with its reference, its state and the commissions that it pays, line by line.",
            handler=read, permission=_LOOK, answer=PayoutRecord,
        ),
        action(
            "paid", "markPayoutPaid", "Mark an open payout as paid by hand",
            "Books the payout and its commissions as paid and announces `payout.paid`; one that is paid already stays so. "
            "No money is moved. Refused with 409 when the payout failed or its outcome is unknown.", paid,
        ),
        action(
            "cancel", "cancelPayout", "Give up an open payout",
            "The payout has failed, `payout.failed` is announced, and its commissions are due again for another run. "
            "Refused with 409 unless the payout is open: one that was sent may have been paid.", cancel,
        ),
        action(
            "retry", "retryPayout", "Send a payout of unknown outcome once more",
            "It is open again and goes out under the reference that it had, by which the receiver knows a payment that it "
            "has made already. Refused with 409 unless the outcome is unknown. Where the receiver cannot tell, ask it and "
            "use `resolve`.", retry,
        ),
        action(
            "resolve", "resolvePayout", "Say what became of a payout of unknown outcome",
            "With `paid` the payout and its commissions are booked as paid; without, the payout has failed and its "
            "commissions are due again for another run. Refused with 409 unless the outcome is unknown.", resolve,
        ),
    )  # fmt: skip


def _channel_operations() -> tuple[Operation, ...]:
    operations: list[Operation] = []
    for method, name in ((PayoutMethod.PAYPAL, "PayPal"), (PayoutMethod.WEBHOOK, "Webhook")):
        channel = channels.CHANNELS[method]
        read, put, delete = _channel_handlers(channel)
        path, kind = f"{_CHANNELS}/{method}", channel.kind
        operations += (
            Operation(
                method="GET", path=path, id=f"read{name}Channel", summary=f"Read how payouts go to {name}",
                description=f"The account's {name} settings; the secret is shown as ********, never itself. 404 when "
                "nothing is set up.", handler=read, permission=_LOOK, answer=kind,
            ),
            Operation(
                method="PUT", path=path, id=f"put{name}Channel", summary=f"Set up how payouts go to {name}",
                description=f"Runs with the method `{method}` are sent by these settings from now on. A masked secret that "
                "comes back keeps its value. The audit log keeps the change.",
                handler=put, permission=_WRITE, body=kind, answer=kind, example=_EXAMPLES[method],
            ),
            Operation(
                method="DELETE", path=path, id=f"delete{name}Channel", summary=f"Forget how payouts go to {name}",
                description=f"Runs with the method `{method}` are refused until it is set up again. 404 when nothing is set "
                "up.", handler=delete, permission=_WRITE, status=204,
            ),
        )  # fmt: skip
    return tuple(operations)


def _channel_handlers(channel: Integration[Any]) -> tuple[Handler, Handler, Handler]:
    async def read(call: Call) -> Answer:
        return Answer(await channel.show(call.database, call.account_id))

    async def put(call: Call) -> Answer:
        return Answer(await channel.put(call.database, call.actor, call.body))

    async def delete(call: Call) -> Answer:
        await channel.delete(call.database, call.actor)
        return Answer()

    return read, put, delete
