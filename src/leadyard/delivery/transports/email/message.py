"""Composes e-mails: no value can add a header, a recipient or markup; the Message-ID carries the idempotency key."""

import email.policy
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec

from leadyard.delivery.filling import fill, fill_html, fill_line, one_line
from leadyard.delivery.kinds import EmailSettings, MailServerSettings
from leadyard.delivery.model import REQUEST_TEXT_LIMIT, FieldMapping
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.file.tables import csv_bytes

# Lines may be longer than 78 characters so that a Message-ID never has to be folded or encoded.
_POLICY = email.policy.SMTP.clone(max_line_length=400, cte_type="7bit")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*")
_LONGEST_ADDRESS = 254
_LONGEST_LOCAL_PART = 64
_LONGEST_SUBJECT = 500


class Mail(msgspec.Struct, frozen=True):
    """An e-mail ready to go: envelope and content; `shown` is what the trace keeps of it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    shown: str


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with an e-mail."""

    name: str
    media_type: str
    content: bytes


def is_address(text: str) -> bool:
    """Tell whether a text is one plain ASCII address, with which an envelope and a header can be written."""
    local = text.partition("@")[0]
    return (
        len(text) <= _LONGEST_ADDRESS
        and len(local) <= _LONGEST_LOCAL_PART
        and _ADDRESS.fullmatch(text) is not None
    )


def compose(
    settings: EmailSettings,
    server: MailServerSettings,
    values: Mapping[str, str],
    *,
    key: str,
    now: datetime,
) -> Mail:
    """Compose the e-mail of one lead; raises UnfitValueError for values that make no address."""
    attachments: list[Attachment] = []
    if settings.attach_csv:
        attachments.append(Attachment("lead.csv", "text/csv", _lead_csv(settings, values)))
    return _compose(
        server,
        to=addresses(settings.to, values),
        cc=addresses(settings.cc, values),
        bcc=addresses(settings.bcc, values),
        reply_to=addresses((settings.reply_to,), values),
        subject=fill_line(settings.subject, values),
        text=None if settings.text is None else fill(settings.text, values),
        html=None if settings.html is None else fill_html(settings.html, values),
        attachments=attachments,
        key=key,
        now=now,
    )


def compose_with_file(
    server: MailServerSettings,
    to: Sequence[str],
    subject: str,
    text: str,
    attachment: Attachment,
    *,
    key: str,
    now: datetime,
) -> Mail:
    """Compose the e-mail that hands over a file; the texts are filled already."""
    return _compose(
        server,
        to=to,
        cc=(),
        bcc=(),
        reply_to=(),
        subject=one_line(subject),
        text=text,
        html=None,
        attachments=[attachment],
        key=key,
        now=now,
    )


def addresses(templates: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Fill templates of one address each, leaving out empty ones; raises UnfitValueError for what is no address."""
    found = []
    for template in templates:
        address = fill(template, values).strip()
        if not address:
            continue
        if not is_address(address):
            raise UnfitValueError(f"{one_line(address)[:100]!r} is not one plain e-mail address")
        if address not in found:
            found.append(address)
    return found


def _compose(
    server: MailServerSettings,
    *,
    to: Sequence[str],
    cc: Sequence[str],
    bcc: Sequence[str],
    reply_to: Sequence[str],
    subject: str,
    text: str | None,
    html: str | None,
    attachments: Sequence[Attachment],
    key: str,
    now: datetime,
) -> Mail:
    recipients = tuple(dict.fromkeys([*to, *cc, *bcc]))
    if not recipients:
        raise UnfitValueError("The e-mail has no recipient")
    message = EmailMessage(policy=_POLICY)
    message["From"] = Address(one_line(server.from_name), addr_spec=server.from_address)
    for name, listed in (("To", to), ("Cc", cc), ("Reply-To", reply_to)):
        if listed:
            message[name] = [Address(addr_spec=address) for address in listed]
    message["Subject"] = subject[:_LONGEST_SUBJECT]
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{key}@{server.from_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    if text is not None:
        message.set_content(text)
    if html is not None:
        if text is None:
            message.set_content(html, subtype="html")
        else:
            message.add_alternative(html, subtype="html")
    shown = _shown(message, bcc, text, html, attachments)
    for file in attachments:
        main, _, sub = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return Mail(server.from_address, recipients, message.as_bytes(), shown)


def _shown(
    message: EmailMessage,
    bcc: Sequence[str],
    text: str | None,
    html: str | None,
    attachments: Sequence[Attachment],
) -> str:
    names = ("From", "To", "Cc", "Reply-To", "Subject", "Message-ID")
    lines = [f"{name}: {message[name]}" for name in names if message[name] is not None]
    lines += [f"Bcc: {', '.join(bcc)}"] if bcc else []
    lines += [f"Attachment: {file.name} ({len(file.content)} bytes)" for file in attachments]
    bodies = [body for body in (text, html) if body is not None]
    return "\n".join([*lines, "", *bodies])[:REQUEST_TEXT_LIMIT]


def _lead_csv(settings: EmailSettings, values: Mapping[str, str]) -> bytes:
    columns: Sequence[FieldMapping] = settings.columns
    if columns:
        names, row = [c.name for c in columns], [fill(c.value, values) for c in columns]
    else:
        names = [name for name in values if "." not in name]
        row = [values[name] for name in names]
    return csv_bytes(names, [row])
