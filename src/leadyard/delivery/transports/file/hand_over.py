"""Hands a finished file over, to whatever destination its delivery names."""

from datetime import datetime

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.campaigns.model import Status
from leadyard.delivery.filling import fill_line
from leadyard.delivery.guard import AddressGuard
from leadyard.delivery.kinds import Destination, EmailDestination, FtpDestination, S3Destination
from leadyard.delivery.model import Outcome, Verdict
from leadyard.delivery.templates import TemplateError
from leadyard.delivery.transports.email import send_mail
from leadyard.delivery.transports.email.message import Attachment, addresses, compose_with_file
from leadyard.delivery.transports.file.ftp import put_by_ftp
from leadyard.delivery.transports.file.naming import MEDIA_TYPES
from leadyard.delivery.transports.file.s3 import put_by_s3
from leadyard.delivery.transports.file.sftp import put_by_sftp

BY_EMAIL = "email "


class Parcel(msgspec.Struct, frozen=True):
    """A file to be handed over; `key` is the same at every try."""

    name: str
    format: str
    content: bytes
    rows: int
    key: str


def place_of(where: Destination, name: str) -> str:
    """Say where a file goes, without secrets; e-mails begin with BY_EMAIL."""
    if isinstance(where, EmailDestination):
        return BY_EMAIL + ", ".join(where.to)
    if isinstance(where, S3Destination):
        return f"s3 {where.endpoint.rstrip('/')}/{where.bucket}/{_below(where.folder, name)}"
    protocol = "ftp" if isinstance(where, FtpDestination) else "sftp"
    return f"{protocol} {where.username}@{where.host}/{_below(where.folder, name)}"


async def hand_over(
    guard: AddressGuard, setup: AccountSetup, where: Destination, parcel: Parcel, now: datetime
) -> Verdict:
    """Hand a file over; trouble becomes a verdict, never an exception."""
    if isinstance(where, EmailDestination):
        return await _by_email(guard, setup, where, parcel, now)
    if isinstance(where, FtpDestination):
        return await put_by_ftp(guard, where, parcel.name, parcel.content)
    if isinstance(where, S3Destination):
        return await put_by_s3(guard, where, parcel.name, parcel.content, MEDIA_TYPES[parcel.format])
    return await put_by_sftp(guard, where, parcel.name, parcel.content)


async def _by_email(
    guard: AddressGuard, setup: AccountSetup, where: EmailDestination, parcel: Parcel, now: datetime
) -> Verdict:
    server = setup.mail_servers.get(where.server_id)
    if server is None or server.status is not Status.ACTIVE:
        return Verdict(Outcome.ERROR, "The mail server is not active")
    values = {"file.name": parcel.name, "file.rows": str(parcel.rows)}
    try:
        mail = compose_with_file(
            server.settings,
            addresses(where.to, values),
            fill_line(where.subject, values),
            fill_line(where.text, values),
            Attachment(parcel.name, MEDIA_TYPES[parcel.format], parcel.content),
            key=parcel.key,
            now=now,
        )
    except TemplateError as error:
        return Verdict(Outcome.ERROR, str(error))
    return await send_mail(guard, server.settings, mail)


def _below(folder: str, name: str) -> str:
    trimmed = folder.strip("/")
    return f"{trimmed}/{name}" if trimmed else name
