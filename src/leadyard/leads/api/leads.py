"""Leads in the own API."""

from leadyard.identity.model import Permission
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.kit.money import to_micros
from leadyard.leads.api.inputs import (
    FILTERS,
    PAGING,
    FieldChanges,
    FieldsChanged,
    Finding,
    NewCost,
    NewFinancials,
    filter_of,
    micros,
)
from leadyard.leads.api.records import LeadDetail, LeadPage, detail_of, page_of
from leadyard.leads.landing import landing_page
from leadyard.leads.masking import masked_lead, masked_view
from leadyard.leads.outcomes import DONE, NOT_FOUND
from leadyard.leads.service import Leads
from leadyard.own_api.operation import Answer, Call, Id, Operation, Parameter, Section

NO_SUCH_LEAD = "There is no such lead."
_ONE = "/leads/{id}"
_ATTEMPT = (Parameter("number", Id, "The number of the attempt, as the lead shows it."),)


def settled(reason: str, member: str) -> None:
    """Raise what a change that was not made means to the caller: NotFoundError or ConflictError."""
    if reason == NOT_FOUND:
        raise NotFoundError(NO_SUCH_LEAD)
    if reason != DONE:
        raise ConflictError(member, f"cannot be changed: {reason}")


class Handlers:
    """What the operations on leads do."""

    def __init__(self, leads: Leads) -> None:
        """Answer by this process's use cases."""
        self._leads = leads

    async def search(self, call: Call) -> Answer:
        """List leads."""
        most = call.query["per_page"]
        found = await self._leads.page(call.account_id, filter_of(call), most=most)
        setup = await call.configuration.setup(call.account_id)
        return Answer(page_of([masked_lead(lead, setup, call.principal) for lead in found], most))

    async def read(self, call: Call) -> Answer:
        """Show everything that is known of a lead."""
        return Answer(await self._detail(call))

    async def update(self, call: Call) -> Answer:
        """Store new values of fields."""
        body: FieldChanges = call.body
        updated = await self._leads.update(call.principal, call.id(), body.fields)
        if not updated.found:
            raise NotFoundError(NO_SUCH_LEAD)
        return Answer(FieldsChanged(updated.stored, updated.warnings))

    async def reprocess(self, call: Call) -> Answer:
        """Queue a lead for another pass of the distribution."""
        lead_id = call.id()
        settled((await self._leads.reprocess(call.principal, [lead_id]))[lead_id], "status")
        return Answer()

    async def trigger(self, call: Call) -> Answer:
        """Queue a lead for one delivery."""
        delivery_id = call.id("delivery_id")
        reasons = await self._leads.trigger(call.principal, call.id(), [delivery_id])
        settled(reasons[delivery_id], "delivery_id")
        return Answer()

    async def resolve(self, call: Call) -> Answer:
        """Settle an attempt whose outcome is unknown."""
        body: Finding = call.body
        reason = await self._leads.resolve_unknown(
            call.principal, call.id(), call.id("number"), accepted=body.accepted, revenue=micros(body.revenue)
        )
        settled(reason, "number")
        return Answer(await self._detail(call))

    async def add_cost(self, call: Call) -> Answer:
        """Book a cost."""
        body: NewCost = call.body
        amount = to_micros(body.amount)
        settled(await self._leads.book_cost(call.principal, call.id(), body.entry_kind, amount), "kind")
        return Answer(await self._detail(call))

    async def set_financials(self, call: Call) -> Answer:
        """Replace payout and revenue."""
        body: NewFinancials = call.body
        lead_id = call.id()
        reasons = await self._leads.change_financials(
            call.principal,
            [lead_id],
            payout=micros(body.payout),
            revenue=micros(body.revenue),
            buyer_id=body.buyer_id,
        )
        settled(reasons[lead_id], "sale_status")
        return Answer(await self._detail(call))

    async def _detail(self, call: Call) -> LeadDetail:
        key, lead_id = call.principal.key, call.id()
        found = await self._leads.read(
            call.account_id, [lead_id], supplier_id=key.supplier_id, buyer_id=key.buyer_id
        )
        if lead_id not in found:
            raise NotFoundError(NO_SUCH_LEAD)
        setup = await call.configuration.setup(call.account_id)
        whole = found[lead_id]
        view = masked_view(whole, setup, call.principal)
        page = landing_page(view, setup.campaigns.get(view.lead.campaign_id or 0)) if view is whole else ""
        return detail_of(view, await self._leads.entries(call.account_id, lead_id), page)


def section(leads: Leads) -> Section:
    """Make the section of leads."""
    do = Handlers(leads)
    return Section(
        "Leads",
        "Every submission, refused ones included, with the trace of each decision that was made about it.",
        (*_on_the_lead(do), *_on_its_sale(do)),
    )


def _on_the_lead(do: Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            method="GET", path="/leads", id="listLeads", summary="List leads", handler=do.search,
            permission=Permission.LEADS_SEARCH,
            description="By falling id, refused and quarantined ones included; the next page is asked for with "
            "`before`. Masked fields are masked for keys without `Leads > See masked fields`.",
            parameters=(*FILTERS, *PAGING), answer=LeadPage,
        ),
        Operation(
            method="GET", path=_ONE, id="readLead", summary="Read a lead", handler=do.read,
            description="With every delivery that was considered, what was sent to it and answered, its history "
            "and what was booked for it.",
            permission=Permission.LEADS_SEARCH, answer=LeadDetail,
        ),
        Operation(
            method="PATCH", path=_ONE, id="updateLead", summary="Change a lead's fields", handler=do.update,
            description="Each value is checked by its field; one that is refused is told in `warnings`.",
            permission=Permission.LEADS_UPDATE, body=FieldChanges, answer=FieldsChanged,
            example={"fields": {"firstname": "Jo", "phone2": ""}},
        ),
    )  # fmt: skip


def _on_its_sale(do: Handlers) -> tuple[Operation, ...]:
    return (
        Operation(
            method="POST", path=f"{_ONE}/reprocess", id="reprocessLead", summary="Distribute a lead again",
            description="Over the deliveries that have not taken it; a sale is never doubled.",
            handler=do.reprocess, permission=Permission.LEADS_REPROCESS, status=204,
        ),
        Operation(
            method="POST", path=f"{_ONE}/deliveries/{{delivery_id}}/trigger", id="triggerDelivery",
            summary="Send a lead by a delivery that is triggered by hand", handler=do.trigger,
            description="Queues the lead for this one delivery, which must be of the lead's campaign and be set to "
            "be triggered by hand; the worker sends it. Asked again while it waits, nothing more happens. Refused "
            "with 409 when the delivery has bought the lead or may have it.",
            permission=Permission.DELIVERIES_TRIGGER, status=204,
        ),
        Operation(
            method="POST", path=f"{_ONE}/attempts/{{number}}/resolve", id="resolveAttempt", parts=_ATTEMPT,
            summary="Say what became of an attempt whose outcome is unknown", handler=do.resolve,
            description="Accepted books the sale; otherwise the lead goes on to the next delivery.",
            permission=Permission.LEADS_UPDATE, body=Finding, answer=LeadDetail,
            example={"accepted": True, "revenue": "12.50"},
        ),
        Operation(
            method="POST", path=f"{_ONE}/costs", id="addLeadCost", summary="Book a cost of a lead",
            description="Adds to what checks, e-mails or text messages of the lead cost: booked in the ledger and "
            "counted in the reports at once. Each call adds once more.",
            handler=do.add_cost, permission=Permission.LEADS_FINANCIALS, body=NewCost,
            answer=LeadDetail, example={"kind": "sms", "amount": "0.04"},
        ),
        Operation(
            method="PUT", path=f"{_ONE}/financials", id="setLeadFinancials",
            summary="Replace what a sold lead earns and pays", handler=do.set_financials,
            description="Members that are left out stay. The difference is booked as a correction in the ledger: "
            "revenue at the buyer named, else at who bought the lead last; payout at the supplier. Reports follow "
            "at once. Refused with 409 for a lead that is not sold.",
            permission=Permission.LEADS_FINANCIALS, body=NewFinancials, answer=LeadDetail,
            example={"payout": "3.50", "revenue": "12.50"},
        ),
    )  # fmt: skip
