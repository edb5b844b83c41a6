"""What deliveries by e-mail, SMS, file and campaign transfer must satisfy, and the carriers of an account."""

from collections.abc import Iterable

import msgspec

from leadyard.campaigns.inputs import MailServerInput, SmsGatewayInput
from leadyard.campaigns.model import DeliveryKind, DeliverySettings
from leadyard.delivery.answers import check_rules
from leadyard.delivery.connecting import BadCertificateError, tls_context
from leadyard.delivery.kinds import (
    EmailDestination,
    EmailSettings,
    FileSettings,
    FtpDestination,
    SftpDestination,
    SmsSettings,
    TransferSettings,
)
from leadyard.delivery.model import FieldMapping
from leadyard.delivery.templates import TemplateError, compile_template
from leadyard.delivery.transports.email import is_address
from leadyard.delivery.transports.file.keys import BadKeyError, host_key, private_key
from leadyard.delivery.transports.file.schedule import schedule_problem
from leadyard.delivery.transports.http import check_target, names_in
from leadyard.kit.errors import FieldProblem

_MEMBERS = {
    DeliveryKind.EMAIL: "email",
    DeliveryKind.SMS: "sms",
    DeliveryKind.FILE: "file",
    DeliveryKind.TRANSFER: "transfer",
}


def kind_problems(settings: DeliverySettings) -> list[FieldProblem]:
    """Name what is wrong with the members of these kinds, for a delivery of any kind."""
    problems = []
    for kind, member in _MEMBERS.items():
        given = getattr(settings, member) is not None
        if given and settings.kind is not kind:
            problems.append(FieldProblem(f"settings.{member}", f"is not for {settings.kind}"))
        elif not given and settings.kind is kind:
            problems.append(FieldProblem(f"settings.{member}", f"is required for {settings.kind}"))
    if settings.kind in _MEMBERS and settings.http is not None:
        problems.append(FieldProblem("settings.http", f"is not for {settings.kind}"))
    if settings.email is not None:
        problems += _below("settings.email", _email_problems(settings.email))
    if settings.sms is not None:
        problems += _below("settings.sms", _sms_problems(settings.sms))
    if settings.file is not None:
        problems += _below("settings.file", _file_problems(settings.file))
    if settings.transfer is not None:
        problems += _below("settings.transfer", _transfer_problems(settings.transfer))
    return problems


def server_problems(server: MailServerInput) -> list[FieldProblem]:
    """Name everything that is wrong with a mail server."""
    settings = server.settings
    problems = _certificate_problems(settings.ca_certificate)
    if not is_address(settings.from_address):
        problems.append(FieldProblem("from_address", "is not an e-mail address"))
    if any(not character.isprintable() for character in settings.from_name):
        problems.append(FieldProblem("from_name", "must not contain line breaks or control characters"))
    if settings.security == "none" and settings.password:
        problems.append(FieldProblem("password", "would be sent in the open; choose starttls or tls"))
    return _below("settings", problems)


def gateway_problems(gateway: SmsGatewayInput) -> list[FieldProblem]:
    """Name everything that is wrong with an SMS gateway."""
    settings = gateway.settings
    problems = _below("settings.http", check_target(settings.http))
    if not problems:
        missing = sorted({"sms.text", "sms.to"} - names_in(settings.http))
        problems += [FieldProblem("settings.http", f"never names {name}") for name in missing]
    return problems + _below("settings.answers", check_rules(settings.answers))


def _email_problems(email: EmailSettings) -> list[FieldProblem]:
    problems = _template_problems("subject", [email.subject])
    problems += _template_problems("reply_to", [email.reply_to])
    for member in ("to", "cc", "bcc"):
        problems += _listed(member, getattr(email, member))
    if not email.to:
        problems.append(FieldProblem("to", "is required"))
    if email.text is None and email.html is None:
        problems.append(FieldProblem("text", "or html is required"))
    bodies = [("text", email.text), ("html", email.html)]
    for member, body in bodies:
        problems += [] if body is None else _template_problems(member, [body])
    return problems + _column_problems("columns", email.columns)


def _sms_problems(sms: SmsSettings) -> list[FieldProblem]:
    return [
        problem
        for member in ("to", "text", "sender")
        for problem in _template_problems(member, [getattr(sms, member)])
    ]


def _file_problems(file: FileSettings) -> list[FieldProblem]:
    problems = _template_problems("name", [file.name]) + _column_problems("columns", file.columns)
    if not file.columns:
        problems.append(FieldProblem("columns", "is required"))
    wrong = schedule_problem(file.schedule)
    if wrong is not None:
        problems.append(FieldProblem("schedule", wrong))
    if file.format == "json" and len({column.name for column in file.columns}) < len(file.columns):
        problems.append(FieldProblem("columns", "must have different names in JSON"))
    return problems + _below("destination", _destination_problems(file))


def _destination_problems(file: FileSettings) -> list[FieldProblem]:
    where = file.destination
    if isinstance(where, EmailDestination):
        problems = _template_problems("subject", [where.subject]) + _template_problems("text", [where.text])
        problems += _listed("to", where.to)
        return problems if where.to else [*problems, FieldProblem("to", "is required")]
    if isinstance(where, FtpDestination):
        return _certificate_problems(where.ca_certificate)
    if isinstance(where, SftpDestination):
        return _key_problems(where)
    return []


def _key_problems(where: SftpDestination) -> list[FieldProblem]:
    problems = []
    try:
        host_key(where)
    except BadKeyError as error:
        problems.append(FieldProblem("host_key", str(error)))
    try:
        private_key(where)
    except BadKeyError as error:
        problems.append(FieldProblem("private_key", str(error)))
    if not where.password and not where.private_key:
        problems.append(FieldProblem("password", "or private_key is required"))
    return problems


def _transfer_problems(transfer: TransferSettings) -> list[FieldProblem]:
    problems = _column_problems("fields", transfer.fields)
    if transfer.supplier == "set" and not transfer.sid:
        problems.append(FieldProblem("sid", "is required when the supplier is set"))
    if transfer.supplier != "set" and transfer.sid:
        problems.append(FieldProblem("sid", "is only for supplier set"))
    return problems


def _certificate_problems(certificates: str) -> list[FieldProblem]:
    try:
        tls_context(certificates)
    except BadCertificateError as error:
        return [FieldProblem("ca_certificate", str(error))]
    return []


def _column_problems(member: str, columns: Iterable[FieldMapping]) -> list[FieldProblem]:
    return [
        msgspec.structs.replace(problem, field=f"{problem.field}.value")
        for problem in _listed(member, [column.value for column in columns])
    ]


def _listed(member: str, templates: Iterable[str]) -> list[FieldProblem]:
    problems = []
    for i, text in enumerate(templates):
        problems += _template_problems(f"{member}[{i}]", [text])
    return problems


def _template_problems(member: str, templates: Iterable[str]) -> list[FieldProblem]:
    problems = []
    for text in templates:
        try:
            compile_template(text)
        except TemplateError as error:
            problems.append(FieldProblem(member, str(error)))
    return problems


def _below(path: str, problems: Iterable[FieldProblem]) -> list[FieldProblem]:
    return [msgspec.structs.replace(problem, field=f"{path}.{problem.field}") for problem in problems]
