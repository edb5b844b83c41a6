"""Which suppliers may post to a campaign, and on what terms."""

import msgspec

from leadyard.campaigns.checks import payout_problems
from leadyard.campaigns.inputs import TermsRecord
from leadyard.campaigns.model import SupplierTerms
from leadyard.campaigns.rule_checks import rules_of_payout
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.rules import refuse_bad_rules
from leadyard.campaigns.service.suppliers import suppliers
from leadyard.campaigns.store import bump_version, rows
from leadyard.identity.actor import Actor
from leadyard.identity.service import record_change
from leadyard.kit.documents import read
from leadyard.kit.errors import InvalidInputError, NotFoundError
from leadyard.storage.database import Connection, Database, Row


async def put_terms(
    database: Database, actor: Actor, campaign_id: int, supplier_id: int, document: object
) -> tuple[TermsRecord, bool]:
    """Let a supplier post to a campaign on these terms, instead of any it had; True when it is new there.

    Raises NotFoundError for a campaign or supplier of no or another account, InvalidInputError.
    """
    terms = read(msgspec.to_builtins(document), SupplierTerms)
    problems = payout_problems("payout", terms.payout)
    if problems:
        raise InvalidInputError(problems)
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        campaign = await campaigns.find(connection, actor.account_id, campaign_id)
        await suppliers.find(connection, actor.account_id, supplier_id)
        placed = rules_of_payout("payout", terms.payout)
        await refuse_bad_rules(connection, actor.account_id, placed, campaign.fields)
        row = await rows.find_terms(connection, actor.account_id, campaign_id, supplier_id)
        before = None if row is None else _record(row)
        await rows.put_terms(connection, actor.account_id, campaign_id, supplier_id, terms)
        after = TermsRecord(
            campaign_id=campaign_id, supplier_id=supplier_id, payout=terms.payout, caps=terms.caps
        )
        await _log(connection, actor, "update" if before else "create", before, after)
    return after, before is None


async def delete_terms(database: Database, actor: Actor, campaign_id: int, supplier_id: int) -> None:
    """Take a supplier out of a campaign: its posts are refused from now on. Raises NotFoundError."""
    async with database.unit_of_work() as connection:
        await bump_version(connection, actor.account_id)
        before = await _find(connection, actor.account_id, campaign_id, supplier_id)
        await rows.delete_terms(connection, actor.account_id, campaign_id, supplier_id)
        await _log(connection, actor, "delete", before, None)


async def read_terms(database: Database, account_id: int, campaign_id: int, supplier_id: int) -> TermsRecord:
    """Give the terms of a supplier in a campaign; raises NotFoundError."""
    async with database.connection() as connection:
        return await _find(connection, account_id, campaign_id, supplier_id)


async def list_terms(
    database: Database, account_id: int, campaign_id: int, *, page: int = 1, per_page: int = 50
) -> tuple[list[TermsRecord], int]:
    """Give one page of a campaign's suppliers with their terms, and how many there are; raises NotFoundError."""
    async with database.connection() as connection:
        await campaigns.find(connection, account_id, campaign_id)
        found, total = await rows.terms_of(
            connection, account_id, campaign_id, per_page, (page - 1) * per_page
        )
    return [_record(row) for row in found], total


async def _find(connection: Connection, account_id: int, campaign_id: int, supplier_id: int) -> TermsRecord:
    row = await rows.find_terms(connection, account_id, campaign_id, supplier_id)
    if row is None:
        raise NotFoundError("This supplier has no terms in this campaign.")
    return _record(row)


def _record(row: Row) -> TermsRecord:
    terms = msgspec.convert(row["settings"], SupplierTerms)
    return TermsRecord(
        campaign_id=row["campaign_id"], supplier_id=row["partner_id"], payout=terms.payout, caps=terms.caps
    )


async def _log(
    connection: Connection,
    actor: Actor,
    action: str,
    before: TermsRecord | None,
    after: TermsRecord | None,
) -> None:
    known = after or before
    campaign_id = 0 if known is None else known.campaign_id
    await record_change(
        connection, actor.account_id, actor.name, action, "supplier terms", campaign_id, before, after
    )
