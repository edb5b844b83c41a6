"""What deliveries by e-mail, SMS, file and campaign transfer would send for a sample lead; pure."""

from collections.abc import Iterable, Mapping

import msgspec

from leadyard.campaigns.inputs import MailServerRecord, SmsGatewayRecord
from leadyard.campaigns.model import DeliverySettings
from leadyard.delivery.filling import compiled, fill, fill_line
from leadyard.delivery.kinds import EmailSettings, FileSettings, SmsSettings, TransferSettings
from leadyard.delivery.model import REQUEST_TEXT_LIMIT, Header, PreparedRequest
from leadyard.delivery.transports.email import compose
from leadyard.delivery.transports.file.tables import csv_bytes
from leadyard.delivery.transports.http import preview
from leadyard.delivery.transports.sms import count_segments
from leadyard.kit import clock


def email_preview(
    settings: EmailSettings, server: MailServerRecord, values: Mapping[str, str]
) -> PreparedRequest:
    """Show the e-mail; raises UnfitValueError for values that make no address."""
    mail = compose(settings, server.settings, values, key="preview", now=clock.now())
    return PreparedRequest("EMAIL", f"smtp://{server.settings.host}", (), mail.shown)


def sms_preview(
    settings: SmsSettings, gateway: SmsGatewayRecord, values: Mapping[str, str]
) -> tuple[PreparedRequest, str]:
    """Show the gateway's request, secrets masked, and say how long the message is."""
    text = fill(settings.text, values)
    told = {
        "sms.to": fill_line(settings.to, values),
        "sms.text": text,
        "sms.from": fill_line(settings.sender, values) or gateway.settings.sender,
    }
    segments = count_segments(text)
    size = f"The message takes {segments.count} of at most {settings.most_segments} segments ({segments.encoding})."
    request = preview(gateway.settings.http, {**values, **told})
    headers = tuple(Header(str(header.name), str(header.value)) for header in request.headers)
    return msgspec.structs.replace(request, headers=headers), size


def file_preview(settings: FileSettings, values: Mapping[str, str]) -> PreparedRequest:
    """Show the lead's row, as CSV whatever the format."""
    row = [fill(column.value, values) for column in settings.columns]
    body = csv_bytes([column.name for column in settings.columns], [row]).decode()
    return PreparedRequest("FILE", settings.format, (), body[:REQUEST_TEXT_LIMIT])


def transfer_preview(settings: TransferSettings, values: Mapping[str, str]) -> PreparedRequest:
    """Show the fields that the other campaign gets; without a mapping all of the lead's."""
    mapped = {field.name: fill(field.value, values) for field in settings.fields}
    if not settings.fields:
        mapped = {name: value for name, value in values.items() if "." not in name}
    body = msgspec.json.encode(mapped).decode()[:REQUEST_TEXT_LIMIT]
    return PreparedRequest("TRANSFER", f"campaign {settings.campaign_id}", (), body)


def names_in_kinds(settings: DeliverySettings) -> frozenset[str]:
    """Name all that the templates of these kinds read."""
    names: set[str] = set()
    for text in _templates(settings):
        names |= compiled(text).names
    return frozenset(names)


def _templates(settings: DeliverySettings) -> Iterable[str]:
    if settings.email is not None:
        email = settings.email
        yield from (*email.to, *email.cc, *email.bcc, email.subject, email.reply_to)
        yield from (email.text or "", email.html or "", *(column.value for column in email.columns))
    if settings.sms is not None:
        yield from (settings.sms.to, settings.sms.text, settings.sms.sender)
    if settings.file is not None:
        yield from (column.value for column in settings.file.columns)
    if settings.transfer is not None:
        yield from (field.value for field in settings.transfer.fields)
