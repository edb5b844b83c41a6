import json

import pytest

from leadyard.intake.fields import STANDARD_FIELDS, compile_field

# name, label, data_type, selection of the standard fields in the seed's example campaign.
SEED = json.loads("""[
["dob", "DOB", "Date", ""], ["email", "Email", "Email Address", ""], ["firstname", "First_Name", "Alphabetical", ""],
["gender", "Gender", "Text", "Male,Female,M,F"], ["lastname", "Last_Name", "Alphabetical", ""],
["phone1", "Phone_1", "UK Mobile Number", ""], ["postcode", "Postcode", "Postcode", ""], ["sid", "SID", "Text", ""]
]""")


@pytest.mark.parametrize(("name", "label", "data_type", "selection"), SEED)
def test_a_standard_field_reads_as_in_the_seed(name: str, label: str, data_type: str, selection: str) -> None:
    rule = STANDARD_FIELDS[name]
    assert (rule.name, rule.label, rule.data_type) == (name, label, data_type)
    assert ",".join(rule.selection_values) == ",".join(rule.selection_labels) == selection


def test_every_standard_field_compiles_and_is_optional_until_a_campaign_requires_it() -> None:
    for name, rule in STANDARD_FIELDS.items():
        assert rule.standard
        assert not rule.required
        assert compile_field(rule, country="GB").name == name


def test_the_contracts_standard_fields_are_all_there() -> None:
    contract = """title firstname lastname email phone1 phone2 phone3 street1 street2 building towncity county postcode
    country dob gender company c1 c2 c3 source ssid sid optinurl optindate ipaddress useragent"""
    assert set(contract.split()) <= set(STANDARD_FIELDS)
