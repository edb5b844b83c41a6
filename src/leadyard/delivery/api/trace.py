"""The decision trace in the own API."""

from leadyard.delivery.tracing import LeadTrace, trace_of
from leadyard.identity.model import Permission
from leadyard.kit.errors import NotFoundError
from leadyard.leads.masking import hidden_fields
from leadyard.own_api.operation import Answer, Call, Operation, Section


async def _trace(call: Call) -> Answer:
    setup = await call.configuration.setup(call.account_id)
    trace = await trace_of(
        call.database,
        call.account_id,
        call.id(),
        masked=not call.principal.may(Permission.LEADS_SEARCH),
        hidden_in=lambda campaign_id: hidden_fields(setup, campaign_id, call.principal),
    )
    if trace is None:
        raise NotFoundError("There is no such lead.")
    return Answer(trace)


SECTION = Section(
    "Decision trace",
    "Why a lead went where it went: each step of its distribution, the bids, the attempts.",
    (
        Operation(
            method="GET",
            path="/leads/{id}/trace",
            id="readLeadTrace",
            summary="Explain where a lead went",
            description="Every delivery that was considered with the reason why it was left out, its bid, its price "
            "and the state of its cap, in the order of the steps. Requests and answers, which carry personal data, "
            "are masked unless the key may also search leads, and see all that is filled in of the lead's fields.",
            handler=_trace,
            permission=Permission.DELIVERIES_READ,
            answer=LeadTrace,
        ),
    ),
)
