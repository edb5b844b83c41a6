"""Deliveries: routes from a campaign to a buyer."""

from collections.abc import Mapping

import msgspec

from leadyard.campaigns.delivery_checks import (
    LEAD_SAMPLES,
    delivery_problems,
    fixed_values,
    names_no_lead_has,
)
from leadyard.campaigns.inputs import DeliveryInput, DeliveryPreview, DeliveryRecord
from leadyard.campaigns.kind_previews import names_in_kinds
from leadyard.campaigns.rule_checks import rules_of_delivery
from leadyard.campaigns.service.buyers import buyers
from leadyard.campaigns.service.campaigns import campaigns
from leadyard.campaigns.service.carriers import missing_carriers, preview_of_kind
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.service.rules import fields_of_campaign, problems_of_rules
from leadyard.campaigns.store import rows
from leadyard.delivery.model import Header
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.http import names_in, preview
from leadyard.intake.fields import STANDARD_FIELDS
from leadyard.kit.errors import FieldProblem, InvalidInputError
from leadyard.storage.database import Connection, Database
from leadyard.storage.tables import exchange


class Deliveries(Noun[DeliveryInput, DeliveryRecord]):
    """Deliveries; campaign and buyer are of the same account."""

    entity = "delivery"
    table = exchange.deliveries
    input = DeliveryInput
    record = DeliveryRecord

    def problems(self, wanted: DeliveryInput) -> list[FieldProblem]:
        """Check the request and the answer rules."""
        return delivery_problems(wanted)

    async def missing(
        self, connection: Connection, account_id: int, wanted: DeliveryInput
    ) -> list[FieldProblem]:
        """Check campaign, buyer and what rules name."""
        problems = []
        if not await campaigns.exists(connection, account_id, wanted.campaign_id):
            problems.append(FieldProblem("campaign_id", "does not exist"))
        if not await buyers.exists(connection, account_id, wanted.buyer_id):
            problems.append(FieldProblem("buyer_id", "does not exist"))
        after = wanted.settings.after
        if after is not None and not await self._is_of_campaign(
            connection, account_id, after, wanted.campaign_id
        ):
            problems.append(FieldProblem("settings.after", "is not a delivery of the campaign"))
        fields = await fields_of_campaign(connection, account_id, wanted.campaign_id)
        placed = rules_of_delivery(wanted.settings)
        problems += await problems_of_rules(connection, account_id, placed, fields)
        known = await rows.fields_of(connection, account_id, [wanted.campaign_id])
        names = {rule["name"] for rule in msgspec.to_builtins(known[wanted.campaign_id])} | set(
            STANDARD_FIELDS
        )
        problems += await missing_carriers(connection, account_id, wanted)
        return [*problems, *_dedupe_problems(wanted, names)]

    async def misplaced(
        self, connection: Connection, account_id: int, row_id: int, wanted: DeliveryInput
    ) -> list[FieldProblem]:
        """Check that it does not follow itself, and that nothing needs it in the campaign that it leaves."""
        problems = []
        after, campaign_id = wanted.settings.after, wanted.campaign_id
        if after == row_id:
            problems.append(FieldProblem("settings.after", "is the delivery itself"))
        elif after is not None and await rows.follows(connection, account_id, after, row_id):
            problems.append(FieldProblem("settings.after", "follows this delivery"))
        problems += [
            FieldProblem("campaign_id", f"cannot change: {what} names the delivery")
            for what in await rows.needed_elsewhere(connection, account_id, row_id, campaign_id)
        ]
        return problems

    async def save_parts(
        self, connection: Connection, account_id: int, row_id: int, wanted: DeliveryInput
    ) -> None:
        """Start afresh with duplicates when it looks for none."""
        if not wanted.settings.dedupe.fields:
            await rows.forget_delivered(connection, account_id, rows.DELIVERY_KEYS, row_id)

    async def _is_of_campaign(
        self, connection: Connection, account_id: int, delivery_id: int, campaign_id: int
    ) -> bool:
        row = await rows.find(connection, self.table, account_id, delivery_id)
        return row is not None and row["campaign_id"] == campaign_id


deliveries = Deliveries()


def _dedupe_problems(wanted: DeliveryInput, names: set[str]) -> list[FieldProblem]:
    return [
        FieldProblem(f"settings.dedupe.fields[{at}]", "is not a field of the campaign")
        for at, name in enumerate(wanted.settings.dedupe.fields)
        if name not in names
    ]


async def preview_delivery(
    database: Database, account_id: int, delivery_id: int, values: Mapping[str, str]
) -> DeliveryPreview:
    """Show the request that a lead with these values would make, secrets masked; nothing is sent.

    Raises NotFoundError, and InvalidInputError for values that do not fit where the templates put them.
    """
    async with database.connection() as connection:
        delivery = await deliveries.find(connection, account_id, delivery_id)
        campaign = await campaigns.find(connection, account_id, delivery.campaign_id)
        buyer = await buyers.find(connection, account_id, delivery.buyer_id)
        fixed = fixed_values(delivery, campaign, buyer)
        known = {**LEAD_SAMPLES, **values, **fixed}
        try:
            request, told = await preview_of_kind(connection, account_id, delivery.settings, known)
        except UnfitValueError as error:
            raise InvalidInputError.of("values", str(error)) from error
    if request is not None:
        missing = names_no_lead_has(names_in_kinds(delivery.settings), campaign, fixed)
        return DeliveryPreview(request=request, warnings=(*told, *missing))
    target = delivery.settings.http
    if target is None:
        return DeliveryPreview(request=None, warnings=("The lead is stored here; nothing is sent.",))
    try:
        request = preview(target, known)
    except UnfitValueError as error:
        raise InvalidInputError.of("values", str(error)) from error
    headers = tuple(Header(str(header.name), str(header.value)) for header in request.headers)
    request = msgspec.structs.replace(request, headers=headers)
    warnings = names_no_lead_has(names_in(target), campaign, fixed)
    return DeliveryPreview(request=request, warnings=tuple(warnings))
