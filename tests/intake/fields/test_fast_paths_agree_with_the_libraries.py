import email_validator
import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadyard.intake.fields import email_address, phones
from leadyard.intake.fields.email_address import judged as judged_email
from leadyard.intake.fields.email_address import normalise_email
from leadyard.intake.fields.phone_plan import Line, common_form, judged

ATEXT = "abcXYZ019_!#$%&'*+-/=?^`{|}~"
local_parts = st.lists(st.text(ATEXT, max_size=6), min_size=1, max_size=3).map(".".join)
labels = st.text("abYZ09-", max_size=6)
domains = st.lists(labels, min_size=1, max_size=4).map(".".join)
addresses = st.builds("{}@{}.{}".format, local_parts, domains, st.text("comXY0-", max_size=4))


@settings(max_examples=300, deadline=None)
@given(addresses)
@example("a@b.co")
@example("a.b@c--d.com")
@example("a@ab--c.com")
@example("a@xn--e1afmkfd.xn--p1ai")
@example("a@b-.com")
@example("a@b.c-d")
@example("a..b@c.com")
@example(f"{'a' * 64}@b.com")
@example(f"{'a' * 65}@b.com")
@example(f"a@{'b' * 248}.com")
@example(f"a@{'b' * 249}.com")
def test_the_fast_path_says_of_an_email_address_what_the_rule_says(address: str) -> None:
    assert normalise_email(address) == judged_email(address.lower())


@settings(max_examples=300, deadline=None)
@given(addresses)
def test_what_mail_systems_accept_is_accepted(address: str) -> None:
    try:
        email_validator.validate_email(address, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError:
        return
    last_part = address.rpartition(".")[2]
    if len(last_part) > 1 and last_part.isalpha():
        assert normalise_email(address) == address.lower()


def test_common_addresses_take_the_fast_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(email_address, "judged", None)
    assert normalise_email("Jane.Doe+x@mail.example-site.co.uk") == "jane.doe+x@mail.example-site.co.uk"


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
EVERY_TYPE = range(11)


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A region, and digits near one of its example numbers of any type behind some prefix."""
    region = draw(st.sampled_from(["GB", *REGIONS]))
    examples = [phonenumbers.example_number_for_type(region, number_type) for number_type in EVERY_TYPE]
    digits = list(phonenumbers.national_significant_number(draw(st.sampled_from([e for e in examples if e]))))
    for _ in range(draw(st.integers(0, 3))):
        digits[draw(st.integers(0, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    code = str(phonenumbers.country_code_for_region(region))
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    assert plan is not None
    trunk = plan.national_prefix or ""
    heads = ["", f"+{code}", trunk, f"+{code}{trunk}", code, "0", f"00{code}", "1", "8"]
    return region, draw(st.sampled_from(heads)) + "".join(digits) + draw(st.sampled_from(["", "", "", "1"]))


@settings(max_examples=500, deadline=None)
@given(written_numbers(), st.sampled_from(Line))
@example(("DE", "04929850828258"), Line.FIXED)  # a landline by pattern, too long for the plan as a whole
@example(("IL", "015382981894"), Line.FIXED)  # a landline by pattern, behind an international prefix
def test_a_number_that_the_compiled_plan_accepts_is_stored_as_the_library_does(
    written: tuple[str, str], line: Line
) -> None:
    region, number = written
    verdict = judged(number, region, line)
    assert phones.line_normaliser(line, region)(number) == verdict


@settings(max_examples=200, deadline=None)
@given(written_numbers(), st.sampled_from(Line))
def test_the_library_calls_what_is_stored_valid_and_of_its_kind(written: tuple[str, str], line: Line) -> None:
    region, number = written
    stored = phones.line_normaliser(line, region)(number)
    if stored is None:
        return
    parsed = phonenumbers.parse(stored)
    assert phonenumbers.is_valid_number(parsed)
    assert phonenumbers.number_type(parsed) in line.value


@pytest.mark.parametrize(
    "country", ["GB", "US", "IE", "AU", "NZ", "DE", "FR", "ES", "IT", "NL", "IN", "BR", "ZA"]
)
@pytest.mark.parametrize("line", Line)
def test_example_numbers_of_common_countries_do_not_reach_the_library(
    country: str, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones, "judged", None)
    number_type = next(
        kind for kind in line.value if kind != phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE
    )
    parsed = phonenumbers.example_number_for_type(country, number_type)
    assert parsed is not None
    normalise = phones.line_normaliser(line, country)
    stored = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert normalise(stored) == stored
    assert normalise(national) == stored


@pytest.mark.parametrize("country", ["JE", "CA", "ZZ"])
def test_a_country_that_cannot_speak_for_its_calling_code_has_no_compiled_plan(country: str) -> None:
    assert common_form(country, Line.MOBILE) is None


def test_a_country_without_a_plan_reads_numbers_with_a_plus() -> None:
    normalise = phones.line_normaliser(Line.MOBILE, "ZZ")
    assert normalise("+44 7400 123456") == "+447400123456"
    assert normalise("07400 123456") is None
