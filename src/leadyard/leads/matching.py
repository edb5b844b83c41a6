"""Leads that match a rule which is no part of the set-up, such as a job's."""

from collections.abc import Sequence

import msgspec

from leadyard.campaigns import service as setup_service
from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign
from leadyard.leads import reading
from leadyard.leads.facts import facts_of
from leadyard.leads.reading import LeadFacts, LeadFilter
from leadyard.routing.rules import Rule, Test, compile_rule
from leadyard.storage.database import Connection, Database

LOOKED_AT_ONCE = 500
_KEPT = 256


class Found(msgspec.Struct, frozen=True):
    """What a look at leads in order of id brought: ids to deal with, how many did not match, the last one's id.

    `last_id` None tells that there were none left.
    """

    lead_ids: list[int]
    skipped: int
    last_id: int | None


class RuleTests:
    """Rules made ready, each kept while its account's set-up is the same; one object per process."""

    def __init__(self, database: Database) -> None:
        """Read the lists that rules name from this database."""
        self._database = database
        self._tests: dict[tuple[int, bytes], tuple[int, Test]] = {}

    async def of(self, setup: AccountSetup, campaign: Campaign, rule: Rule) -> Test:
        """Compile a rule of a campaign; raises InvalidInputError for one that the campaign cannot read any more."""
        key = (setup.account.id, msgspec.json.encode((campaign.id, rule)))
        known = self._tests.get(key)
        if known is not None and known[0] == setup.version:
            return known[1]
        _, words = await setup_service.readable(self._database, setup, campaign, rule)
        if len(self._tests) >= _KEPT:
            self._tests.clear()
        test = compile_rule(rule, words)
        self._tests[key] = (setup.version, test)
        return test


def matches(setup: AccountSetup, campaign: Campaign, test: Test, lead: LeadFacts) -> bool:
    """Tell whether a stored lead matches a rule of its campaign, by its fields as they are now."""
    return test(facts_of(setup, campaign, lead.fields, lead.received_at, lead.supplier_id, lead.channel))


async def next_found(
    connection: Connection,
    setup: AccountSetup,
    wanted: LeadFilter,
    test: Test | None,
    after_id: int,
    most: int,
) -> Found:
    """Find at most so many leads of a filter after an id, tests left out; with a test only those that match.

    A rule needs a filter with a campaign. A look ends after LOOKED_AT_ONCE leads, whatever it found.
    """
    if test is None:
        ids = await reading.ids_after(connection, setup, wanted, after_id, most)
        return Found(ids, 0, ids[-1] if ids else None)
    leads = await reading.facts_after(connection, setup, wanted, after_id, LOOKED_AT_ONCE)
    return _picked(setup, setup.campaigns[wanted.campaign_id or 0], test, leads, most)


def _picked(
    setup: AccountSetup, campaign: Campaign, test: Test, leads: Sequence[LeadFacts], most: int
) -> Found:
    ids: list[int] = []
    looked = 0
    for lead in leads:
        looked += 1
        if matches(setup, campaign, test, lead):
            ids.append(lead.id)
        if len(ids) == most:
            break
    return Found(ids, looked - len(ids), leads[looked - 1].id if looked else None)
