"""Campaigns, which carry their fields with them."""

from collections.abc import Sequence
from typing import Any

import msgspec

from leadyard.campaigns.checks import campaign_problems
from leadyard.campaigns.distribution import Method
from leadyard.campaigns.distribution_checks import deliveries_named
from leadyard.campaigns.inputs import CampaignInput, CampaignRecord
from leadyard.campaigns.model import Dedupe
from leadyard.campaigns.rule_checks import rules_of_campaign
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.service.providers import missing_lists, missing_providers
from leadyard.campaigns.service.rules import problems_of_rules, refuse_orphans
from leadyard.campaigns.store import rows
from leadyard.kit.errors import FieldProblem
from leadyard.storage.database import Connection, Row
from leadyard.storage.sealing import read_opened
from leadyard.storage.tables import exchange


class Campaigns(Noun[CampaignInput, CampaignRecord]):
    """Campaigns; a reference is taken in any case of its letters."""

    entity = "campaign"
    table = exchange.campaigns
    input = CampaignInput
    record = CampaignRecord

    def completed(self, wanted: CampaignInput, row_id: int) -> CampaignInput:  # noqa: ARG002 - a hook
        """Put the fields in order of name."""
        return msgspec.structs.replace(wanted, fields=tuple(sorted(wanted.fields, key=lambda f: f.name)))

    def columns(self, wanted: CampaignInput) -> dict[str, Any]:
        """Keep the reference a second time as it is looked for."""
        return {
            "reference": wanted.reference,
            "reference_key": wanted.reference.casefold(),
            "name": wanted.name,
            "status": wanted.status,
            "settings": wanted.settings,
        }

    def unique(self, wanted: CampaignInput) -> dict[str, tuple[str, str]]:
        """Take a reference once, in whatever case."""
        return {"reference": ("reference_key", wanted.reference.casefold())}

    def problems(self, wanted: CampaignInput) -> list[FieldProblem]:
        """Check money, duplicates, addresses and fields."""
        return campaign_problems(wanted)

    async def missing(
        self, connection: Connection, account_id: int, wanted: CampaignInput
    ) -> list[FieldProblem]:
        """Check what rules name, the buyers of sub-sets, the providers of checks, and where else to look for duplicates."""
        settings = wanted.settings
        path = "settings.dedupe.suppression_lists"
        placed = rules_of_campaign(settings)
        return [
            *await problems_of_rules(connection, account_id, placed, wanted.fields),
            *await _unknown_buyers(connection, account_id, wanted),
            *await missing_providers(connection, account_id, settings.checks),
            *await missing_lists(connection, account_id, path, settings.dedupe.suppression_lists),
            *await self._missing_campaigns(connection, account_id, settings.dedupe),
        ]

    async def _missing_campaigns(
        self, connection: Connection, account_id: int, dedupe: Dedupe
    ) -> list[FieldProblem]:
        named = {"campaigns": dedupe.campaigns, "suppression_campaigns": dedupe.suppression_campaigns}
        return [
            FieldProblem(f"settings.dedupe.{member}[{at}]", "does not exist")
            for member, ids in named.items()
            for at, campaign_id in enumerate(ids)
            if not await self.exists(connection, account_id, campaign_id)
        ]

    async def misplaced(
        self, connection: Connection, account_id: int, row_id: int, wanted: CampaignInput
    ) -> list[FieldProblem]:
        """Check that the distribution names deliveries of this campaign."""
        distribution = wanted.settings.distribution
        if isinstance(distribution, Method):
            return []
        named = list(deliveries_named("settings.distribution", distribution))
        own = await rows.deliveries_of(connection, account_id, row_id, {id_ for _, id_ in named})
        return [
            FieldProblem(place, "is not a delivery of the campaign") for place, id_ in named if id_ not in own
        ]

    async def save_parts(
        self, connection: Connection, account_id: int, row_id: int, wanted: CampaignInput
    ) -> None:
        """Write the fields, unless a delivery's rule would lose one."""
        await refuse_orphans(connection, account_id, row_id, wanted.fields)
        await rows.replace_fields(connection, account_id, row_id, wanted.fields)

    async def records(
        self, connection: Connection, account_id: int, found: Sequence[Row]
    ) -> list[CampaignRecord]:
        """Add each campaign's fields."""
        fields = await rows.fields_of(connection, account_id, [row["id"] for row in found])
        return [
            read_opened(
                connection,
                account_id,
                "campaigns",
                {**dict(row), "fields": fields[row["id"]]},
                CampaignRecord,
            )
            for row in found
        ]


async def _unknown_buyers(
    connection: Connection, account_id: int, wanted: CampaignInput
) -> list[FieldProblem]:
    sets = wanted.settings.buyer_sets
    known = await rows.known_ids(
        connection, exchange.buyers, account_id, {b for s in sets for b in s.buyer_ids}
    )
    return [
        FieldProblem(f"settings.buyer_sets[{i}].buyer_ids[{k}]", "does not exist")
        for i, one in enumerate(sets)
        for k, buyer_id in enumerate(one.buyer_ids)
        if buyer_id not in known
    ]


campaigns = Campaigns()
