"""A report over any window in any zone equals a count by hand, whatever is folded at the moment."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.reports.rows import ACCOUNT, LeadRow, receive

from leadyard.leads.model import Channel, Standing
from leadyard.reports.model import CampaignReportRequest, LeadSums
from leadyard.reports.periods import GROUPS, Period, group_key
from leadyard.reports.segments import hours_of, segments_of
from leadyard.reports.service import campaign_report, fold
from leadyard.storage.database import Connection, Database

# A zone and a day near which its clocks do something unusual: whole and half hours put forward and back, half
# and quarter hours off, a change one minute after midnight, one at midnight, a day left out.
PLACES = [
    ("UTC", datetime(2026, 1, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 3, 29, tzinfo=UTC)),
    ("Europe/London", datetime(2026, 10, 25, tzinfo=UTC)),
    ("Asia/Kolkata", datetime(2026, 5, 31, tzinfo=UTC)),
    ("Asia/Kathmandu", datetime(2026, 5, 31, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 10, 3, tzinfo=UTC)),
    ("America/St_Johns", datetime(2010, 11, 7, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, tzinfo=UTC)),
]
CURRENCIES = {9: "GBP", 10: "EUR", 11: "GBP"}
OFFSETS = st.one_of(
    st.integers(-300, 300).map(lambda quarters: timedelta(minutes=15 * quarters)),
    st.integers(-300, 300).map(lambda quarters: timedelta(minutes=15 * quarters, microseconds=-1)),
    st.timedeltas(timedelta(days=-3), timedelta(days=3)),
)


@st.composite
def lead_rows(draw: st.DrawFn) -> list[tuple[timedelta, LeadRow]]:
    count = draw(st.integers(0, 25))
    amounts = st.integers(-5_000_000, 50_000_000)
    return [
        (
            draw(OFFSETS),
            LeadRow(
                id=number,
                standing=draw(st.sampled_from(Standing)),
                campaign_id=draw(st.sampled_from([9, 10, 11, 12, None])),
                supplier_id=draw(st.sampled_from([1, 2, None])),
                channel=draw(st.sampled_from(Channel)),
                payout=draw(amounts),
                revenue=draw(amounts),
                sms_cost=draw(amounts),
            ),
        )
        for number in range(count)
    ]


@st.composite
def requests(draw: st.DrawFn) -> tuple[CampaignReportRequest, datetime]:
    place, near = draw(st.sampled_from(PLACES))
    ends = sorted([near + draw(OFFSETS), near + draw(OFFSETS)])
    request = CampaignReportRequest(
        ACCOUNT,
        Period(*ends),
        ZoneInfo(place),
        CURRENCIES,
        draw(st.sampled_from(GROUPS)),
        draw(st.booleans()),
        draw(st.sampled_from([None, (1,), (0, 2)])),
        draw(st.sampled_from([None, (Channel.REST, Channel.IMPORT)])),
        draw(st.booleans()),
    )
    return request, near


Key = tuple[str | None, int | None, int | None, str]


def counted_by_hand(request: CampaignReportRequest, leads: list[LeadRow]) -> dict[Key, LeadSums]:
    sums: dict[Key, LeadSums] = defaultdict(LeadSums)
    for lead in leads:
        if lead.campaign_id not in request.campaigns or lead.standing is Standing.NOT_COUNTED:
            continue
        if not request.period.start <= lead.received_at < request.period.end:
            continue
        if request.supplier_ids is not None and (lead.supplier_id or 0) not in request.supplier_ids:
            continue
        if request.channels is not None and lead.channel not in request.channels:
            continue
        timed = request.group != "Campaign"
        label = group_key(lead.received_at, request.group, request.zone) if timed else None
        campaign = lead.campaign_id if request.show_campaign or not timed else None
        supplier = (lead.supplier_id or 0) if request.show_supplier else None
        key = (label, campaign, supplier, request.campaigns[lead.campaign_id])
        sums[key] = sums[key].plus(lead.sums)
    return dict(sums)


async def reported(connection: Connection, request: CampaignReportRequest) -> dict[Key, LeadSums]:
    rows = await campaign_report(connection, request)
    keys = [(row.label, row.campaign_id, row.supplier_id, row.currency) for row in rows]
    assert keys == sorted(keys, key=lambda key: (key[0] or "", key[1] or 0, key[2] or 0, key[3]))
    return dict(zip(keys, (row.sums for row in rows), strict=True))


async def forget_everything(database: Database) -> None:
    async with database.unit_of_work() as connection:
        for table in ("leads", "lead_deltas", "lead_rollups"):
            await connection.execute(f"DELETE FROM {table} WHERE account_id = $1", ACCOUNT)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=requests(), offsets=lead_rows(), folded_first=st.integers(1, 10))
async def test_a_report_equals_a_count_by_hand_before_during_and_after_folding(
    database: Database,
    asked: tuple[CampaignReportRequest, datetime],
    offsets: list[tuple[timedelta, LeadRow]],
    folded_first: int,
) -> None:
    request, near = asked
    leads = [replaced(lead, near + offset) for offset, lead in offsets]
    expected = counted_by_hand(request, leads)
    await forget_everything(database)
    async with database.connection() as reader:
        async with database.unit_of_work() as writer:
            await receive(writer, leads)
        assert await reported(reader, request) == expected
        async with database.unit_of_work() as folder:
            await fold(folder, ACCOUNT, folded_first)
            assert await reported(reader, request) == expected
        assert await reported(reader, request) == expected
        async with database.unit_of_work() as folder:
            await fold(folder, ACCOUNT)
        assert await reported(reader, request) == expected


def replaced(lead: LeadRow, received_at: datetime) -> LeadRow:
    members = {name: getattr(lead, name) for name in lead.__struct_fields__}
    return LeadRow(**{**members, "received_at": received_at})


@settings(max_examples=200, deadline=None)
@given(
    place=st.sampled_from(PLACES),
    offsets=st.tuples(OFFSETS, OFFSETS),
    group=st.sampled_from(GROUPS[1:]),
    moments=st.lists(OFFSETS, max_size=30),
)
@example(
    place=("America/St_Johns", datetime(2010, 11, 7, tzinfo=UTC)),
    offsets=(timedelta(hours=0), timedelta(hours=6)),
    group="Day",
    moments=[timedelta(hours=2, minutes=30, seconds=30), timedelta(hours=3)],
)
def test_every_moment_of_a_window_is_read_once_and_under_its_own_label(
    place: tuple[str, datetime],
    offsets: tuple[timedelta, timedelta],
    group: str,
    moments: list[timedelta],
) -> None:
    zone, near = ZoneInfo(place[0]), place[1]
    period = Period(*sorted([near + offsets[0], near + offsets[1]]))
    segments = segments_of(period, group, zone)
    hours = hours_of(period, segments)
    for at in (near + moment for moment in moments):
        hour = at.replace(minute=0, second=0, microsecond=0)
        whole = hours.starts <= hour < hours.ends and hour not in hours.straddling
        parts = [part for part in hours.parts if part[0] <= at < part[1]]
        inside = period.start <= at < period.end
        assert int(whole) + len(parts) == int(inside)
        if inside:
            label = [segment.label for segment in segments if segment.start <= at][-1]
            assert label == group_key(at, group, zone)
        if whole:
            last = hour + timedelta(hours=1, microseconds=-1)
            assert group_key(hour, group, zone) == group_key(last, group, zone)
