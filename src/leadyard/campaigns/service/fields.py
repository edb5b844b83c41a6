"""One field of a campaign at a time; each change is a change of the campaign, checked as a whole."""

from collections.abc import Callable, Mapping

import msgspec

from leadyard.campaigns.inputs import CampaignRecord
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.identity.actor import Actor
from leadyard.intake.fields import FieldRule
from leadyard.kit.documents import merged, read
from leadyard.kit.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from leadyard.storage.database import Database


async def read_field(database: Database, account_id: int, campaign_id: int, name: str) -> FieldRule:
    """Give one field of a campaign; raises NotFoundError."""
    return _field(await campaigns.read(database, account_id, campaign_id), name)


async def create_field(database: Database, actor: Actor, campaign_id: int, document: object) -> FieldRule:
    """Add a field to a campaign; raises NotFoundError, InvalidInputError, ConflictError for a name in use."""
    rule = read(msgspec.to_builtins(document), FieldRule)

    def add(campaign: CampaignRecord) -> list[FieldRule]:
        if any(known.name == rule.name for known in campaign.fields):
            raise ConflictError("name", "is taken by another field of the campaign")
        return [*campaign.fields, rule]

    return _field(await _change(database, actor, campaign_id, add), rule.name)


async def update_field(
    database: Database, actor: Actor, campaign_id: int, name: str, patch: Mapping[str, object]
) -> FieldRule:
    """Change a field by a merge patch; its name stays. Raises NotFoundError, InvalidInputError, ConflictError."""

    def replace(campaign: CampaignRecord) -> list[FieldRule]:
        rule = read(merged(msgspec.to_builtins(_field(campaign, name)), patch), FieldRule)
        if rule.name != name:
            raise ConflictError("name", "cannot be changed; make another field")
        return [rule if known.name == name else known for known in campaign.fields]

    return _field(await _change(database, actor, campaign_id, replace), name)


async def delete_field(database: Database, actor: Actor, campaign_id: int, name: str) -> None:
    """Take a field out of a campaign; leads keep their values.

    Raises NotFoundError, and ConflictError while duplicates are found by it or another field refers to it.
    """

    def remove(campaign: CampaignRecord) -> list[FieldRule]:
        _field(campaign, name)
        if name in campaign.settings.dedupe.fields:
            raise ConflictError(name, "is used to find duplicates")
        if any(rule.differs_from == name for rule in campaign.fields if rule.name != name):
            raise ConflictError(name, "is what another field must differ from")
        return [rule for rule in campaign.fields if rule.name != name]

    await _change(database, actor, campaign_id, remove)


async def _change(
    database: Database, actor: Actor, campaign_id: int, change: Callable[[CampaignRecord], list[FieldRule]]
) -> CampaignRecord:
    def patch(campaign: CampaignRecord) -> Mapping[str, object]:
        return {"fields": msgspec.to_builtins(change(campaign))}

    try:
        return await campaigns.update_with(database, actor, campaign_id, patch)
    except InvalidInputError as error:
        raise InvalidInputError([_of_the_field(problem) for problem in error.problems]) from error


def _of_the_field(problem: FieldProblem) -> FieldProblem:
    """Name the member as the caller sent it, without the campaign around it."""
    path = problem.field.partition("].")[2] if problem.field.startswith("fields[") else problem.field
    return FieldProblem(path, problem.detail)


def _field(campaign: CampaignRecord, name: str) -> FieldRule:
    for rule in campaign.fields:
        if rule.name == name:
            return rule
    raise NotFoundError("The campaign has no such field.")
