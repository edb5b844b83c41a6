"""Leads that every delivery skipped: whether they go back into quarantine instead of being unsold."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.sending import Job
from leadyard.intake.requarantine import put_aside, puts_aside
from leadyard.leads.model import AttemptState
from leadyard.routing.choice import Choice
from leadyard.storage.database import Connection


def goes_back(setup: AccountSetup, job: Job, choice: Choice | None) -> bool:
    """Tell whether a lead at the end of its pass was skipped by every delivery of a campaign that minds."""
    campaign = setup.campaigns.get(job.campaign_id)
    if campaign is None or not puts_aside(campaign):
        return False
    states = [attempt.state for attempt in job.tried if attempt.number > job.after_attempt]
    return bool(states or (choice is not None and choice.skipped)) and all(
        state is AttemptState.SKIPPED for state in states
    )


async def put_back(
    connection: Connection, setup: AccountSetup, jobs: Sequence[Job], now: datetime
) -> list[Job]:
    """Put leads into quarantine; gives the jobs of those that have been there too often, which are unsold."""
    by_campaign: dict[int, list[Job]] = defaultdict(list)
    for job in jobs:
        by_campaign[job.campaign_id].append(job)
    unsold = []
    for campaign_id, listed in sorted(by_campaign.items()):
        lead_ids = [job.lead_id for job in listed]
        aside = await put_aside(connection, setup, setup.campaigns[campaign_id], lead_ids, now)
        unsold += [job for job in listed if job.lead_id not in aside]
    return unsold
