from datetime import date

from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadyard.intake.fields import DataType, FieldRule, InvalidValue, compile_field

TODAY = date(2026, 3, 14)
COUNTRIES = ["GB", "US", "IE", "CA", "NL", "IT", "AR", "ZZ"]

FIELDS = [
    compile_field(
        FieldRule(name="dob" if data_type is DataType.DATE else "data1", label="It", data_type=data_type),
        country=country,
        month_first=country == "US",
    )
    for data_type in DataType
    for country in COUNTRIES
] + [
    compile_field(
        FieldRule(
            name="data1",
            label="It",
            data_type=data_type,
            minimum_vowels=1,
            minimum_consonants=1,
            minimum_length=1,
            maximum_length=20,
            rejected_words=("bad", "very bad"),
            pattern=r"[^x]*",
        ),
        country="GB",
    )
    for data_type in DataType
]

# Everything that Python's text can hold, lone surrogates too.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
near_misses = st.one_of(
    st.text("0123456789+-.() /:TZ\u0660\uff10\u200e", max_size=24),
    st.text("aİıſßKﬃé@.-_xn\u0301\u200d'’", max_size=24),  # noqa: RUF001 - letters whose case or form is special
    st.from_regex(r"\A[aİßé]{1,4}@[aéßﬃ．。]{1,4}\.[a-zéК]{1,3}\Z"),  # noqa: RUF001 - the same
    st.from_regex(r"\Ahttps?://[a-z0-9.:@\[\]-]{1,20}(/.*)?\Z"),
    st.from_regex(
        r"\A[0-9]{2,4}[-/][0-9]{2}[-/][0-9]{2,4}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{4})?)?\Z"
    ),
    st.from_regex(r"\A[A-Za-z]{1,2}[0-9]{1,2}[A-Za-z]? ?[0-9][A-Za-z]{2}\Z"),
    st.from_regex(r"\A(\+44|0044|44|0)?[ (0)]{0,4}[1237][0-9 ]{8,12}\Z"),
    st.ip_addresses().map(str),
    st.decimals(allow_nan=False).map(str),
    st.emails(),
)


@settings(max_examples=500, deadline=None)
@given(st.one_of(any_text, near_misses))
@example("")
@example("İ@b.com")
@example("a@\ud800.com")
@example("@" * 300)
@example("²" * 11)
def test_any_text_is_stored_for_good_or_refused(value: str) -> None:
    for field in FIELDS:
        try:
            stored = field.check(value, TODAY)
        except InvalidValue:
            continue
        assert field.check(stored, TODAY) == stored


@settings(max_examples=100, deadline=None)
@given(st.lists(any_text, min_size=1, max_size=5), st.lists(any_text, max_size=5), any_text)
def test_any_choices_store_a_choice_or_refuse(values: list[str], labels: list[str], sent: str) -> None:
    rule = FieldRule(
        name="data1",
        label="It",
        data_type=DataType.TEXT,
        selection_values=("a", *values),
        selection_labels=tuple(labels),
    )
    field = compile_field(rule, country="GB")
    for value in (sent, *values, *labels):
        try:
            stored = field.check(value, TODAY)
        except InvalidValue:
            continue
        assert stored in {"a", *(choice.strip() for choice in values)}
        assert field.check(stored, TODAY) == stored
