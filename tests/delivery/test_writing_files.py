"""What is in a file of leads: no formulas, nothing lost, names that every server takes."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.delivery.kinds import EmailDestination, FileSettings
from leadyard.delivery.model import FieldMapping
from leadyard.delivery.transports.file.naming import file_name, file_values
from leadyard.delivery.transports.file.schedule import latest_slot, schedule_problem
from leadyard.delivery.transports.file.tables import neutral, writer_of

ROWS = [["Ann", "=HYPERLINK(1)"], ["Bö\nb", '@x,"y"']]
TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40)


def settings(**changes: Any) -> FileSettings:
    usual: dict[str, Any] = {
        "schedule": "0 6 * * *",
        "columns": (FieldMapping("name", "{{ a }}"), FieldMapping("note", "{{ b }}")),
        "destination": EmailDestination(server_id=1, to=("a@example.com",)),
    }
    return FileSettings(**{**usual, **changes})


def written(rows: list[list[str]], **changes: Any) -> bytes:
    writer = writer_of(settings(**changes))
    for row in rows:
        writer.add([row])
    return writer.finish()


def test_csv_has_a_heading_and_quotes_what_needs_it() -> None:
    assert written(ROWS).decode() == 'name,note\r\nAnn,\'=HYPERLINK(1)\r\n"Bö\nb","\'@x,""y"""\r\n'
    assert written(ROWS[:1], heading=False, delimiter=";").decode() == "Ann;'=HYPERLINK(1)\r\n"


def test_json_is_a_list_of_objects() -> None:
    assert msgspec.json.decode(written(ROWS, format="json")) == [
        {"name": "Ann", "note": "=HYPERLINK(1)"},
        {"name": "Bö\nb", "note": '@x,"y"'},
    ]


def test_xlsx_has_text_cells_and_no_formula() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written([*ROWS, ["http://a.b", "7"]], format="xlsx"))).active
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["name", "note"],
        ["Ann", "'=HYPERLINK(1)"],
        ["Bö\nb", '\'@x,"y"'],
        ["http://a.b", "7"],
    ]
    assert {cell.data_type for row in sheet.rows for cell in row} == {"s"}


@pytest.mark.parametrize("text", ["=1", "+cmd", "-1+1", "@a", "\t=1", "\r=1", " =1", "+1-2", "--1", "-"])
def test_what_could_be_a_formula_is_neutralised(text: str) -> None:
    assert neutral(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Ann", "+447700900123", "-12.50", "a=b", "1+1"])
def test_other_values_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text


@given(st.lists(st.tuples(TEXT, TEXT).map(list), min_size=1, max_size=5))
def test_csv_gives_every_value_back(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(written(rows, heading=False).decode(), newline="")))
    assert read == [[neutral(value) for value in row] for row in rows]
    assert all(value[:1] not in set("=+-@") or value[1:].replace(".", "").replace(",", "").isdigit()
               for row in read for value in row)  # fmt: skip


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("leads-{{ file.date }}-{{ file.number }}", "leads-2026-03-01-7.csv"),
        ("{{ file.date }}T{{ file.time }}.csv", "2026-03-01T0600.csv"),
        ("../../etc/{{ buyer.company }}", "etc_A_B_.csv".replace("_.csv", ".csv")),
        ("{{ nothing }}", "leads.csv"),
        ("ü/\\:*", "leads.csv"),
    ],
)
def test_names_are_safe_on_every_server(template: str, name: str) -> None:
    slot = datetime(2026, 3, 1, 6, tzinfo=UTC)
    values = {**file_values(slot, ZoneInfo("Europe/London"), 7, 12), "buyer.company": "A/B?"}
    assert file_name(settings(name=template), values, 1) == name
    assert file_name(settings(name=template), values, 2) == name.replace(".csv", "-2.csv")


def test_times_are_those_of_the_account_over_a_change_of_clocks() -> None:
    london = ZoneInfo("Europe/London")
    summer = latest_slot("0 6 * * *", datetime(2026, 3, 29, 5, tzinfo=UTC), london)
    winter = latest_slot("0 6 * * *", datetime(2026, 3, 29, 4, 59, 59, tzinfo=UTC), london)
    assert summer == datetime(2026, 3, 29, 5, tzinfo=UTC)
    assert winter == datetime(2026, 3, 28, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "expression", ["", "* * * *", "61 * * * *", "0 0 30 2 *", "* * * * * *", "x x x x x"]
)
def test_a_schedule_that_never_comes_is_refused(expression: str) -> None:
    assert schedule_problem(expression) is not None


def test_usual_schedules_are_good() -> None:
    for expression in ("0 6 * * *", "*/15 8-18 * * 1-5", "30 23 L * *"):
        assert schedule_problem(expression) is None
