"""Validation providers in the own API."""

from leadyard.campaigns.api.noun import operations_of
from leadyard.campaigns.service import providers
from leadyard.intake.providers.model import ProviderStatus
from leadyard.own_api.operation import Section

EXAMPLE = {
    "name": "Acme HLR",
    "kind": "hlr",
    "settings": {
        "cost": "0.012",
        "cache_seconds": 86400,
        "source": {
            "kind": "http",
            "http": {
                "url": "https://hlr.example.com/v1/lookup",
                "method": "GET",
                "body": "none",
                "fields": [{"name": "msisdn", "value": "{{ value }}"}],
                "auth": {"kind": "bearer", "token": "the-service-token"},
                "timeout_seconds": 5,
            },
            "answers": {
                "rules": [
                    {"kind": "json_path", "path": "status", "pattern": "DELIVRD", "outcome": "accept"},
                    {"kind": "json_path", "path": "status", "pattern": "UNDELIV", "outcome": "reject"},
                    {"kind": "regex", "pattern": ".*", "outcome": "unknown"},
                ]
            },
        },
    },
}

SECTION = Section(
    "Validation providers",
    "Who answers the checks of a campaign's leads: a service over HTTP, or what is built in.",
    operations_of(
        providers,
        "/validation-providers",
        plural="validation providers",
        creating="Checks of campaigns may name it at once; each answer is booked at its cost.",
        status=ProviderStatus,
        example=EXAMPLE,
    ),
)
