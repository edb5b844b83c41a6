"""What a campaign asks outside its rules, worked out once: its checks in stages, and where else duplicates may be."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Campaign, Dedupe
from leadyard.delivery.transports.http import names_in
from leadyard.intake.providers.model import (
    OF_THE_ADDRESS,
    USUAL_FIELDS,
    CampaignCheck,
    CheckKind,
    CountryDatabase,
    HttpSource,
    Lists,
    Numbering,
    Provider,
    Source,
    WhenUnavailable,
)
from leadyard.kit.money import to_micros

VALUE = "value"
"""The name under which templates find the value that is checked."""


class Check(msgspec.Struct, frozen=True):
    """One check, ready to be made: `stage` 0 comes before the fields are judged, 3 is what has to be paid for."""

    kind: CheckKind
    provider: Provider
    fields: tuple[str, ...]
    when_unavailable: WhenUnavailable
    stage: int
    cost: int
    fingerprint: bytes
    names: frozenset[str]

    def values_of(self, stored: Mapping[str, str]) -> list[tuple[str, str]]:
        """List what is asked about, as (field, value): each value once, none that is empty."""
        if self.kind is CheckKind.PAF:
            field = next((name for name in self.fields if stored.get(name)), None)
            return [] if field is None else [(field, stored[field])]
        by_value = {stored[name]: name for name in reversed(self.fields) if stored.get(name)}
        return [(name, value) for value, name in reversed(by_value.items())]


class Inquiry(msgspec.Struct, frozen=True):
    """What a campaign asks outside its rules: `dedupe` only where other leads or lists count for it."""

    checks: tuple[Check, ...]
    dedupe: Dedupe | None

    @property
    def stages(self) -> list[list[Check]]:
        """Give the checks in the order in which they are made; those of one stage run at once."""
        found: dict[int, list[Check]] = {}
        for check in self.checks:
            found.setdefault(check.stage, []).append(check)
        return [found[stage] for stage in sorted(found)]


_NO_NETWORK, _FREE, _PAID = 1, 2, 3


def compile_inquiry(setup: AccountSetup, campaign: Campaign) -> Inquiry | None:
    """Work out what a campaign asks; None when it asks nothing, as most do."""
    checks = _checks(setup, campaign.settings.checks)
    wanted = campaign.settings.dedupe
    elsewhere = wanted.fields and (
        wanted.campaigns or wanted.suppression_campaigns or wanted.suppression_lists
    )
    if not checks and not elsewhere:
        return None
    return Inquiry(checks, wanted if elsewhere else None)


def _checks(setup: AccountSetup, wanted: Sequence[CampaignCheck]) -> tuple[Check, ...]:
    return tuple(
        compile_check(check, setup.providers[check.provider_id])
        for check in wanted
        if check.provider_id in setup.providers
    )


def compile_check(check: CampaignCheck, provider: Provider) -> Check:
    """Make a check ready."""
    settings = provider.settings
    source = settings.source
    cost = to_micros(settings.cost)
    return Check(
        check.kind,
        provider,
        check.fields or USUAL_FIELDS[check.kind],
        check.when_unavailable,
        _stage(check.kind, source, cost),
        cost,
        blake2b(msgspec.json.encode(settings), digest_size=16).digest(),
        names_in(source.http) if isinstance(source, HttpSource) else frozenset({VALUE}),
    )


def _stage(kind: CheckKind, source: Source, cost: int) -> int:
    if cost:
        return _PAID
    if isinstance(source, Numbering | Lists | CountryDatabase):
        return 0 if kind in OF_THE_ADDRESS else _NO_NETWORK
    return _FREE
