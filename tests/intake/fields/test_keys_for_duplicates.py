import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.intake.fields import email_key, phone_key


@pytest.mark.parametrize(
    "written",
    [
        "07700900123", "+447700900123", "00447700900123", "44 7700 900123", "447700900123", "+44 (0) 7700-900.123",
        "7700900123", "\u202a07700 900123\u202c",
    ],
)  # fmt: skip
def test_one_uk_number_has_one_key_however_it_is_written(written: str) -> None:
    assert phone_key(written, "GB") == "447700900123"


@pytest.mark.parametrize(
    ("written", "country", "key"),
    [
        ("+33 (0)6 12 34 56 78", "GB", "33612345678"),
        ("0033612345678", "GB", "33612345678"),
        ("06 12 34 56 78", "FR", "33612345678"),
        ("(201) 555-0123", "US", "12015550123"),
        ("011 44 7700 900123", "US", "447700900123"),
        ("0800 1111", "GB", "448001111"),
        ("06 698 12345", "IT", "390669812345"),
        ("201 555 0123 ext. 4", "us", "12015550123"),
        ("+44 7700 900123", "ZZ", "447700900123"),
        ("07700 900123", "ZZ", "07700900123"),
        ("07700 900123", "", "07700900123"),
        ("no 1", "GB", "1"),
        ("none", "GB", ""),
        ("", "GB", ""),
        ("", "US", ""),
    ],
)
def test_a_number_is_keyed_by_its_international_digits(written: str, country: str, key: str) -> None:
    assert phone_key(written, country) == key


FORMATS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(["GB", "GB", "GB", "US", "FR", "IT", "DE"]), st.integers(0, 10), st.integers(0, 9999))
def test_every_way_to_write_a_valid_number_gives_the_same_key(
    country: str, kind: int, last_digits: int
) -> None:
    example = phonenumbers.example_number_for_type(country, kind)
    if example is None:
        return
    digits = phonenumbers.national_significant_number(example)[:-4] + f"{last_digits:04}"
    number = phonenumbers.parse(digits, country)
    if not phonenumbers.is_valid_number(number):
        return
    key = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    assert {phone_key(phonenumbers.format_number(number, form), country) for form in FORMATS} == {key}


@settings(max_examples=200, deadline=None)
@given(
    st.text(st.characters(codec=None, exclude_categories=()), max_size=120),
    st.sampled_from(["GB", "US", "ZZ", ""]),
)
def test_any_text_has_a_key_of_digits(value: str, country: str) -> None:
    key = phone_key(value, country)
    assert key == "" or (key.isascii() and key.isdigit())
    assert email_key(email_key(value)) == email_key(value)


def test_email_addresses_are_compared_in_lower_case() -> None:
    assert email_key("Jane@Example.COM") == email_key("\u200ejane@example.com ") == "jane@example.com"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("jo@XN--exmple-cua.de", "Jo@EXÄMPLE.de"),
        ("jo@xn--e1afmkfd.xn--p1ai", "jo@пример.рф"),
        ("jo@exa\u0308mple.de", "jo@exämple.de"),
    ],
)
def test_both_forms_of_a_domain_have_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    "domain", ["xn--", "xn--a", "xn--\u00e4", "xn--99999999999999", "xn--" + "9" * 70, "xn--com-"]
)
def test_what_only_looks_like_punycode_stays_as_it_is(domain: str) -> None:
    assert email_key(f"a@{domain}.com") == f"a@{domain}.com"
