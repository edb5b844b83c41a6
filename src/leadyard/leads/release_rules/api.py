"""Release rules in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.inputs import Id
from leadyard.campaigns.model import Status
from leadyard.identity.model import Permission
from leadyard.leads.release_rules.model import Progress
from leadyard.leads.release_rules.service import progress_of, release_rules
from leadyard.own_api.operation import Answer, Call, Operation, Parameter, Section

_EXAMPLE = {
    "campaign_id": 12,
    "name": "Adults after an hour",
    "settings": {
        "rule": {"operand": "age", "operator": "at least", "value": 18},
        "release_after_minutes": 60,
        "reject_after_days": 14,
        "per_minute": 30,
    },
}


async def _progress(call: Call) -> Answer:
    return Answer(await progress_of(call.database, call.account_id, call.id()))


SECTION = Section(
    "Release rules",
    "What leaves a campaign's quarantine by itself: leads that match a rule are released so many minutes after they "
    "were put aside, at most so many a minute, or rejected after so many days. A lead's history names the rule.",
    (
        *operations_of(
            release_rules,
            "/release-rules",
            plural="release rules", creating="It looks at the campaign's whole quarantine, from the oldest lead on.",
            status=Status,
            filters=(Parameter("campaign_id", Id, "Only rules of this campaign."),),
            example=_EXAMPLE,
        ),
        Operation(
            method="GET", path="/release-rules/{id}/progress", id="readReleaseRuleProgress",
            summary="Tell what a release rule has done", handler=_progress, permission=Permission.SETUP_READ,
            description="How many leads it released and rejected, how many stayed, how far it has looked and when "
            "it goes on.",
            answer=Progress,
        ),
    ),
)  # fmt: skip
