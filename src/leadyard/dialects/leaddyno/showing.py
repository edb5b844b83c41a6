"""Visitors and leads as this dialect shows them (docs/leaddyno.md, "Calls")."""

from collections.abc import Iterable, Sequence

import msgspec

from leadyard.affiliates.affiliates import views
from leadyard.affiliates.traffic_campaigns import service as traffic_campaigns
from leadyard.dialects.leaddyno.call import Call
from leadyard.dialects.leaddyno.writing import Shown, coded, party, utc, utc_or_none
from leadyard.people import service as people
from leadyard.people.model import Credit, Person
from leadyard.storage.database import Connection
from leadyard.tracking import service as tracking
from leadyard.tracking.model import Visitor

PROFILE = ("address1", "address2", "city", "state", "zipcode", "country", "phone", "company")


class Names(msgspec.Struct, frozen=True):
    """E-mails of affiliates and codes of campaigns that are credited with something."""

    emails: dict[int, str]
    codes: dict[int, str]

    def affiliate(self, credit: Credit) -> Shown | None:
        """Show whom a credit names."""
        row_id = credit.affiliate_id
        return None if row_id is None else party(row_id, self.emails.get(row_id))

    def campaign(self, credit: Credit) -> Shown | None:
        """Show the campaign that a credit names."""
        row_id = credit.traffic_campaign_id
        return None if row_id is None else coded(row_id, self.codes.get(row_id))


async def _names(connection: Connection, account_id: int, credits_: Iterable[Credit]) -> Names:
    credited = list(credits_)
    affiliates = {credit.affiliate_id for credit in credited if credit.affiliate_id is not None}
    campaigns = {credit.traffic_campaign_id for credit in credited if credit.traffic_campaign_id is not None}
    return Names(
        await views.emails(connection, account_id, affiliates),
        await traffic_campaigns.codes(connection, account_id, campaigns),
    )


async def show_visitors(call: Call, visitors: Sequence[Visitor]) -> list[Shown]:
    """Show visitors, in their order."""
    async with call.database.connection() as connection:
        names = await _names(connection, call.account_id, (visitor.credit for visitor in visitors))
        ids = {visitor.person_id for visitor in visitors if visitor.person_id is not None}
        emails = await people.emails(connection, call.account_id, ids)
    return [_visitor(visitor, names, emails) for visitor in visitors]


def _visitor(visitor: Visitor, names: Names, emails: dict[int, str | None]) -> Shown:
    person_id = visitor.person_id
    return {
        "id": visitor.id,
        "created_at": utc(visitor.created_at),
        "updated_at": utc(visitor.updated_at),
        "tracking_code": visitor.tracking_code,
        "lead": None if person_id is None else party(person_id, emails.get(person_id)),
        "url": _address(visitor.url_id, visitor.url),
        "referrer": _address(visitor.referrer_id, visitor.referrer),
        "affiliate": names.affiliate(visitor.credit),
        "campaign": names.campaign(visitor.credit),
        "search_term": visitor.search_term,
        "latest_click": utc_or_none(visitor.latest_click),
    }


async def show_leads(call: Call, leads: Sequence[Person]) -> list[Shown]:
    """Show leads, in their order."""
    async with call.database.connection() as connection:
        names = await _names(connection, call.account_id, (person.credit for person in leads))
        ids = {person.first_visitor_id for person in leads} | {person.latest_visitor_id for person in leads}
        visitors = await tracking.visitors_of(connection, call.account_id, {i for i in ids if i is not None})
    return [_lead(person, names, visitors) for person in leads]


def _lead(person: Person, names: Names, visitors: dict[int, Visitor]) -> Shown:
    first = None if person.first_visitor_id is None else visitors.get(person.first_visitor_id)
    latest = None if person.latest_visitor_id is None else visitors.get(person.latest_visitor_id)
    return {
        "id": person.id,
        "email": person.email,
        "created_at": utc(person.created_at),
        "updated_at": utc(person.updated_at),
        "status": "Customer" if person.is_customer else "Registered",
        "custom_status": person.custom_status,
        "first_name": person.profile.first_name,
        "last_name": person.profile.last_name,
        "latest_visitor": None
        if latest is None
        else {"id": latest.id, "tracking_code": latest.tracking_code},
        "url": None if first is None else _address(first.url_id, first.url),
        "referrer": None if first is None else _address(first.referrer_id, first.referrer),
        "affiliate": names.affiliate(person.credit),
        "campaign": names.campaign(person.credit),
        "search_term": None if first is None else first.search_term,
        "tracking_code": None if latest is None else latest.tracking_code,
        **{name: getattr(person.profile, name) for name in PROFILE},
        "crm_data": {},
    }


def _address(row_id: int | None, url: str | None) -> Shown | None:
    return None if row_id is None else {"id": row_id, "url": url}
