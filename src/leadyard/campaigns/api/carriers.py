"""Mail servers and SMS gateways in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.model import Status
from leadyard.campaigns.service import mail_servers, sms_gateways
from leadyard.own_api.operation import Section

MAIL_SERVERS = Section(
    "Mail servers",
    "A mail server is the SMTP server that deliveries of kind Email, and files handed over by e-mail, leave by.",
    operations_of(
        mail_servers,
        "/mail-servers",
        plural="mail servers",
        creating="Deliveries that name no mail server use the first active one. Nothing is sent to try it.",
        status=Status,
        example={
            "name": "Our mail server",
            "settings": {
                "host": "smtp.example.com",
                "security": "starttls",
                "username": "leads@example.com",
                "password": "the-password",
                "from_address": "leads@example.com",
                "from_name": "Leads",
            },
        },
    ),
)

SMS_GATEWAYS = Section(
    "SMS gateways",
    "An SMS gateway is an HTTP service that sends text messages: the request that it wants, how its answer is "
    "judged, and what a segment costs. Its templates must name sms.to and sms.text.",
    operations_of(
        sms_gateways,
        "/sms-gateways",
        plural="gateways",
        creating="Deliveries that name no gateway use the first active one. Nothing is sent to try it.",
        status=Status,
        example={
            "name": "Our gateway",
            "settings": {
                "http": {
                    "url": "https://sms.example.com/send",
                    "body": "json",
                    "fields": [
                        {"name": "to", "value": "{{ sms.to }}"},
                        {"name": "from", "value": "{{ sms.from }}"},
                        {"name": "text", "value": "{{ sms.text }}"},
                    ],
                    "auth": {"kind": "bearer", "token": "the-token"},
                },
                "answers": {"rules": [{"kind": "status", "pattern": "2xx", "outcome": "accept"}]},
                "sender": "Leads",
                "segment_cost": "0.032",
            },
        },
    ),
)
