"""The template language: what it writes, what it refuses, and that it never hangs or fails on a value."""

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadyard.delivery.templates import TemplateError, UnfitValueError, compile_template
from leadyard.delivery.templates.escapes import verbatim
from leadyard.delivery.templates.filters import FILTER_NAMES
from leadyard.delivery.templates.phones import international

VALUES = {
    "firstname": " ann ",
    "lastname": "o'neil",
    "gender": "Male",
    "dob": "1980-02-29",
    "lead.received": "2026-03-01T09:05:07Z",
    "income": "1234.565",
    "phone": "07700 900123",
    "mobile": "+447700900123",
    "postcode": "SW1A 1AA",
}


def _render(text: str, values: dict[str, str] | None = None) -> str:
    return compile_template(text).render(VALUES if values is None else values, verbatim)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", ""),
        ("plain } text }}", "plain } text }}"),
        ("{{firstname|trim|upper}}", "ANN"),
        ("{{ firstname | trim | title ~ ' ' ~ lastname | title }}", "Ann O'Neil"),
        ('{{ "{{" }}', "{{"),
        (r'{{ "say \"hi\"\n" }}', 'say "hi"\n'),
        ("{{ nothing }}|{{ nothing | default:'n/a' }}", "|n/a"),
        ("{{ gender | map:'Male=M, Female=F' }}", "M"),
        ("{{ gender | map:'Female=F,*=U' }}", "U"),
        ("{{ gender | map:'Female=F' }}", "Male"),
        ("{{ dob | date:'DD/MM/YYYY' }}", "29/02/1980"),
        ("{{ lead.received | date:'YY-MM-DD HH:mm:ss' }}", "26-03-01 09:05:07"),
        ("{{ postcode | date:'DD' }}", "SW1A 1AA"),
        ("{{ income | number:2 }}", "1234.56"),
        ("{{ income | number:0 }}", "1235"),
        ("{{ postcode | number:2 }}", "SW1A 1AA"),
        ("{{ phone | international }}", "+447700900123"),
        ("{{ mobile | national }}", "07700900123"),
        ("{{ phone | digits }}", "07700900123"),
        ("{{ postcode | first:4 }}{{ postcode | last:3 }}{{ postcode | last:0 }}", "SW1A1AA"),
        ("{{ postcode | replace:' ','-' }}", "SW1A-1AA"),
        ("{{ phone | prefix:'t:' | suffix:'!' }}{{ nothing | prefix:'t:' }}", "t:07700 900123!"),
    ],
)
def test_a_template_writes_what_its_filters_say(template: str, expected: str) -> None:
    assert _render(template) == expected


@pytest.mark.parametrize(
    ("template", "position", "detail"),
    [
        ("a {{ name", 2, "not closed"),
        ("{{ }}", 3, "Expected a name"),
        ("{{ name | }}", 10, "Expected the name of a filter"),
        ("{{ name | shout }}", 10, "no filter 'shout'"),
        ("{{ name | first }}", 10, "takes 1"),
        ("{{ name | upper:1 }}", 10, "takes 0"),
        ("{{ name | first:many }}", 10, "whole number"),
        ("{{ name | map:'a' }}", 10, "from=to"),
        ("{{ name | replace:'','x' }}", 10, "empty"),
        ("{{ name | international:'ZZ' }}", 10, "country"),
        ("{{ 'open }}", 3, "quoted text"),
        ("{{ a b }}", 5, "Unexpected 'b'"),
        ("{{ a ~ }}", 7, "Expected a name"),
        ("{{ a.__class__() }}", 14, "Unexpected character '('"),
        ("{{ a" + " | upper" * 17 + " }}", None, "More than 16"),
        ("x" * 65_537, None, "longer than"),
        ("{{a}}" * 2001, None, "too many"),
    ],
)
def test_a_wrong_template_is_refused_with_its_position(
    template: str, position: int | None, detail: str
) -> None:
    with pytest.raises(TemplateError, match=detail.replace("(", r"\(")) as caught:
        compile_template(template)
    assert position is None or caught.value.position == position


def test_the_names_that_a_template_reads_are_listed() -> None:
    template = compile_template("{{ a | default:'b' }} {{ 'c' ~ lead.id }}")
    assert template.names == {"a", "lead.id"}
    assert not template.static
    assert compile_template("plain").static


def test_values_and_results_are_bounded() -> None:
    with pytest.raises(UnfitValueError):
        _render("{{ a }}", {"a": "x" * 65_537})
    with pytest.raises(UnfitValueError):
        _render("{{ a | replace:'x','" + "y" * 4000 + "' }}", {"a": "x" * 65_000})
    with pytest.raises(UnfitValueError):
        _render("{{ a }}" * 100, {"a": "x" * 60_000})


@given(st.text(alphabet=st.sampled_from("{}|~:,'\"\\ ab.1\n"), max_size=60) | st.text(max_size=60))
def test_any_text_compiles_or_is_a_template_error(text: str) -> None:
    try:
        compile_template(text).render({"a": "x"}, verbatim)
    except TemplateError:
        return


_ARGUMENTS = {"default": "'x'", "first": "3", "last": "3", "date": "'DD/MM'", "number": "2", "map": "'a=b'"}
_ARGUMENTS |= {"prefix": "'p'", "suffix": "'s'", "replace": "'a','b'"}


@settings(max_examples=60)
@given(st.text(max_size=80))
def test_no_filter_fails_on_any_value(value: str) -> None:
    for name in FILTER_NAMES:
        argument = f":{_ARGUMENTS[name]}" if name in _ARGUMENTS else ""
        _render("{{ a | " + name + argument + " }}", {"a": value})


@given(st.from_regex(r"\A07[0-9]{9}\Z"))
def test_the_fast_path_of_british_mobiles_agrees_with_the_library(number: str) -> None:
    library = phonenumbers.format_number(
        phonenumbers.parse(number, "GB"), phonenumbers.PhoneNumberFormat.E164
    )
    assert international(number, "GB") == library
