from datetime import date
from typing import Any

import pytest

from leadyard.intake.fields import (
    CompiledField,
    DataType,
    FieldRule,
    FieldRuleError,
    InvalidValue,
    compile_field,
)

TODAY = date(2026, 3, 14)


def compiled(data_type: DataType = DataType.TEXT, **options: Any) -> CompiledField:
    rule = FieldRule(name="data1", label="Make_of_car", data_type=data_type, **options)
    return compile_field(rule, country="GB")


def refusal(field: CompiledField, value: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        field.check(value, TODAY)
    return str(caught.value)


def test_a_choice_is_stored_in_the_configured_spelling() -> None:
    field = compiled(selection_values=("Male", "Female", "M", "F"))
    assert field.check("female", TODAY) == "Female"
    assert field.check("m", TODAY) == "M"
    assert refusal(field, "other") == "Make of car is not a valid choice"
    assert refusal(field, "\u200e") == "Make of car is not a valid choice"


def test_a_label_stands_for_the_value_in_its_place() -> None:
    field = compiled(selection_values=("1", "2", "3"), selection_labels=("One", "2", "1"))
    assert [field.check(value, TODAY) for value in ("ONE", "2", "1", "3")] == ["1", "2", "1", "3"]


def test_an_exact_spelling_wins_over_another_case() -> None:
    field = compiled(selection_values=("it", "IT"))
    assert [field.check(value, TODAY) for value in ("it", "IT", "It")] == ["it", "IT", "it"]


def test_blank_choices_leave_the_field_free() -> None:
    assert compiled(selection_values=("", " ")).check("anything", TODAY) == "anything"


def test_a_list_of_choices_holds_for_any_type() -> None:
    field = compiled(DataType.NUMERIC, selection_values=("1", "2"), selection_labels=("one", "two"))
    assert field.check("Two", TODAY) == "2"
    assert refusal(field, "3") == "Make of car is not a valid choice"


def test_lengths_count_the_stored_value() -> None:
    field = compiled(DataType.UK_MOBILE_NUMBER, minimum_length=11, maximum_length=11)
    assert field.check("+44 (0) 7700 900 123", TODAY) == "07700900123"
    text = compiled(minimum_length=2, maximum_length=3)
    assert text.check("abc", TODAY) == "abc"
    assert refusal(text, "a") == "Make of car is too short"
    assert refusal(text, "abcd") == "Make of car is too long"


def test_vowels_and_consonants_are_counted_without_accents() -> None:
    field = compiled(DataType.ALPHABETICAL, minimum_vowels=1, minimum_consonants=2)
    assert field.check("Béth", TODAY) == "Béth"
    assert field.check("Lynn", TODAY) == "Lynn"
    assert refusal(field, "Xkcd") == "Make of car has too few vowels"
    assert refusal(field, "Aoia") == "Make of car has too few consonants"


def test_letters_of_other_scripts_are_not_counted() -> None:
    field = compiled(DataType.ALPHABETICAL, minimum_vowels=1, minimum_consonants=1)
    assert field.check("王", TODAY) == "王"


def test_rejected_words_are_whole_words_and_phrases() -> None:
    field = compiled(rejected_words=("darn", "go away", "  "))
    assert field.check("Darnley goes away", TODAY) == "Darnley goes away"
    for value in ("DARN it", "well, darn!", "please go  AWAY now"):
        assert refusal(field, value) == "Make of car contains a word that is not allowed"


def test_an_own_pattern_has_to_match_the_whole_value() -> None:
    field = compiled(pattern="[A-Z]{2}[0-9]+|é")
    assert field.check("AB12", TODAY) == "AB12"
    assert field.check("é", TODAY) == "é"
    for value in ("xAB12", "AB12\n", "AB", "\ud800"):
        assert refusal(field, value) == "Make of car is not in the expected format"


def test_a_pattern_that_would_hang_another_engine_answers() -> None:
    assert (
        refusal(compiled(pattern="(a+)+$"), "a" * 3999 + "!") == "Make of car is not in the expected format"
    )


@pytest.mark.parametrize(
    "pattern", ["(a", "a{2,1}", r"(a)\1", "(?=a)a", "\ud800", "a" * 1001, "((a{100}){100}){100}"]
)
def test_a_pattern_that_cannot_be_used_is_an_error_at_set_up(pattern: str) -> None:
    with pytest.raises(FieldRuleError, match=r"^Make of car: the pattern "):
        compiled(pattern=pattern)


@pytest.mark.parametrize(
    "options",
    [
        {"minimum_length": -1},
        {"maximum_length": -1},
        {"minimum_vowels": -1},
        {"minimum_consonants": -1},
        {"minimum_length": 3, "maximum_length": 2},
        {"country": "GBR"},
        {"country": "4"},
    ],
)
def test_a_rule_that_contradicts_itself_is_an_error_at_set_up(options: dict[str, Any]) -> None:
    with pytest.raises(FieldRuleError, match=r"^Make of car: "):
        compiled(**options)
