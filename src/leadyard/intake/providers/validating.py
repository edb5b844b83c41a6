"""Checks of a single value, asked for by a caller instead of by a lead (docs/leadbyte.md, "Calls")."""

from collections.abc import Callable, Mapping

from leadyard.campaigns.configuration import AccountSetup
from leadyard.intake.fields.email_address import normalise_email
from leadyard.intake.fields.phone_plan import Line
from leadyard.intake.fields.phones import (
    line_normaliser,
    normalise_phone,
    normalise_uk_landline,
    normalise_uk_mobile,
)
from leadyard.intake.providers.compiled import VALUE, compile_check
from leadyard.intake.providers.inspection import Finding, answer_key
from leadyard.intake.providers.model import (
    Answer,
    CampaignCheck,
    CheckKind,
    Outcome,
    Provider,
    ProviderStatus,
    WhenUnavailable,
)
from leadyard.intake.providers.service import Inquiries
from leadyard.ledger.service import Ledger
from leadyard.storage.database import Database
from leadyard.suppression.lookup import matching_lists, sought_in

COUNTRY = "GB"
"""Where numbers without a country code belong: LeadByte's checks of form are those of the UK."""

_UNKNOWN_SUBSCRIBER = {"code": "EC_UNKNOWN_SUBSCRIBER"}
_any_mobile = line_normaliser(Line.MOBILE, COUNTRY)
_any_landline = line_normaliser(Line.FIXED, COUNTRY)

_FORMS: Mapping[CheckKind, tuple[Callable[[str], str | None], Answer]] = {
    CheckKind.HLR: (
        lambda value: normalise_uk_mobile(value) or _any_mobile(value),
        Answer(Outcome.INVALID, "not a mobile number", _UNKNOWN_SUBSCRIBER),
    ),
    CheckKind.LANDLINE: (
        lambda value: normalise_uk_landline(value) or _any_landline(value),
        Answer(Outcome.INVALID, "not a landline number"),
    ),
    CheckKind.EMAIL: (normalise_email, Answer(Outcome.INVALID, "not an email address")),
    CheckKind.TPS: (normalise_phone, Answer(Outcome.INVALID, "not a telephone number")),
}


class Validating:
    """Answers about single values, by an account's providers where it has named some, else by their form."""

    def __init__(self, database: Database, ledger: Ledger, inquiries: Inquiries) -> None:
        """Share the process's database, ledger and questions."""
        self._database = database
        self._ledger = ledger
        self._inquiries = inquiries

    async def validate(self, setup: AccountSetup, kind: CheckKind, value: str) -> Answer:
        """Check a value of one of the four kinds; what that cost is booked in the account's currency, without a lead."""
        normalise, refusal = _FORMS[kind]
        stored = normalise(value)
        if stored is None:
            return refusal
        provider = default_provider(setup, kind)
        if provider is not None:
            return await self._asked(setup, provider, stored)
        if kind is CheckKind.TPS and await self._is_listed(setup, stored):
            return Answer(Outcome.INVALID, "the number is on the account's list")
        return Answer(Outcome.VALID)

    async def _asked(self, setup: AccountSetup, provider: Provider, value: str) -> Answer:
        check = compile_check(CampaignCheck(provider.kind, provider.id), provider)
        values = {VALUE: value, check.fields[0]: value}
        key = answer_key(setup.account.id, check, values, COUNTRY)
        answer = await self._inquiries.asking.answer(setup, check, values, COUNTRY, key)
        finding = Finding(provider.kind, provider.id, provider.name, VALUE, WhenUnavailable.ACCEPT, answer)
        await self._inquiries.book_without_lead(
            self._ledger, setup.account.id, setup.account.currency, [finding]
        )
        return answer

    async def _is_listed(self, setup: AccountSetup, value: str) -> bool:
        lists = [known.id for known in setup.suppression_lists.values() if known.settings.tps]
        sought = sought_in(setup.suppression_lists, lists, value, COUNTRY)
        async with self._database.connection() as connection:
            return bool(await matching_lists(connection, setup.account.id, sought))


def default_provider(setup: AccountSetup, kind: CheckKind) -> Provider | None:
    """Find the account's first active provider that answers such calls."""
    return next(
        (
            provider
            for provider in setup.providers.values()
            if provider.kind is kind
            and provider.settings.answers_validate
            and provider.status is ProviderStatus.ACTIVE
        ),
        None,
    )
