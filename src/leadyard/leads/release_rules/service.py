"""What operators do with release rules."""

from leadyard.campaigns.service import campaigns
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.service.rules import fields_of_campaign, problems_of_rules
from leadyard.kit.errors import FieldProblem
from leadyard.leads.release_rules import store
from leadyard.leads.release_rules.model import (
    Progress,
    ReleaseRuleInput,
    ReleaseRuleRecord,
    settings_problems,
)
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables import release_rules as tables

__all__ = ["ReleaseRules", "progress_of", "release_rules"]


class ReleaseRules(Noun[ReleaseRuleInput, ReleaseRuleRecord]):
    """Release rules; what they name must be of their campaign."""

    entity = "release rule"
    table = tables.release_rules
    input = ReleaseRuleInput
    record = ReleaseRuleRecord

    def problems(self, wanted: ReleaseRuleInput) -> list[FieldProblem]:
        """Check the times."""
        return settings_problems(wanted.settings)

    async def missing(
        self, connection: Connection, account_id: int, wanted: ReleaseRuleInput
    ) -> list[FieldProblem]:
        """Check the campaign, and the rule over its fields."""
        if not await campaigns.exists(connection, account_id, wanted.campaign_id):
            return [FieldProblem("campaign_id", "does not exist")]
        fields = await fields_of_campaign(connection, account_id, wanted.campaign_id)
        placed = [("settings.rule", wanted.settings.rule)]
        return await problems_of_rules(connection, account_id, placed, fields)

    async def save_parts(
        self,
        connection: Connection,
        account_id: int,
        row_id: int,
        wanted: ReleaseRuleInput,  # noqa: ARG002 - a hook
    ) -> None:
        """Make the row in which workers keep how far the rule is; a change of the rule leaves its throttle alone."""
        await store.begin(connection, account_id, row_id)


release_rules = ReleaseRules()


async def progress_of(database: Database, account_id: int, rule_id: int) -> Progress:
    """Tell what a rule has done so far; raises NotFoundError."""
    async with database.connection() as connection:
        await release_rules.find(connection, account_id, rule_id)
        return await store.progress(connection, account_id, rule_id)
