"""What a programme's settings must be, beyond their types."""

from ipaddress import ip_network
from urllib.parse import urlsplit

import msgspec

from leadyard.affiliates.model import Program
from leadyard.kit.currencies import read_currency
from leadyard.kit.errors import FieldProblem
from leadyard.people.addresses import is_email_address

LONGEST_URL = 2048


def completed(program: Program) -> Program:
    """Write a programme's settings as they are kept: the currency in capitals, addresses trimmed."""
    emails = tuple(email.strip() for email in program.merchant_emails)
    return msgspec.structs.replace(
        program,
        currency=program.currency.strip().upper(),
        site_url=program.site_url.strip(),
        merchant_emails=emails,
    )


def program_problems(program: Program) -> list[FieldProblem]:
    """Name everything that is wrong with a programme's settings."""
    problems = []
    if not is_web_address(program.site_url):
        problems.append(FieldProblem("site_url", "must be an address that begins with http:// or https://"))
    if read_currency(program.currency) is None:
        problems.append(FieldProblem("currency", "must be an ISO 4217 code such as USD"))
    problems += [
        FieldProblem(f"merchant_emails[{i}]", "is not a valid email address")
        for i, email in enumerate(program.merchant_emails)
        if not is_email_address(email)
    ]
    problems += [
        FieldProblem(f"fraud.data_centre_networks[{i}]", "is not an IP address or network")
        for i, network in enumerate(program.fraud.data_centre_networks)
        if not _is_network(network)
    ]
    address = program.pages.contact_email
    if address is not None and not is_email_address(address):
        problems.append(FieldProblem("pages.contact_email", "is not a valid email address"))
    return problems


def is_web_address(url: str) -> bool:
    """Tell whether a text is an absolute http or https address that links can lead to."""
    if len(url) > LONGEST_URL or any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return "%" not in text
