"""What checks a campaign has and who answers them: values as they are stored and shown by the set-up API."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from leadyard.delivery.model import AnswerRules, BreakerPolicy, Extract, HttpTarget

Cost = Annotated[
    Decimal,
    Meta(
        description="What each answer costs, in the campaign's currency: an exact amount, as text or number."
    ),
]
RowId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Seconds = Annotated[int, Meta(ge=0, le=31_536_000)]


class CheckKind(StrEnum):
    """What is checked, in the order in which refusals count (docs/leadbyte.md, "Codes")."""

    IP_BLOCK = "ip_block"
    IP_COUNTRY = "ip_country"
    HLR = "hlr"
    LANDLINE = "landline"
    EMAIL = "email"
    PAF = "paf"
    TPS = "tps"
    DNCR = "dncr"


REFUSALS: Mapping[CheckKind, tuple[int, str]] = {
    CheckKind.IP_BLOCK: (-11, "IP address blocked"),
    CheckKind.IP_COUNTRY: (-14, "IP address country rejection"),
    CheckKind.HLR: (-8, "HLR rejection"),
    CheckKind.LANDLINE: (-13, "Landline rejection"),
    CheckKind.EMAIL: (-12, "Email rejection"),
    CheckKind.PAF: (-10, "PAF rejection"),
    CheckKind.TPS: (-15, "Number matched TPS database"),
    CheckKind.DNCR: (-16, "Number matched DNCR database"),
}
"""Code and text of a lead that a check refuses (docs/leadbyte.md, "Codes")."""

RANKS = {kind: rank for rank, kind in enumerate(CheckKind)}
OF_THE_ADDRESS = frozenset({CheckKind.IP_BLOCK, CheckKind.IP_COUNTRY})
OF_A_PHONE = frozenset({CheckKind.HLR, CheckKind.LANDLINE, CheckKind.TPS, CheckKind.DNCR})


class Numbering(msgspec.Struct, frozen=True, tag_field="kind", tag="numbering"):
    """The numbering plans of the world: whether a number is a possible mobile (hlr) or landline."""


class MailExchange(msgspec.Struct, frozen=True, tag_field="kind", tag="mail_exchange"):
    """A look-up of who takes mail for the address's domain, and of domains for throw-away addresses."""

    refuse_disposable: Annotated[bool, Meta(description="Refuse domains for throw-away addresses.")] = True
    disposable_lists: Annotated[
        tuple[RowId, ...],
        Meta(max_length=20, description="Suppression lists of further such domains."),
    ] = ()
    timeout_seconds: Annotated[int, Meta(ge=1, le=30)] = 5
    found_seconds: Annotated[
        Seconds, Meta(description="How long a domain that takes mail is remembered at most.")
    ] = 3600
    missing_seconds: Annotated[
        Seconds, Meta(description="How long one that takes none is remembered at most.")
    ] = 300


class Lists(msgspec.Struct, frozen=True, tag_field="kind", tag="lists"):
    """Suppression lists that were uploaded, plain or hashed."""

    lists: Annotated[tuple[RowId, ...], Meta(min_length=1, max_length=20)]
    match: Annotated[
        Literal["refuse", "accept"],
        Meta(description="`refuse` what is on a list, or `accept` only what is on one."),
    ] = "refuse"


class CountryDatabase(msgspec.Struct, frozen=True, tag_field="kind", tag="country_database"):
    """The installation's MaxMind-format file: in which country an address is."""

    countries: Annotated[
        tuple[Annotated[str, Meta(pattern="^[A-Z]{2}$")], ...], Meta(min_length=1, max_length=250)
    ]
    match: Annotated[
        Literal["refuse", "accept"],
        Meta(description="`accept` only these countries, or `refuse` them."),
    ] = "accept"


class Shown(msgspec.Struct, frozen=True):
    """A value of the service's answer that is kept and shown under a name."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    extract: Extract


class HttpSource(msgspec.Struct, frozen=True, tag_field="kind", tag="http"):
    """A service that is asked over HTTP: `accept` is valid, `reject` invalid, anything else is no answer.

    Templates may name the lead's fields, and `value` for the value that is checked.
    """

    http: HttpTarget
    answers: AnswerRules = AnswerRules()
    shown: Annotated[
        tuple[Shown, ...],
        Meta(
            max_length=20,
            description="What is kept of an answer; without any, the JSON object that was answered.",
        ),
    ] = ()


Source = Numbering | MailExchange | Lists | CountryDatabase | HttpSource

ANSWERS: Mapping[type, frozenset[CheckKind]] = {
    Numbering: frozenset({CheckKind.HLR, CheckKind.LANDLINE}),
    MailExchange: frozenset({CheckKind.EMAIL}),
    Lists: frozenset(CheckKind) - {CheckKind.IP_COUNTRY},
    CountryDatabase: frozenset({CheckKind.IP_COUNTRY}),
    HttpSource: frozenset(CheckKind),
}
"""Which checks each source can answer."""


class ProviderSettings(msgspec.Struct, frozen=True):
    """Who answers a check, at what cost, and for how long an answer is good."""

    source: Source
    cost: Cost = Decimal(0)
    cache_seconds: Annotated[
        Seconds, Meta(description="How long an answer about the same values is used again, at no cost.")
    ] = 0
    breaker: BreakerPolicy = BreakerPolicy()
    answers_validate: Annotated[
        bool, Meta(description="Also answers LeadByte's /validate calls of this kind.")
    ] = False


class ProviderStatus(StrEnum):
    """The life of a provider; one that is not active gives no answer."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"
    ARCHIVED = "Archived"


class Provider(msgspec.Struct, frozen=True):
    """Somebody, or something built in, that answers checks of one kind."""

    id: int
    name: str
    kind: CheckKind
    status: ProviderStatus
    settings: ProviderSettings


class WhenUnavailable(StrEnum):
    """What becomes of a lead whose check gets no answer."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    QUARANTINE = "quarantine"


class CampaignCheck(msgspec.Struct, frozen=True):
    """One check of a campaign's leads; a field without a value is not checked."""

    kind: CheckKind
    provider_id: RowId
    fields: Annotated[
        tuple[str, ...],
        Meta(
            max_length=10,
            description="Each field is asked about by itself, but for `paf`, which is asked once about all. Without "
            "any: email, phone1, ipaddress or postcode, by the kind.",
        ),
    ] = ()
    when_unavailable: WhenUnavailable = WhenUnavailable.ACCEPT


USUAL_FIELDS: Mapping[CheckKind, tuple[str, ...]] = {
    **dict.fromkeys(OF_THE_ADDRESS, ("ipaddress",)),
    **dict.fromkeys(OF_A_PHONE, ("phone1",)),
    CheckKind.EMAIL: ("email",),
    CheckKind.PAF: ("postcode",),
}


class Outcome(StrEnum):
    """What a provider says of a value."""

    VALID = "valid"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    """No answer: time-out, trouble on the way, an answer that says nothing, or a set-up that cannot work."""


class Answer(msgspec.Struct, frozen=True):
    """What a provider said; `info` is shown to the sender of a refused lead, `cost` is in micro-units."""

    outcome: Outcome
    reason: str = ""
    info: dict[str, Any] = {}
    cost: int = 0
    cached: bool = False
    elapsed_ms: int = 0
