"""`leadyard import`: what an operator sees."""

from pathlib import Path

from tests.exchange import Exchange
from tests.test_cli import leadyard

HEADER = "email,phone1,Shoe size\n"


def start(dsn: str, path: Path, *options: str, account: str = "agency") -> tuple[int, str, str]:
    arguments = (
        "import",
        "leads",
        str(path),
        "--account",
        account,
        "--campaign",
        "cars",
        "--sid",
        "1",
        *options,
    )
    ended = leadyard(*arguments, LEADYARD_DATABASE_URL=dsn)
    return ended.returncode, ended.stdout, ended.stderr


async def test_an_import_says_what_became_of_the_rows(exchange: Exchange, dsn: str, tmp_path: Path) -> None:
    await exchange.campaign()
    path, refused = tmp_path / "leads.csv", tmp_path / "refused.csv"
    path.write_text(HEADER + "a@example.com,07700900001,9\nnobody,07700900002,9\n")
    code, out, err = start(dsn, path, "--refused", str(refused))
    assert (code, out) == (1, "2 rows: 1 accepted, 1 refused\n  -5: 1\n")
    assert "ignored: Shoe size" in err
    assert refused.read_text().splitlines() == [
        "line,code,reasons,email,phone1,Shoe size",
        "3,-5,Email is not a valid email address,nobody,07700900002,9",
    ]
    code, out, _ = start(dsn, path)
    assert (code, out) == (0, "2 rows: 0 accepted, 0 refused\n  2 rows were taken by an earlier run\n")


async def test_a_chosen_column_is_read_as_its_field(exchange: Exchange, dsn: str, tmp_path: Path) -> None:
    await exchange.campaign()
    path = tmp_path / "leads.csv"
    path.write_text("Contact;Handy\na@example.com;07700900001\n")
    assert start(dsn, path, "--column", "Contact=email", "--column", "Handy=phone1")[0] == 0
    assert (await exchange.rows("leads"))[0]["email_key"] == "a@example.com"


async def test_returns_and_feedback_have_commands_of_their_own(
    exchange: Exchange, dsn: str, tmp_path: Path
) -> None:
    await exchange.campaign()
    result = await exchange.submit(1)
    path, refused = tmp_path / "rows.csv", tmp_path / "refused.csv"
    path.write_text(f"lead_id,feedback,reason\n{result.lead_id},Called,DNCC\n")
    buyer_id = await exchange.buyer()
    bid = (await exchange.rows("buyers", f"id = {buyer_id}"))[0]["bid"]
    arguments = (str(path), "--account", "agency", "--refused", str(refused))
    said = leadyard("import", "feedback", *arguments, LEADYARD_DATABASE_URL=dsn)
    assert (said.returncode, said.stdout) == (0, "1 rows: 1 accepted, 0 refused\n")
    tried = ("import", "returns", *arguments, "--buyer", bid, "--dry-run")
    returned = leadyard(*tried, LEADYARD_DATABASE_URL=dsn)
    assert (returned.returncode, returned.stdout) == (
        1,
        "1 rows: 0 accepted, 1 refused\n  Lead is not approved: 1\n",
    )
    assert refused.read_text().splitlines()[1] == f"2,,Lead is not approved,{result.lead_id},Called,DNCC"


async def test_what_cannot_be_imported_ends_with_a_sentence(
    exchange: Exchange, dsn: str, tmp_path: Path
) -> None:
    await exchange.campaign()
    path = tmp_path / "leads.csv"
    path.write_text("Contact\na@example.com\n")
    assert start(dsn, path)[2].startswith("leadyard: No column of the file is a known field")
    assert "There is no account nobody" in start(dsn, path, account="nobody")[2]
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    code, _, err = start(dsn, path)
    assert (code, err) == (
        1,
        "leadyard: This is a workbook of the old form (.xls): save it as .xlsx or CSV first\n",
    )
    assert start(dsn, path, "--column", "nonsense")[0] == 2
    assert start(dsn, tmp_path / "missing.csv")[0] == 2
