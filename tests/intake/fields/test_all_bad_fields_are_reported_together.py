from datetime import date

from leadyard.intake.fields import DataType, FieldRule, check_all, compile_field

TODAY = date(2026, 3, 14)


def fields() -> list[FieldRule]:
    return [
        FieldRule(name="email", label="Email", data_type=DataType.EMAIL_ADDRESS, required=True),
        FieldRule(
            name="lastname", label="Last_Name", data_type=DataType.ALPHABETICAL, differs_from="firstname"
        ),
        FieldRule(name="firstname", label="First_Name", data_type=DataType.ALPHABETICAL, required=True),
        FieldRule(name="phone1", label="Phone_1", data_type=DataType.UK_MOBILE_NUMBER),
        FieldRule(name="data13", label="make_of_car", data_type=DataType.TEXT, differs_from="gone"),
    ]


def judged(**values: str) -> tuple[dict[str, str], list[str]]:
    return check_all([compile_field(rule, country="GB") for rule in fields()], values, TODAY)


def test_good_values_are_stored_and_unknown_ones_left_out() -> None:
    stored, errors = judged(
        email="A@B.com", firstname="Jo", lastname="Doe", data13="Audi", other="x", phone1=""
    )
    assert stored == {"email": "a@b.com", "lastname": "Doe", "firstname": "Jo", "data13": "Audi"}
    assert errors == []


def test_every_bad_field_has_one_text_in_the_order_of_the_fields() -> None:
    stored, errors = judged(email="", lastname="D0e", phone1="123", data13="Audi")
    assert stored == {"data13": "Audi"}
    assert errors == [
        "Email is required",
        "Last Name is not a valid name",
        "First Name is required",
        "Phone 1 is not a valid UK mobile number",
    ]


def test_a_value_that_has_to_differ_is_compared_without_case() -> None:
    stored, errors = judged(email="a@b.com", firstname="JANE", lastname="Jane", phone1="12")
    assert stored == {"email": "a@b.com", "firstname": "JANE"}
    assert errors == ["Last Name must differ from First Name", "Phone 1 is not a valid UK mobile number"]


def test_an_absent_or_bad_value_differs_from_anything() -> None:
    assert judged(email="a@b.com", firstname="Jane")[1] == []
    assert judged(email="a@b.com", firstname="J4ne", lastname="J4ne")[1] == [
        "Last Name is not a valid name",
        "First Name is not a valid name",
    ]


def test_no_fields_mean_no_errors() -> None:
    assert check_all([], {"email": "x"}, TODAY) == ({}, [])
