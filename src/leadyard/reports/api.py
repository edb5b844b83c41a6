"""Reports in the own API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from leadyard.identity.model import Permission
from leadyard.kit import clock
from leadyard.kit.errors import InvalidInputError
from leadyard.kit.money import from_micros
from leadyard.own_api.operation import LARGEST_ID, Answer, Call, Operation, Parameter, Section
from leadyard.reports.api_rows import BuyerSalesRow, SupplierReportRow, buyer_row, supplier_row
from leadyard.reports.model import CampaignReportRequest, CampaignReportRow, Correction
from leadyard.reports.parties import buyer_report, corrections
from leadyard.reports.periods import BadPeriodError, Period, read_group, resolve
from leadyard.reports.service import campaign_report

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
Text = Annotated[str, Meta(max_length=64)]

PARAMETERS = (
    Parameter("from", Text, "Begin of the window: a date, or a time; without a zone it is the account's."),
    Parameter("to", Text, "End of the window, the last day included; now when absent."),
    Parameter(
        "preset", Text, "Instead of dates: today, yesterday, this_week, last_week, last_7d, last_30d, …"
    ),
    Parameter("group", Text, "Campaign (the usual), Day, Week, Month or Hour."),
    Parameter("campaign_id", Id, "Only this campaign."),
    Parameter("supplier_id", Id, "Only leads of this supplier."),
    Parameter("buyer_id", Id, "Only leads that this buyer took, counted one by one."),
)


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row: `label` names the time of a time group, `campaign_id` the campaign of the others."""

    label: str | None
    campaign_id: int | None
    currency: str
    leads: int
    valid: int
    invalid: int
    pending: int
    rejections: int
    approved: int
    returned: int
    payable: int
    payout: Decimal
    revenue: Decimal
    validation_cost: Decimal
    email_cost: Decimal
    sms_cost: Decimal
    profit: Decimal


class SupplierReport(msgspec.Struct, frozen=True):
    """A report on suppliers over a window, from its start (inside) to its end (outside), in UTC."""

    start: datetime
    end: datetime
    rows: list[SupplierReportRow]


class BuyerReport(msgspec.Struct, frozen=True):
    """A report on buyers over a window, from its start (inside) to its end (outside), in UTC."""

    start: datetime
    end: datetime
    rows: list[BuyerSalesRow]


class CampaignReport(msgspec.Struct, frozen=True):
    """A report over a window, from its start (inside) to its end (outside), in UTC."""

    start: datetime
    end: datetime
    rows: list[ReportRow]


def _window(call: Call, zone: ZoneInfo) -> tuple[Period, str]:
    try:
        period = resolve(
            call.query["from"], call.query["to"], call.query["preset"], now=clock.now(), zone=zone
        )
        return period, read_group(call.query["group"])
    except BadPeriodError as error:
        text = str(error).replace("datePreset", "preset").replace("groupBy", "group")
        raise InvalidInputError.of(text.partition(" ")[0], text) from error


async def request_of(call: Call) -> CampaignReportRequest:
    """Read what every report is asked for; raises InvalidInputError."""
    setup = await call.configuration.setup(call.account_id)
    zone = ZoneInfo(setup.account.time_zone)
    period, group = _window(call, zone)
    only, supplier_id, buyer_id = (call.query[name] for name in ("campaign_id", "supplier_id", "buyer_id"))
    return CampaignReportRequest(
        account_id=call.account_id,
        period=period,
        zone=zone,
        campaigns={c.id: c.settings.currency for c in setup.campaigns.values() if only in {None, c.id}},
        group=group,
        supplier_ids=None if supplier_id is None else (supplier_id,),
        buyer_ids=None if buyer_id is None else (buyer_id,),
    )


async def _campaigns(call: Call) -> Answer:
    request = await request_of(call)
    async with call.database.connection() as connection:
        rows = await campaign_report(connection, request)
    return Answer(CampaignReport(request.period.start, request.period.end, [_row(row) for row in rows]))


async def _suppliers(call: Call) -> Answer:
    request = msgspec.structs.replace(
        await request_of(call), show_supplier=True, show_campaign=True, show_ssid=call.query["by_ssid"]
    )
    async with call.database.connection() as connection:
        found = await campaign_report(connection, request)
        booked = await corrections(connection, request)
    rows = [
        supplier_row(
            row,
            booked.get((row.label, row.campaign_id, row.supplier_id, row.ssid, row.currency), Correction()),
        )
        for row in found
    ]
    return Answer(SupplierReport(request.period.start, request.period.end, rows))


async def _buyers(call: Call) -> Answer:
    request = msgspec.structs.replace(
        await request_of(call), show_supplier=call.query["by_supplier"], show_campaign=True
    )
    async with call.database.connection() as connection:
        found = await buyer_report(connection, request)
    return Answer(BuyerReport(request.period.start, request.period.end, [buyer_row(row) for row in found]))


def _row(row: CampaignReportRow) -> ReportRow:
    sums = row.sums
    return ReportRow(
        label=row.label,
        campaign_id=row.campaign_id,
        currency=row.currency,
        leads=sums.leads,
        valid=sums.valid,
        invalid=sums.invalid,
        pending=sums.pending,
        rejections=sums.rejections,
        approved=sums.approved,
        returned=sums.returned,
        payable=sums.payable,
        payout=from_micros(sums.payout),
        revenue=from_micros(sums.revenue),
        validation_cost=from_micros(sums.validation_cost),
        email_cost=from_micros(sums.email_cost),
        sms_cost=from_micros(sums.sms_cost),
        profit=from_micros(sums.profit),
    )


SECTION = Section(
    "Reports",
    "Sums over leads by the time at which they were received; changes count at once.",
    (
        Operation(
            method="GET", path="/reports/campaigns", id="reportCampaigns", summary="Report on campaigns",
            description="Counts and money of each group that had a lead in the window.",
            handler=_campaigns, permission=Permission.REPORTS, parameters=PARAMETERS, answer=CampaignReport,
        ),
        Operation(
            method="GET", path="/reports/suppliers", id="reportSuppliers", summary="Report on suppliers",
            description="Counts, rates and money of each campaign and supplier that had a lead in the window.",
            handler=_suppliers, permission=Permission.REPORTS, answer=SupplierReport,
            parameters=(*PARAMETERS, Parameter("by_ssid", bool, "A row for each sub-supplier.", False)),
        ),
        Operation(
            method="GET", path="/reports/buyers", id="reportBuyers", summary="Report on buyers",
            description="What each buyer was sent, took and owes, by the time at which the leads were received.",
            handler=_buyers, permission=Permission.REPORTS, answer=BuyerReport,
            parameters=(*PARAMETERS, Parameter("by_supplier", bool, "A row for each supplier.", False)),
        ),
    ),
)  # fmt: skip
