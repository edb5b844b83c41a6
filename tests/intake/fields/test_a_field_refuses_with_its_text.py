from datetime import date

import pytest

from leadyard.intake.fields import DataType, FieldRule, InvalidValue, compile_field

TODAY = date(2026, 3, 14)

REFUSED = {
    (DataType.TEXT, "is too long"): ["x" * 4001],
    (DataType.ALPHABETICAL, "is not a valid name"): [
        "J0hn", "a@b", "John_Doe", "x" * 256, "x" * 600, "a\u202eb", "a\u200bb", "a\tb", "\u200e", "x²", "a\xd7b", "<b>",
    ],
    (DataType.EMAIL_ADDRESS, "is not a valid email address"): [
        "plain", "a@b", "@b.com", "a@", "a b@c.com", "a@b@c.com", "a@c.com.", "a@.com", "a@b..com", "a\u3000b@c.com",
        "a@b.c", "a@b.c1", "a@b.c_m", "a@1.2.3.4", "a@[1.2.3.4]", '"a b"@c.com', "A <a@c.com>", "<a@c.com", "a,b@c.com",
        '"a"@c.com', "a;b@c.com", "a@b,c.com", "a@b.xn--", "a@b.xn--com-", f"{'a' * 65}@c.com",
        f"a@{'b' * 249}.com", f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 9}.com",
        "@" * 5000, "a\u202eb@", "a@b\ud800.com", "a\x01@c.com",
    ],
    (DataType.DATE, "is not a valid date"): [
        "2020-02-30", "29/02/2019", "31/04/2020", "2020-13-01", "0000-01-01", "2020/01/01", "01.02.2020", "1/2/2020",
        "01/02-2020", "20200101", "2020-W01-1", "2020-01-01T24:00", "2020-01-01 10:60", "2020-01-01T10", "yesterday",
        "2020-01-01T10:00+99:00", "\u0662\u0660\u0662\u0660-\u0660\u0661-\u0660\u0661",
    ],
    (DataType.UK_MOBILE_NUMBER, "is not a valid UK mobile number"): [
        "7700900123", "0770090012", "077009001234", "02079460018", "+4407", "+33612345678", "07700 90O123", "++447700900123",
        "\u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663", "07700900123 ext 4", "+44 (0)(0)7700900123", "07700/900123", "x" * 101,
    ],
    (DataType.UK_LANDLINE_NUMBER, "is not a valid landline number"): ["07700900123", "0207946", "020794600181", "abc"],
    (DataType.PHONE_NUMBER, "is not a valid phone number"): [
        "123456", "1" * 16, "+", "12345+678", "phone", "1800FLOWERS", "\u0660\u0667\u0667\u0660\u0660\u0669\u0660\u0660\u0661\u0662\u0663", "1" * 200,
    ],
    (DataType.MOBILE_NUMBER, "is not a valid mobile number"): [
        "0121 234 5678", "07700900123x5", "0800 FLOWERS", "123", "+999123456789", "07700", "tel:07400123456",
    ],
    (DataType.LANDLINE_NUMBER, "is not a valid landline number"): ["07400123456", "0800 123 4567", "12"],
    (DataType.POSTCODE, "is not a valid postcode"): [
        "SW1A", "SW1A 1A", "QQ1 1AA", "SW1A 1CC", "12345", "SW1A 1AA 1", "ßW1 1AA", "\u0131P1 1AA", "S" * 50,
    ],
    (DataType.NUMERIC, "is not a valid numeric"): ["1.5", "1,000", "1 000", "+-1", "--1", "1" * 19, "1e3", "\u0663", "abc", "-"],
    (DataType.DECIMAL, "is not a valid decimal"): ["1,5", ".5", "5.", "1e3", "NaN", "Infinity", "1" * 31, "0.\u0663", "+"],
    (DataType.YES_NO, "is not a valid yes/no"): ["maybe", "2", "yes!", "\u200e"],
    (DataType.URL, "is not a valid URL"): [
        "example.com", "ftp://example.com", "http://", "http:///x", "http://intranet/x", "http://1.2.3.999/", "http://a b.com",
        "http://a.com/ b", "http://a.com/\x00", "http://a.com:99999/", "http://-a.com", "http://[1.2.3.4]/", "http://[::g]/",
        "javascript:alert(1)", "http://a.com\\@b", "http\u017f://a.com", "http://a.com/" + "x" * 2048,
    ],
    (DataType.IP_ADDRESS, "is not a valid IP address"): [
        "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4/24", "fe80::1%eth0", "::g", "\u0661.2.3.4", "localhost", "1" * 60,
    ],
}  # fmt: skip
CASES = [(data_type, text, value) for (data_type, text), values in REFUSED.items() for value in values]


@pytest.mark.parametrize(("data_type", "text", "value"), CASES)
def test_a_bad_value_is_refused_in_the_contracts_words(data_type: DataType, text: str, value: str) -> None:
    field = compile_field(FieldRule(name="data1", label="Phone_1", data_type=data_type), country="GB")
    with pytest.raises(InvalidValue) as refusal:
        field.check(value, TODAY)
    assert str(refusal.value) == f"Phone 1 {text}"


POSTCODES = [
    ("US", "1234"), ("US", "12345-67"), ("CA", "W1A 0B1"), ("CA", "K1D 0B1"), ("IE", "B02 AF30"),
    ("AU", "0100"), ("DE", "00123"), ("DE", "1234"), ("FR", "99000"), ("ES", "53000"), ("NL", "1012 SS"),
    ("BE", "0999"), ("PL", "0095"), ("SE", "01455"), ("IN", "010001"), ("BR", "0131093"), ("MT", "x"), ("MT", "-12"),
    ("MT", "1234567890123"), ("MT", "VLT_1"), ("CA", "K1A 0B1\n2"),
]  # fmt: skip


@pytest.mark.parametrize(("country", "value"), POSTCODES)
def test_a_postcode_of_another_form_than_its_countrys_is_refused(country: str, value: str) -> None:
    field = compile_field(FieldRule(name="p", label="Postcode", data_type=DataType.POSTCODE), country=country)
    with pytest.raises(InvalidValue, match=r"^Postcode is not a valid postcode$"):
        field.check(value, TODAY)


def test_an_american_date_with_the_day_first_is_refused() -> None:
    rule = FieldRule(name="data1", label="Start", data_type=DataType.DATE)
    with pytest.raises(InvalidValue, match=r"^Start is not a valid date$"):
        compile_field(rule, country="US", month_first=True).check("31/12/1999", TODAY)


@pytest.mark.parametrize("value", ["2026-03-15", "15/03/2026", "2026-03-15T00:00:00Z"])
def test_a_date_of_birth_in_the_future_is_refused(value: str) -> None:
    field = compile_field(FieldRule(name="dob", label="DOB", data_type=DataType.DATE), country="GB")
    assert field.check("2026-03-14", TODAY) == "2026-03-14"
    with pytest.raises(InvalidValue, match=r"^DOB is not a valid date$"):
        field.check(value, TODAY)


def test_another_date_may_be_in_the_future() -> None:
    field = compile_field(FieldRule(name="data2", label="Move", data_type=DataType.DATE), country="GB")
    assert field.check("2030-01-01", TODAY) == "2030-01-01"


def test_a_field_without_a_label_is_called_by_its_name() -> None:
    field = compile_field(FieldRule(name="data_2", label="", data_type=DataType.NUMERIC), country="GB")
    with pytest.raises(InvalidValue, match=r"^data 2 is not a valid numeric$"):
        field.check("x", TODAY)
