"""What deliveries by e-mail, SMS, file and campaign transfer are set up with, and the account's own carriers.

Stored as JSON and shown by the set-up API like `delivery.model`.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from leadyard.delivery.model import AnswerRules, FieldMapping, HttpTarget, TemplateText
from leadyard.kit import masking
from leadyard.kit.masking import SecretText

CarrierId = Annotated[int, Meta(ge=1, le=2**53 - 1)]
Host = Annotated[
    masking.Destination,
    Meta(
        min_length=1,
        max_length=253,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="A host name or an IP address.",
    ),
]
Port = Annotated[int, Meta(ge=1, le=65_535)]
OptionalPort = Annotated[Port | None, Meta(description="None: the usual one of the protocol.")]
Seconds = Annotated[int, Meta(ge=1, le=300, description="For the whole hand-over.")]
LoginName = Annotated[str, Meta(max_length=320, pattern=r"^[^\x00-\x1f\x7f]*$")]
Password = Annotated[SecretText, Meta(max_length=4096, pattern=r"^[^\x00-\x1f\x7f]*$")]
Certificate = Annotated[
    str,
    Meta(
        max_length=65_536,
        description="PEM certificates that are trusted instead of the system's authorities; empty: the system's.",
    ),
]
Recipients = Annotated[
    tuple[TemplateText, ...],
    Meta(max_length=20, description="Each filled template is one address; an empty one is left out."),
]
Columns = Annotated[
    tuple[FieldMapping, ...],
    Meta(max_length=200, description="Heading and template of each column, in order."),
]
Folder = Annotated[
    str,
    Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$", description="Where files are put; it must exist."),
]


class MailServerSettings(Struct, frozen=True, kw_only=True):
    """An SMTP server that e-mails leave by."""

    host: Host
    port: OptionalPort = None
    security: Annotated[
        Literal["none", "starttls", "tls"],
        Meta(description="starttls and tls never fall back to an open connection."),
    ] = "starttls"
    username: LoginName = ""
    password: Password = ""
    from_address: Annotated[str, Meta(min_length=3, max_length=254)]
    from_name: Annotated[str, Meta(max_length=200)] = ""
    ca_certificate: Certificate = ""
    timeout_seconds: Seconds = 60


class SmsGatewaySettings(Struct, frozen=True, kw_only=True):
    """An HTTP gateway that text messages leave by: its templates may name sms.to, sms.text and sms.from."""

    http: HttpTarget
    answers: AnswerRules = AnswerRules()
    sender: Annotated[
        str, Meta(max_length=32, description="What {{ sms.from }} stands for unless a delivery says else.")
    ] = ""
    segment_cost: Annotated[
        Decimal, Meta(description="What one segment costs, in the currency of the lead's campaign.")
    ] = Decimal(0)


class EmailSettings(Struct, frozen=True, kw_only=True):
    """An e-mail with the lead. Every value in the HTML body is escaped; in headers line breaks become blanks."""

    server_id: Annotated[CarrierId | None, Meta(description="None: the account's first active one.")] = None
    to: Recipients = ()
    cc: Recipients = ()
    bcc: Recipients = ()
    reply_to: TemplateText = ""
    subject: TemplateText = "New lead {{ lead.id }}"
    text: TemplateText | None = None
    html: TemplateText | None = None
    attach_csv: Annotated[bool, Meta(description="Attaches the lead as a CSV file.")] = False
    columns: Annotated[Columns, Meta(description="Of the CSV file; none: all fields of the lead.")] = ()


class SmsSettings(Struct, frozen=True, kw_only=True):
    """A text message with the lead."""

    gateway_id: Annotated[CarrierId | None, Meta(description="None: the account's first active one.")] = None
    to: TemplateText
    text: TemplateText
    sender: Annotated[TemplateText, Meta(description="Empty: the gateway's.")] = ""
    most_segments: Annotated[
        int, Meta(ge=1, le=20, description="A longer message is not sent, and the attempt ends as an error.")
    ] = 6


class EmailDestination(Struct, frozen=True, kw_only=True, tag_field="kind", tag="email"):
    """The file goes out attached to an e-mail. A second sending would be a second e-mail: never by itself."""

    server_id: CarrierId
    to: Recipients
    subject: TemplateText = "{{ file.name }}"
    text: TemplateText = "{{ file.rows }} leads in {{ file.name }}"


class FtpDestination(Struct, frozen=True, kw_only=True, tag_field="kind", tag="ftp"):
    """The file is put on an FTP or FTPS server, under a temporary name and then renamed."""

    host: Host
    port: OptionalPort = None
    security: Literal["none", "explicit_tls", "implicit_tls"] = "explicit_tls"
    username: LoginName = "anonymous"
    password: Password = ""
    folder: Folder = ""
    ca_certificate: Certificate = ""
    timeout_seconds: Seconds = 120


class SftpDestination(Struct, frozen=True, kw_only=True, tag_field="kind", tag="sftp"):
    """The file is put on an SFTP server whose host key is pinned, under a temporary name and then renamed."""

    host: Host
    port: OptionalPort = None
    username: Annotated[str, Meta(min_length=1, max_length=320, pattern=r"^[^\x00-\x1f\x7f]*$")]
    password: Annotated[Password, Meta(description="The user's, or the passphrase of the private key.")] = ""
    private_key: Annotated[
        SecretText,
        Meta(max_length=16_384, description="In OpenSSH or PEM form; with a passphrase only PEM (PKCS#8)."),
    ] = ""
    host_key: Annotated[
        str,
        Meta(
            min_length=20,
            max_length=4096,
            description="The server's public key as in a known_hosts file, without the host: ssh-ed25519 AAAA…",
        ),
    ]
    folder: Folder = ""
    timeout_seconds: Seconds = 120


class S3Destination(Struct, frozen=True, kw_only=True, tag_field="kind", tag="s3"):
    """The file becomes an object of an S3-compatible storage, addressed by path, in one request."""

    endpoint: Annotated[
        masking.Destination,
        Meta(
            max_length=500,
            pattern=r"^https?://[^/?#\s@]+/?$",
            description="Such as https://s3.eu-west-2.amazonaws.com",
        ),
    ]
    region: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[A-Za-z0-9-]+$")] = "us-east-1"
    bucket: Annotated[str, Meta(min_length=3, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]+$")]
    folder: Annotated[str, Meta(max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    access_key: Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[\x21-\x7e]+$")]
    secret: Annotated[SecretText, Meta(max_length=1024, description="The secret access key.")]
    timeout_seconds: Seconds = 120


Destination = EmailDestination | FtpDestination | SftpDestination | S3Destination


class FileSettings(Struct, frozen=True, kw_only=True):
    """A file of the leads sold by this delivery, built at the times of a schedule and handed over."""

    schedule: Annotated[
        str,
        Meta(
            min_length=9,
            max_length=200,
            description="A cron expression of five members in the account's time zone: `0 6 * * 1-5`.",
        ),
    ]
    format: Literal["csv", "xlsx", "json"] = "csv"
    columns: Columns
    heading: Annotated[bool, Meta(description="The first row names the columns (CSV, XLSX).")] = True
    delimiter: Literal[",", ";", "\t", "|"] = ","
    name: Annotated[
        TemplateText,
        Meta(
            description="May name file.date, file.time, file.number, file.rows, campaign.…, buyer.…, delivery.…"
        ),
    ] = "leads-{{ file.date }}-{{ file.number }}"
    most_rows: Annotated[int, Meta(ge=1, le=100_000, description="More leads go into further files.")] = (
        50_000
    )
    destination: Destination


class TransferSettings(Struct, frozen=True, kw_only=True):
    """Submits the lead to another campaign of the account; the price is the delivery's own revenue, else 0."""

    campaign_id: CarrierId
    supplier: Annotated[
        Literal["keep", "set", "none"],
        Meta(description="Who sends the lead there: who sent it here, the supplier with `sid`, or nobody."),
    ] = "keep"
    sid: Annotated[str, Meta(max_length=64)] = ""
    fields: Annotated[
        Columns, Meta(description="Field of the other campaign and template; none: all fields as they are.")
    ] = ()
