"""The standard fields that a campaign switches on (docs/fields.md).

`trackingid` is ours: the tracking id of the visitor whose form it was.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from leadyard.intake.fields.model import DataType, FieldRule

_TYPES_AND_LABELS: tuple[tuple[str, DataType, str], ...] = (
    ("title", DataType.TEXT, "Title"),
    ("firstname", DataType.ALPHABETICAL, "First_Name"),
    ("lastname", DataType.ALPHABETICAL, "Last_Name"),
    ("email", DataType.EMAIL_ADDRESS, "Email"),
    ("phone1", DataType.UK_MOBILE_NUMBER, "Phone_1"),
    ("phone2", DataType.PHONE_NUMBER, "Phone_2"),
    ("phone3", DataType.PHONE_NUMBER, "Phone_3"),
    ("street1", DataType.TEXT, "Street_1"),
    ("street2", DataType.TEXT, "Street_2"),
    ("building", DataType.TEXT, "Building"),
    ("towncity", DataType.TEXT, "Town_City"),
    ("county", DataType.TEXT, "County"),
    ("postcode", DataType.POSTCODE, "Postcode"),
    ("country", DataType.TEXT, "Country"),
    ("dob", DataType.DATE, "DOB"),
    ("gender", DataType.TEXT, "Gender"),
    ("company", DataType.TEXT, "Company"),
    ("c1", DataType.TEXT, "C1"),
    ("c2", DataType.TEXT, "C2"),
    ("c3", DataType.TEXT, "C3"),
    ("source", DataType.TEXT, "Source"),
    ("ssid", DataType.TEXT, "SSID"),
    ("sid", DataType.TEXT, "SID"),
    ("optinurl", DataType.URL, "Optin_URL"),
    ("optindate", DataType.DATE, "Optin_Date"),
    ("ipaddress", DataType.IP_ADDRESS, "IP_Address"),
    ("useragent", DataType.TEXT, "User_Agent"),
    ("consentemail", DataType.YES_NO, "Consent_Email"),
    ("consentphone", DataType.YES_NO, "Consent_Phone"),
    ("consentsms", DataType.YES_NO, "Consent_SMS"),
    ("consentpost", DataType.YES_NO, "Consent_Post"),
    ("consentthirdparty", DataType.YES_NO, "Consent_Third_Party"),
    ("trackingid", DataType.TEXT, "Tracking_ID"),
)
_CHOICES = {"gender": ("Male", "Female", "M", "F")}


def _rules() -> Iterator[FieldRule]:
    for name, data_type, label in _TYPES_AND_LABELS:
        choices = _CHOICES.get(name, ())
        yield FieldRule(
            name=name,
            label=label,
            data_type=data_type,
            standard=True,
            selection_values=choices,
            selection_labels=choices,
        )


STANDARD_FIELDS: Mapping[str, FieldRule] = MappingProxyType({rule.name: rule for rule in _rules()})
"""The rule that each standard field starts with, by field name; a campaign may change it."""
