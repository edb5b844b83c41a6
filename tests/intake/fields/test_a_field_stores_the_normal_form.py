from datetime import date

import pytest

from leadyard.intake.fields import DataType, FieldRule, compile_field

TODAY = date(2026, 3, 14)

STORED_IN_GB = [
    (DataType.TEXT, "Ünï\u202ecode \U0001f600", "Ünï\u202ecode \U0001f600"),
    (DataType.TEXT, "x" * 4000, "x" * 4000),
    (DataType.ALPHABETICAL, "Mary-Jane O'Neil Jr.", "Mary-Jane O'Neil Jr."),
    (DataType.ALPHABETICAL, "O\u2019Neil", "O\u2019Neil"),
    (DataType.ALPHABETICAL, "Łukasz Škvorecký", "Łukasz Škvorecký"),
    (DataType.ALPHABETICAL, "Ольга", "Ольга"),
    (DataType.ALPHABETICAL, "प्रिया", "प्रिया"),
    (
        DataType.ALPHABETICAL,
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
        "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",
    ),
    (DataType.ALPHABETICAL, "王小明", "王小明"),
    (DataType.ALPHABETICAL, "\u200e John\u00a0Paul\u202c", "John Paul"),
    (DataType.EMAIL_ADDRESS, "Jane.Doe+Tag@Example.COM", "jane.doe+tag@example.com"),
    (DataType.EMAIL_ADDRESS, "a@b.test", "a@b.test"),
    (DataType.EMAIL_ADDRESS, "a@printer.local", "a@printer.local"),
    (DataType.EMAIL_ADDRESS, "\u202aa\u200b@b.test\ufeff", "a@b.test"),
    (DataType.EMAIL_ADDRESS, "JÖ@Exämple.de", "jö@exämple.de"),
    (DataType.EMAIL_ADDRESS, "a@XN--exmple-cua.de", "a@xn--exmple-cua.de"),
    (DataType.EMAIL_ADDRESS, "a@xn--e1afmkfd.xn--p1ai", "a@xn--e1afmkfd.xn--p1ai"),
    (DataType.EMAIL_ADDRESS, "a..b@example.com", "a..b@example.com"),
    (DataType.EMAIL_ADDRESS, ".x.@Ex_ample.com", ".x.@ex_ample.com"),
    (DataType.EMAIL_ADDRESS, "a@-c-.ab--c.com", "a@-c-.ab--c.com"),
    (DataType.EMAIL_ADDRESS, f"a@{'b' * 248}.com", f"a@{'b' * 248}.com"),
    (DataType.EMAIL_ADDRESS, "a@पुष्टि.भारत", "a@पुष्टि.भारत"),
    (DataType.EMAIL_ADDRESS, f"{'a' * 64}@example.com", f"{'a' * 64}@example.com"),
    (DataType.UK_MOBILE_NUMBER, "07700900123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "07700 900.123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "+447700900123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "00447700900123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "447700900123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "+44 (0)7700-900-123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "(0)7700 900123", "07700900123"),
    (DataType.UK_MOBILE_NUMBER, "\u202a+44\u00a07700\u2011900123\u202c", "07700900123"),
    (
        DataType.UK_MOBILE_NUMBER,
        "\uff10\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13",
        "07700900123",
    ),
    (DataType.UK_LANDLINE_NUMBER, "020 7946 0018", "02079460018"),
    (DataType.UK_LANDLINE_NUMBER, "+44 (0)1632 960018", "01632960018"),
    (DataType.UK_LANDLINE_NUMBER, "016977 2998", "0169772998"),
    (DataType.UK_LANDLINE_NUMBER, "0300 123 4567", "03001234567"),
    (DataType.PHONE_NUMBER, "1234567", "1234567"),
    (DataType.PHONE_NUMBER, "+44 (0)20/7946.0018", "+442079460018"),
    (DataType.PHONE_NUMBER, "(020) 7946-0018", "02079460018"),
    (DataType.PHONE_NUMBER, "1" * 15, "1" * 15),
    (DataType.MOBILE_NUMBER, "07400 123456", "+447400123456"),
    (DataType.MOBILE_NUMBER, "0044 7400 123456", "+447400123456"),
    (DataType.MOBILE_NUMBER, "+33 6 12 34 56 78", "+33612345678"),
    (DataType.LANDLINE_NUMBER, "0121 234 5678", "+441212345678"),
    (DataType.NUMERIC, "00123", "00123"),
    (DataType.NUMERIC, "+42", "42"),
    (DataType.NUMERIC, "-42", "-42"),
    (DataType.NUMERIC, "\u200e9" + "0" * 17, "9" + "0" * 17),
    (DataType.DECIMAL, "1234.50", "1234.5"),
    (DataType.DECIMAL, "+007", "7"),
    (DataType.DECIMAL, "-0.00", "0"),
    (DataType.DECIMAL, "-0.10", "-0.1"),
    (DataType.YES_NO, "TRUE", "Yes"),
    (DataType.YES_NO, "y", "Yes"),
    (DataType.YES_NO, "on", "Yes"),
    (DataType.YES_NO, "0", "No"),
    (DataType.YES_NO, "off", "No"),
    (DataType.URL, "https://www.example.com/path?a=b#c", "https://www.example.com/path?a=b#c"),
    (DataType.URL, "HTTP://user:pw@Example.com:8080", "HTTP://user:pw@Example.com:8080"),
    (DataType.URL, "http://localhost:3000/x", "http://localhost:3000/x"),
    (DataType.URL, "http://[::1]/", "http://[::1]/"),
    (DataType.URL, "https://münchen.de/?q=ü", "https://münchen.de/?q=ü"),
    (DataType.IP_ADDRESS, "192.0.2.7", "192.0.2.7"),
    (DataType.IP_ADDRESS, "2001:DB8:0:0::1", "2001:db8::1"),
    (DataType.IP_ADDRESS, "::ffff:192.0.2.7", "192.0.2.7"),
    (DataType.DATE, "1980-02-29", "1980-02-29"),
    (DataType.DATE, "29/02/1980", "1980-02-29"),
    (DataType.DATE, "03-04-2020", "2020-04-03"),
    (DataType.DATE, "2020-04-03 10:30", "2020-04-03T10:30:00"),
    (DataType.DATE, "03/04/2020 10:30:59", "2020-04-03T10:30:59"),
    (DataType.DATE, "2020-04-03T10:30:59.123Z", "2020-04-03T10:30:59Z"),
    (DataType.DATE, "2020-04-03T10:30:59+0530", "2020-04-03T10:30:59+05:30"),
]


@pytest.mark.parametrize(("data_type", "value", "stored"), STORED_IN_GB)
def test_a_value_is_stored_in_its_normal_form(data_type: DataType, value: str, stored: str) -> None:
    field = compile_field(FieldRule(name="data1", label="It", data_type=data_type), country="GB")
    assert field.check(value, TODAY) == stored


@pytest.mark.parametrize("value", ["04/03/2020", "04-03-2020", "2020-04-03"])
def test_a_us_campaign_reads_the_month_first(value: str) -> None:
    rule = FieldRule(name="data1", label="It", data_type=DataType.DATE)
    assert compile_field(rule, country="US", month_first=True).check(value, TODAY) == "2020-04-03"


POSTCODES = [
    ("GB", "sw1a1aa", "SW1A 1AA"), ("GB", "M1 1AE", "M1 1AE"), ("GB", "CR2-6XH", "CR2 6XH"),
    ("GB", "dn55 1pt", "DN55 1PT"), ("GB", "w1a 0ax", "W1A 0AX"), ("GB", "gir 0aa", "GIR 0AA"),
    ("GB", "\u200eEC1A  1BB\u200e", "EC1A 1BB"), ("GB", "bf1 2aa", "BF1 2AA"), ("JE", "je2 3ab", "JE2 3AB"),
    ("US", "12345", "12345"), ("US", "123456789", "12345-6789"), ("US", "12345-6789", "12345-6789"),
    ("CA", "k1a0b1", "K1A 0B1"), ("IE", "d02 af30", "D02 AF30"), ("IE", "D6WXY00", "D6W XY00"),
    ("AU", "0200", "0200"), ("AU", "2000", "2000"), ("NZ", "0110", "0110"), ("DE", "01067", "01067"),
    ("FR", "75 001", "75001"), ("ES", "28013", "28013"), ("IT", "00184", "00184"), ("NL", "1012ab", "1012 AB"),
    ("BE", "1000", "1000"), ("CH", "8001", "8001"), ("AT", "1010", "1010"), ("PL", "00950", "00-950"),
    ("PT", "1000001", "1000-001"), ("SE", "11455", "114 55"), ("DK", "0800", "0800"), ("NO", "0150", "0150"),
    ("FI", "00100", "00100"), ("ZA", "0001", "0001"), ("IN", "110 001", "110001"), ("BR", "01310930", "01310-930"),
    ("MT", "vlt  1117", "VLT 1117"), ("JP", "100-0001", "100-0001"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "value", "stored"), POSTCODES)
def test_a_postcode_is_read_as_its_country_writes_it(country: str, value: str, stored: str) -> None:
    rule = FieldRule(name="postcode", label="Postcode", data_type=DataType.POSTCODE)
    assert compile_field(rule, country=country).check(value, TODAY) == stored


def test_the_country_of_a_field_wins_over_the_campaigns() -> None:
    rule = FieldRule(name="postcode", label="Postcode", data_type=DataType.POSTCODE, country="us")
    assert compile_field(rule, country="GB").check("12345", TODAY) == "12345"


@pytest.mark.parametrize(
    ("country", "value", "stored"),
    [
        ("AU", "0412 345 678", "+61412345678"),
        ("US", "(201) 555-0123", "+12015550123"),
        ("CA", "506-234-5678", "+15062345678"),
        ("DE", "0151/23456789", "+4915123456789"),
        ("IT", "312 345 6789", "+393123456789"),
    ],
)
def test_a_mobile_number_is_read_by_its_country(country: str, value: str, stored: str) -> None:
    rule = FieldRule(name="phone1", label="Phone_1", data_type=DataType.MOBILE_NUMBER)
    assert compile_field(rule, country=country).check(value, TODAY) == stored
