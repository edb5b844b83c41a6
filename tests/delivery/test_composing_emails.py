"""What an e-mail says, and that no lead's value can say more than it should."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.delivery.mailboxes import server_settings

from leadyard.delivery.kinds import EmailSettings
from leadyard.delivery.model import FieldMapping
from leadyard.delivery.templates import UnfitValueError
from leadyard.delivery.transports.email import Mail, compose, is_address

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def composed(values: dict[str, str], **changes: Any) -> Mail:
    settings = EmailSettings(
        **{
            "server_id": 1,
            "to": ("{{ to }}",),
            "subject": "Lead {{ name }}",
            "text": "Hi {{ name }}",
            **changes,
        }
    )
    values = {"to": "buyer@example.com", **values}
    return compose(settings, server_settings(25), values, key="uuid-7", now=NOW)


def read(mail: Mail) -> Any:
    return message_from_bytes(mail.content, policy=default)


def test_headers_and_bodies_are_filled_and_the_message_id_carries_the_key() -> None:
    mail = composed(
        {"name": "Ann", "copy": "c@example.com"},
        cc=("{{ copy }}",),
        bcc=("hidden@example.com", "{{ nothing }}"),
        html="<p>{{ name }}</p>",
        reply_to="{{ copy }}",
    )
    message = read(mail)
    assert mail.recipients == ("buyer@example.com", "c@example.com", "hidden@example.com")
    assert message["Message-ID"] == "<uuid-7@agency.example>"
    assert message["From"] == "Agency <leads@agency.example>"
    assert (message["To"], message["Cc"], message["Bcc"]) == ("buyer@example.com", "c@example.com", None)
    assert message["Subject"] == "Lead Ann"
    assert message.get_body(("plain",)).get_content().strip() == "Hi Ann"
    assert message.get_body(("html",)).get_content().strip() == "<p>Ann</p>"
    assert "hidden" not in mail.content.decode()


def test_the_lead_can_come_along_as_csv() -> None:
    mail = composed({"name": "=1+1", "phone1": "+447700900123", "lead.id": "7"}, attach_csv=True)
    (attached,) = read(mail).iter_attachments()
    assert attached.get_filename() == "lead.csv"
    assert (
        attached.get_content().replace("\r", "") == "to,name,phone1\nbuyer@example.com,'=1+1,+447700900123\n"
    )
    columns = (FieldMapping("Who", "{{ name | upper }}"), FieldMapping("Id", "{{ lead.id }}"))
    mail = composed({"name": "ann", "lead.id": "7"}, attach_csv=True, columns=columns)
    (attached,) = read(mail).iter_attachments()
    assert attached.get_content().replace("\r", "") == "Who,Id\nANN,7\n"


def test_values_in_html_stay_text() -> None:
    mail = composed({"name": "<script>&\"'"}, html='<p title="{{ name }}">{{ name }}</p>')
    html = read(mail).get_body(("html",)).get_content()
    assert "<script>" not in html
    assert html.count("&lt;script&gt;&amp;&quot;&#39;") == 2


@pytest.mark.parametrize(
    "bad",
    [
        "a@example.com, b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "Ann <a@example.com>",
        "a@example.com b@example.com",
        "nobody",
        "a@exa mple.com",
        '"a b"@example.com',
        "ann@münchen.example",
        f"{'a' * 65}@example.com",
    ],
)
def test_a_value_that_is_not_one_plain_address_is_refused(bad: str) -> None:
    assert not is_address(bad)
    with pytest.raises(UnfitValueError):
        composed({"to": bad})


def test_an_email_without_any_recipient_is_refused() -> None:
    with pytest.raises(UnfitValueError, match="no recipient"):
        composed({"to": ""})


@given(st.text(max_size=200))
def test_no_value_adds_a_header_or_a_recipient(value: str) -> None:
    mail = composed({"name": f"x\r\nBcc: evil@example.com\r\n\r\n{value}"}, html="{{ name }}")
    message = read(mail)
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert mail.recipients == ("buyer@example.com",)
    assert all(line == line.rstrip("\r") for line in mail.content.decode("ascii").split("\r\n"))
