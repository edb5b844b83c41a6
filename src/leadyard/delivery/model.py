"""What a delivery is made of: where it goes, how its answer is judged, how often it is tried.

Everything here is stored as JSON and shown by the set-up API, so each member carries its description.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from leadyard.kit.masking import Destination, SecretText

REQUEST_TEXT_LIMIT = 8192
RESPONSE_TEXT_LIMIT = 4096

TemplateText = Annotated[
    str,
    Meta(max_length=65_536, description="Text with {{ name | filter }} placeholders, filled for each lead."),
]
Pattern = Annotated[str, Meta(max_length=1000)]
ValueName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,60}$")]
Url = Annotated[
    Destination,
    Meta(
        min_length=8,
        max_length=4096,
        description="http or https; placeholders may stand in the path and the query, never in the host.",
    ),
]


class Outcome(StrEnum):
    """What became of one try."""

    ACCEPT = "accept"
    """The buyer took the lead."""
    REJECT = "reject"
    """The buyer saw the lead and declined it."""
    RETRY = "retry"
    """The buyer surely did not take the lead; trying again is safe."""
    UNKNOWN = "unknown"
    """The buyer may have taken the lead; only reconciliation may decide, never another try."""
    ERROR = "error"
    """The lead was surely not taken and trying again cannot help: the set-up has to change first."""


class FieldMapping(Struct, frozen=True):
    """One value that the buyer gets."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            description="The buyer's name; in a JSON body dots build nested objects.",
        ),
    ]
    value: TemplateText


class Header(Struct, frozen=True):
    """One header of the request."""

    name: Annotated[str, Meta(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$")]
    value: TemplateText


class Secret(Struct, frozen=True):
    """A password or key, written {{ secret.name }} in templates and masked wherever a request is shown."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_]{1,60}$")]
    value: Annotated[SecretText, Meta(max_length=4096)]


class BasicAuth(Struct, frozen=True, tag_field="kind", tag="basic"):
    """HTTP basic authentication."""

    username: Annotated[str, Meta(max_length=500, pattern=r"^[^:]*$")]
    password: Annotated[SecretText, Meta(max_length=500)]


class BearerAuth(Struct, frozen=True, tag_field="kind", tag="bearer"):
    """A bearer token."""

    token: Annotated[SecretText, Meta(max_length=4096, pattern=r"^[\x21-\x7e]+$")]


class Extract(Struct, frozen=True):
    """Where in an answer a value stands."""

    kind: Literal["json_path", "xml_path", "regex"]
    expression: Annotated[
        Pattern, Meta(min_length=1, description="A path, or a pattern whose first group counts.")
    ]


class ClientCredentials(Struct, frozen=True, tag_field="kind", tag="oauth2"):
    """OAuth 2 client credentials (RFC 6749, section 4.4): a token is fetched, kept until it expires, and sent."""

    token_url: Url
    client_id: Annotated[str, Meta(min_length=1, max_length=500)]
    client_secret: Annotated[SecretText, Meta(min_length=1, max_length=4096)]
    scope: Annotated[str, Meta(max_length=2000)] = ""
    audience: Annotated[str, Meta(max_length=2000)] = ""
    send_as: Annotated[
        Literal["basic", "body"], Meta(description="Whether id and secret go as a header or as form fields.")
    ] = "basic"


class ClientCertificate(Struct, frozen=True, cache_hash=True):
    """Whom the buyer's server must prove to be, and who we are to it (mutual TLS); all in PEM."""

    certificate: Annotated[
        str, Meta(max_length=65_536, description="Ours, followed by the ones in between.")
    ] = ""
    private_key: Annotated[SecretText, Meta(max_length=65_536)] = ""
    passphrase: Annotated[SecretText, Meta(max_length=500)] = ""
    authority: Annotated[
        str,
        Meta(
            max_length=262_144, description="Who signs the buyer's certificate, instead of the public ones."
        ),
    ] = ""


class Signature(Struct, frozen=True):
    """A keyed hash (HMAC) of a text, written {{ signature.name }} in templates."""

    name: ValueName
    key: Annotated[SecretText, Meta(min_length=1, max_length=4096)]
    text: Annotated[
        TemplateText, Meta(description="What is signed; {{ request.body }} is the body as it is sent.")
    ] = "{{ request.body }}"
    algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    key_encoding: Annotated[
        Literal["text", "hex", "base64"], Meta(description="How the key's bytes are written.")
    ] = "text"


class HttpRequest(Struct, frozen=True):
    """One request. Redirects are never followed."""

    url: Url
    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    body: Annotated[
        Literal["none", "form", "json", "xml", "soap", "text", "multipart"],
        Meta(description="Form of the body; with `none` the fields go into the query."),
    ] = "form"
    fields: Annotated[tuple[FieldMapping, ...], Meta(max_length=500)] = ()
    template: Annotated[
        TemplateText | None,
        Meta(description="The whole body for xml, soap and text, and for json instead of fields."),
    ] = None
    soap_version: Literal["1.1", "1.2"] = "1.1"
    soap_action: Annotated[str, Meta(max_length=1000, pattern=r"^[\x21\x23-\x5b\x5d-\x7e]*$")] = ""
    content_type: Annotated[
        str,
        Meta(
            max_length=200,
            pattern=r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+/[\x20-\x7e]+)?$",
            description="Instead of the usual one of the body.",
        ),
    ] = ""
    headers: Annotated[tuple[Header, ...], Meta(max_length=50)] = ()


class StepValue(Struct, frozen=True):
    """A value that is read from a step's answer and written {{ step.name }} in later templates."""

    name: ValueName
    value: Extract


class Step(HttpRequest, frozen=True, kw_only=True):
    """A request before the one that carries the lead, such as signing in; the lead is not sent when it fails."""

    name: ValueName
    values: Annotated[tuple[StepValue, ...], Meta(min_length=1, max_length=20)]
    keep_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="How long its values serve other leads too, unless the buyer answers 401 or 403.",
        ),
    ] = 0


class HttpTarget(HttpRequest, frozen=True, cache_hash=True):
    """A request that hands a lead to the buyer, and what is needed before it."""

    secrets: Annotated[tuple[Secret, ...], Meta(max_length=20)] = ()
    auth: BasicAuth | BearerAuth | ClientCredentials | None = None
    timeout_seconds: Annotated[
        int,
        Meta(
            ge=1,
            le=60,
            description="For each request, from looking up the name to the last byte of the answer.",
        ),
    ] = 15
    steps: Annotated[tuple[Step, ...], Meta(max_length=5)] = ()
    signatures: Annotated[tuple[Signature, ...], Meta(max_length=10)] = ()
    tls: ClientCertificate | None = None


class AnswerRule(Struct, frozen=True):
    """One row of the response table; the first row that matches decides."""

    kind: Annotated[
        Literal["keyword", "exact", "regex", "json_path", "xml_path", "status"],
        Meta(description="keyword: contained, upper or lower case; exact: the whole trimmed answer."),
    ]
    pattern: Annotated[
        Pattern,
        Meta(description="For status: 200, 2xx, 200-299 or a list; for a path: the value, or * for any."),
    ]
    outcome: Literal["accept", "reject", "retry", "unknown"]
    path: Annotated[
        Pattern | None,
        Meta(description="For json_path, such as result.items[0].code; for xml_path, such as //Result/Code"),
    ] = None


class AnswerRules(Struct, frozen=True, cache_hash=True):
    """How an answer is judged and what is read from it."""

    rules: Annotated[tuple[AnswerRule, ...], Meta(max_length=100)] = ()
    revenue: Annotated[Extract | None, Meta(description="The price, when the buyer's answer names it.")] = (
        None
    )
    reference: Annotated[Extract | None, Meta(description="The buyer's own id for the lead.")] = None
    reason: Annotated[Extract | None, Meta(description="The buyer's words for a refusal.")] = None
    redirect_url: Annotated[
        Extract | None,
        Meta(description="The page to which the buyer wants the person sent whose lead it took."),
    ] = None


class RetryPolicy(Struct, frozen=True):
    """How often and how soon a lead that was surely not taken is sent again."""

    attempts: Annotated[int, Meta(ge=0, le=10, description="Further tries after the first.")] = 3
    first_delay_seconds: Annotated[float, Meta(ge=0, le=3600)] = 5.0
    factor: Annotated[float, Meta(ge=1, le=10)] = 3.0
    maximum_delay_seconds: Annotated[float, Meta(ge=0, le=86_400)] = 600.0


class BreakerPolicy(Struct, frozen=True):
    """When a buyer that fails is left alone, and for how long."""

    failures: Annotated[int, Meta(ge=1, le=1000, description="Failures in a row that open the breaker.")] = 5
    open_seconds: Annotated[float, Meta(ge=1, le=86_400)] = 60.0


class PreparedRequest(Struct, frozen=True):
    """A request as it is shown: secrets masked."""

    method: str
    url: str
    headers: tuple[Header, ...]
    body: str


class Verdict(Struct, frozen=True):
    """How one try ended, with all that the trace keeps of it."""

    outcome: Outcome
    reason: str
    status_code: int | None = None
    revenue: Decimal | None = None
    buyer_reference: str | None = None
    response_text: Annotated[str, Meta(description="The first 4 KB of the answer.")] = ""
    request_text: Annotated[str, Meta(description="The first 8 KB of the request, secrets masked.")] = ""
    elapsed_ms: int = 0
    retry_after_seconds: int | None = None
    details: dict[str, Any] = {}
    """What else the trace keeps, as JSON values."""
