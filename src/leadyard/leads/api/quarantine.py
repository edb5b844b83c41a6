"""The quarantine in the own API."""

from leadyard.identity.model import Permission
from leadyard.intake.quarantine import Quarantine
from leadyard.kit.errors import ConflictError, NotFoundError
from leadyard.leads.api.inputs import FILTERS, PAGING, FieldChanges, FieldsChanged, filter_of
from leadyard.leads.api.leads import NO_SUCH_LEAD, settled
from leadyard.leads.api.records import LeadPage, page_of
from leadyard.leads.masking import masked_lead
from leadyard.leads.model import SystemStatus
from leadyard.leads.outcomes import NOT_QUARANTINED
from leadyard.leads.service import Leads
from leadyard.own_api.operation import Answer, Call, Operation, Section

_OF_DECIDED = {"status", "sale_status", "attempt"}
_LIST_FILTERS = tuple(parameter for parameter in FILTERS if parameter.name not in _OF_DECIDED)


class Handlers:
    """What the operations on quarantined leads do."""

    def __init__(self, leads: Leads, quarantine: Quarantine) -> None:
        """Answer by this process's use cases."""
        self._leads = leads
        self._quarantine = quarantine

    async def search(self, call: Call) -> Answer:
        """List what lies in quarantine."""
        most = call.query["per_page"]
        wanted = filter_of(call, system_status=SystemStatus.QUARANTINED)
        found = await self._leads.page(call.account_id, wanted, most=most)
        setup = await call.configuration.setup(call.account_id)
        return Answer(page_of([masked_lead(lead, setup, call.principal) for lead in found], most))

    async def release(self, call: Call) -> Answer:
        """Let a lead in."""
        lead_id = call.id()
        settled((await self._quarantine.release(call.principal, [lead_id]))[lead_id], "status")
        return Answer()

    async def reject(self, call: Call) -> Answer:
        """Refuse a lead for good."""
        lead_id = call.id()
        settled((await self._quarantine.reject(call.principal, [lead_id]))[lead_id], "status")
        return Answer()

    async def update(self, call: Call) -> Answer:
        """Correct fields before a release."""
        body: FieldChanges = call.body
        lead_id = call.id()
        updated = await self._quarantine.update(call.principal, lead_id, body.fields)
        if updated.found:
            return Answer(FieldsChanged(updated.stored, updated.warnings))
        if await self._leads.read(call.account_id, [lead_id], supplier_id=call.principal.key.supplier_id):
            raise ConflictError("status", f"cannot be changed: {NOT_QUARANTINED}")
        raise NotFoundError(NO_SUCH_LEAD)


def section(leads: Leads, quarantine: Quarantine) -> Section:
    """Make the section of the quarantine."""
    do = Handlers(leads, quarantine)
    one, allowed = "/quarantine/{id}", Permission.QUARANTINE_PROCESS
    return Section(
        "Quarantine",
        "Leads that were put aside until somebody decides. Each is released or rejected once.",
        (
            Operation(
                method="GET", path="/quarantine", id="listQuarantine", summary="List quarantined leads",
                handler=do.search, permission=allowed,
                description="By falling id; the next page is asked for with `before`. Only leads that still wait "
                "for a decision.",
                parameters=(*_LIST_FILTERS, *PAGING), answer=LeadPage,
            ),
            Operation(
                method="PATCH", path=one, id="updateQuarantinedLead", summary="Correct a quarantined lead",
                description="Before it is released. Each value is checked by its field; one that is refused is told in `warnings`.",
                handler=do.update, permission=allowed, body=FieldChanges, answer=FieldsChanged,
                example={"fields": {"email": "jo@example.com"}},
            ),
            Operation(
                method="POST", path=f"{one}/release", id="releaseLead", summary="Release a quarantined lead",
                description="Caps and duplicates are looked at again: a lead that cannot get in is refused for good.",
                handler=do.release, permission=allowed, status=204,
            ),
            Operation(
                method="POST", path=f"{one}/reject", id="rejectLead", summary="Reject a quarantined lead",
                description="Refuses the lead for good and gives its duplicate keys back, so that the same person "
                "may come again. Refused with 409 when it is in quarantine no more.",
                handler=do.reject, permission=allowed, status=204,
            ),
        ),
    )  # fmt: skip
