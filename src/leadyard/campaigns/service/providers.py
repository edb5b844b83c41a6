"""Validation providers: who answers the checks of leads."""

from collections.abc import Sequence

import msgspec

from leadyard.campaigns.inputs import ProviderInput, ProviderRecord
from leadyard.campaigns.service.noun import Noun
from leadyard.campaigns.store import rows
from leadyard.delivery.answers import check_rules
from leadyard.delivery.transports.http import check_target
from leadyard.intake.providers.model import ANSWERS, CampaignCheck, HttpSource, Lists, MailExchange
from leadyard.kit.errors import FieldProblem
from leadyard.kit.money import BadAmountError, parse_amount
from leadyard.storage.database import Connection
from leadyard.storage.tables import validation


class Providers(Noun[ProviderInput, ProviderRecord]):
    """Validation providers; the lists that they use are of the same account."""

    entity = "validation provider"
    table = validation.validation_providers
    input = ProviderInput
    record = ProviderRecord

    def problems(self, wanted: ProviderInput) -> list[FieldProblem]:
        """Check that the source can answer such checks, its request and its cost."""
        source, problems = wanted.settings.source, []
        if wanted.kind not in ANSWERS[type(source)]:
            problems.append(FieldProblem("settings.source.kind", f"cannot answer checks of {wanted.kind}"))
        if isinstance(source, HttpSource):
            problems += _below("settings.source.http", check_target(source.http))
            problems += _below("settings.source.answers", check_rules(source.answers))
            problems += _shown_problems(source)
        try:
            parse_amount(wanted.settings.cost)
        except BadAmountError as error:
            problems.append(FieldProblem("settings.cost", str(error)))
        return problems

    async def missing(
        self, connection: Connection, account_id: int, wanted: ProviderInput
    ) -> list[FieldProblem]:
        """Check the lists."""
        source = wanted.settings.source
        if isinstance(source, Lists):
            return await missing_lists(connection, account_id, "settings.source.lists", source.lists)
        if isinstance(source, MailExchange):
            path = "settings.source.disposable_lists"
            return await missing_lists(connection, account_id, path, source.disposable_lists)
        return []


providers = Providers()


async def missing_lists(
    connection: Connection, account_id: int, path: str, list_ids: Sequence[int]
) -> list[FieldProblem]:
    """Name the suppression lists that are not of this account."""
    return [
        FieldProblem(f"{path}[{at}]", "does not exist")
        for at, list_id in enumerate(list_ids)
        if await rows.find(connection, validation.suppression_lists, account_id, list_id) is None
    ]


async def missing_providers(
    connection: Connection, account_id: int, checks: Sequence[CampaignCheck]
) -> list[FieldProblem]:
    """Name the checks whose provider is not one of this account's, or answers other checks."""
    problems = []
    for at, check in enumerate(checks):
        path = f"settings.checks[{at}].provider_id"
        row = await rows.find(connection, validation.validation_providers, account_id, check.provider_id)
        if row is None:
            problems.append(FieldProblem(path, "does not exist"))
        elif row["kind"] != check.kind:
            problems.append(FieldProblem(path, f"answers checks of {row['kind']}, not of {check.kind}"))
    return problems


def _shown_problems(source: HttpSource) -> list[FieldProblem]:
    problems = []
    for at, shown in enumerate(source.shown):
        rules = msgspec.structs.replace(source.answers, rules=(), reason=shown.extract)
        if check_rules(rules):
            problems.append(FieldProblem(f"settings.source.shown[{at}].extract", "cannot be read"))
    return problems


def _below(path: str, problems: Sequence[FieldProblem]) -> list[FieldProblem]:
    return [msgspec.structs.replace(problem, field=f"{path}.{problem.field}") for problem in problems]
