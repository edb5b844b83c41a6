"""Who and what the codes of arrivals stand for: looked up for a whole batch at once."""

from collections.abc import Mapping, Sequence

import msgspec

from leadyard.people.model import email_key
from leadyard.storage.database import Connection
from leadyard.tracking.claims import domains_of
from leadyard.tracking.model import Claim, Resolved, TouchSource

_CREDITABLE = "(1, 2)"
"""affiliates.model.AffiliateStatus: active and pending; archived and rejected affiliates are credited with nobody."""

_CODES = f"""
SELECT c.code_key AS key, a.id FROM affiliate_codes c
JOIN affiliates a ON a.account_id = c.account_id AND a.id = c.affiliate_id AND a.status IN {_CREDITABLE}
WHERE c.account_id = $1 AND c.code_key = ANY($2::text[])
"""
_EMAILS = f"""
SELECT email_key AS key, id FROM affiliates
WHERE account_id = $1 AND email_key = ANY($2::text[]) AND status IN {_CREDITABLE}
"""
_DOMAINS = f"""
SELECT lower(referrer_domain) AS key, id FROM affiliates
WHERE account_id = $1 AND referrer_domain = ANY($2::text[]) AND status IN {_CREDITABLE}
"""
_CAMPAIGNS = """
SELECT key, id FROM (
  SELECT code_key AS key, id, 0 AS place FROM traffic_campaigns
  WHERE account_id = $1 AND code_key = ANY($2::text[]) AND archived_at IS NULL
  UNION ALL
  SELECT link_code, id, 1 FROM traffic_campaigns
  WHERE account_id = $1 AND link_code = ANY($2::text[]) AND archived_at IS NULL
) AS found
ORDER BY place DESC
"""


class _Known(msgspec.Struct, frozen=True):
    codes: Mapping[str, int]
    emails: Mapping[str, int]
    domains: Mapping[str, int]
    campaigns: Mapping[str, int]


async def resolve(connection: Connection, account_id: int, claims: Sequence[Claim]) -> list[Resolved]:
    """Tell for each claim who is credited by it; unknown codes count as none."""
    codes = {code_key(code) for claim in claims for _, code in claim.affiliate_codes}
    emails = {email_key(claim.page_affiliate) for claim in claims if claim.page_affiliate}
    hosts = {claim.referrer_host for claim in claims if claim.referrer_host}
    domains = {domain for host in hosts for domain in domains_of(host)}
    campaigns = {code_key(code) for claim in claims for code in claim.campaign_codes}
    known = _Known(
        await _found(connection, account_id, _CODES, codes),
        await _found(connection, account_id, _EMAILS, emails),
        await _found(connection, account_id, _DOMAINS, domains),
        await _found(connection, account_id, _CAMPAIGNS, campaigns),
    )
    return [_resolved(claim, known) for claim in claims]


def code_key(code: str) -> str:
    """Write a code as it is compared: without regard to case."""
    return code.strip().casefold()


async def _found(connection: Connection, account_id: int, sql: str, keys: set[str]) -> dict[str, int]:
    if not keys:
        return {}
    return {row["key"]: row["id"] for row in await connection.fetch(sql, account_id, list(keys))}


def _resolved(claim: Claim, known: _Known) -> Resolved:
    campaign = next(
        (known.campaigns[key] for key in map(code_key, claim.campaign_codes) if key in known.campaigns), None
    )
    for source, code in claim.affiliate_codes:
        if code_key(code) in known.codes:
            return Resolved(source, known.codes[code_key(code)], campaign, code)
    said = claim.affiliate_codes[0][1] if claim.affiliate_codes else None
    if claim.page_affiliate and email_key(claim.page_affiliate) in known.emails:
        return Resolved(TouchSource.PAGE, known.emails[email_key(claim.page_affiliate)], campaign, said)
    for domain in domains_of(claim.referrer_host) if claim.referrer_host else ():
        if domain in known.domains:
            return Resolved(TouchSource.REFERRER, known.domains[domain], campaign, said)
    source = TouchSource.DIRECT if campaign is None else TouchSource.CAMPAIGN
    return Resolved(source, None, campaign, said)
