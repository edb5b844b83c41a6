"""What is built in: numbering plans, mail exchanges, throw-away domains, the country file and lists."""

import hashlib
from pathlib import Path

import pytest
from tests.intake.providers.world import Checks, name_server, write_country_file

from leadyard.intake.providers.model import (
    CheckKind,
    CountryDatabase,
    Lists,
    MailExchange,
    Numbering,
    WhenUnavailable,
)
from leadyard.suppression import service as suppression
from leadyard.suppression.model import Form, Holds, ListInput, ListSettings

ZONE = {
    ("mail.example", "MX"): ["10 mx.mail.example."],
    ("plain.example", "A"): ["192.0.2.1"],
    ("six.example", "AAAA"): ["2001:db8::1"],
    ("nothing.example", "TXT"): ['"no mail here"'],
    ("null.example", "MX"): ["0 ."],
    ("broken.example", "MX"): ["SERVFAIL"],
    ("silent.example", "MX"): None,
}


@pytest.mark.parametrize(
    ("domain", "code"),
    [
        ("mail.example", 1),
        ("plain.example", 1),
        ("six.example", 1),
        ("nothing.example", -12),
        ("null.example", -12),
        ("unheard.example", -12),
        ("mailinator.com", -12),
        ("sub.yopmail.com", -12),
    ],
)
async def test_an_address_is_good_when_its_domain_takes_mail(desk: Checks, domain: str, code: int) -> None:
    async with name_server(ZONE) as (address, asked):
        desk.equip(resolvers=[address])
        provider_id = await desk.provider(CheckKind.EMAIL, MailExchange(timeout_seconds=1))
        await desk.checked((CheckKind.EMAIL, provider_id), policy=WhenUnavailable.REFUSE)
        result = await desk.submit(1, values={"email": f"ann@{domain}"})
    assert result.code == code
    if domain in {"mailinator.com", "sub.yopmail.com"}:
        assert asked == []
    if code < 0:
        assert result.info is not None
        assert result.info["status"] == "INVALID"


@pytest.mark.parametrize("domain", ["broken.example", "silent.example"])
async def test_name_servers_without_an_answer_are_no_refusal(desk: Checks, domain: str) -> None:
    async with name_server(ZONE) as (address, _):
        desk.equip(resolvers=[address])
        provider_id = await desk.provider(CheckKind.EMAIL, MailExchange(timeout_seconds=1))
        await desk.checked((CheckKind.EMAIL, provider_id))
        assert (await desk.submit(1, values={"email": f"ann@{domain}"})).code == 1
    (check,) = await desk.rows("lead_checks")
    assert check["outcome"] == "unavailable"


async def test_a_domain_is_looked_up_once_while_it_is_remembered(desk: Checks) -> None:
    async with name_server(ZONE) as (address, asked):
        desk.equip(resolvers=[address])
        await desk.checked((CheckKind.EMAIL, await desk.provider(CheckKind.EMAIL, MailExchange())))
        for number in range(3):
            assert (await desk.submit(number, values={"email": f"p{number}@mail.example"})).code == 1
            assert (await desk.submit(number + 9, values={"email": f"p{number}@unheard.example"})).code == -12
    assert sorted(asked) == [("mail.example", "MX"), ("unheard.example", "MX")]


async def test_domains_of_an_operators_list_are_throw_away_ones_too(desk: Checks) -> None:
    made = await suppression.suppression_lists.create(
        desk.database, desk.actor, ListInput(name="Throw-away", settings=ListSettings(Holds.DOMAIN))
    )
    await suppression.add_values(desk.database, desk.actor, made.id, ["Mail.Example"])
    async with name_server({**ZONE, ("deep.mail.example", "MX"): ["1 a.example."]}) as (address, asked):
        desk.equip(resolvers=[address])
        source = MailExchange(disposable_lists=(made.id,))
        await desk.checked((CheckKind.EMAIL, await desk.provider(CheckKind.EMAIL, source)))
        assert (await desk.submit(1, values={"email": "ann@deep.mail.example"})).code == -12
        assert asked == []
        assert (await desk.submit(2, values={"email": "ann@plain.example"})).code == 1


@pytest.mark.parametrize(
    ("countries", "match", "address", "code"),
    [
        (("GB",), "accept", "81.2.69.142", 1),
        (("GB",), "accept", "8.8.8.8", -14),
        (("US",), "refuse", "8.8.8.8", -14),
        (("US",), "refuse", "81.2.69.142", 1),
        (("GB",), "accept", "203.0.114.1", -14),
    ],
)
async def test_an_address_is_judged_by_its_country(
    desk: Checks, tmp_path: Path, countries: tuple[str, ...], match: str, address: str, code: int
) -> None:
    file = tmp_path / "countries.mmdb"
    write_country_file(file, {"81.2.0.0/16": "GB", "8.8.8.0/24": "US"})
    desk.equip(countries=file)
    source = CountryDatabase(countries, "accept" if match == "accept" else "refuse")
    provider_id = await desk.provider(CheckKind.IP_COUNTRY, source)
    await desk.checked((CheckKind.IP_COUNTRY, provider_id), policy=WhenUnavailable.REFUSE)
    result = await desk.submit(1, values={"ipaddress": address})
    assert result.code == code
    if address == "8.8.8.8":
        assert result.info == {"country": "US"}


async def test_a_country_comes_before_bad_fields_and_a_new_file_counts_at_once(
    desk: Checks, tmp_path: Path
) -> None:
    file = tmp_path / "countries.mmdb"
    write_country_file(file, {"8.8.8.0/24": "US"})
    desk.equip(countries=file)
    provider_id = await desk.provider(CheckKind.IP_COUNTRY, CountryDatabase(("GB",)))
    await desk.checked((CheckKind.IP_COUNTRY, provider_id))
    bad = {"ipaddress": "8.8.8.8", "email": "nonsense"}
    assert (await desk.submit(1, values=bad)).code == -14
    write_country_file(file, {"8.8.0.0/16": "GB"})
    assert (await desk.submit(1, values=bad)).code == -5
    file.write_bytes(b"rubbish")
    assert (await desk.submit(2, values={"ipaddress": "8.8.8.8"})).code == 1
    file.unlink()
    assert (await desk.submit(3, values={"ipaddress": "8.8.8.8"})).code == 1


@pytest.mark.parametrize("form", list(Form))
async def test_a_list_refuses_what_is_on_it_in_whatever_form_it_was_uploaded(
    desk: Checks, form: Form
) -> None:
    made = await suppression.suppression_lists.create(
        desk.database, desk.actor, ListInput(name="TPS", settings=ListSettings(Holds.PHONE, form))
    )
    written = "+447700000001"
    hashed = {
        Form.PLAIN: "07700 000001",
        Form.MD5: hashlib.md5(b"07700000001", usedforsecurity=False).hexdigest(),
        Form.SHA1: hashlib.sha1(b"447700000001", usedforsecurity=False).hexdigest().upper(),
        Form.SHA256: hashlib.sha256(written.encode()).hexdigest(),
    }
    await suppression.add_values(desk.database, desk.actor, made.id, [hashed[form]])
    await desk.checked((CheckKind.TPS, await desk.provider(CheckKind.TPS, Lists((made.id,)))))
    refused = await desk.submit(1)
    assert (refused.code, refused.info) == (-15, {"status": "LISTED"})
    assert (await desk.submit(2)).code == 1
    assert await desk.in_order()


async def test_a_list_may_hold_the_only_values_that_are_good(desk: Checks) -> None:
    made = await suppression.suppression_lists.create(
        desk.database, desk.actor, ListInput(name="Postcodes", settings=ListSettings(Holds.TEXT))
    )
    await suppression.add_values(desk.database, desk.actor, made.id, ["tn256qd"])
    provider_id = await desk.provider(CheckKind.PAF, Lists((made.id,), "accept"))
    await desk.checked((CheckKind.PAF, provider_id))
    assert (await desk.submit(1, values={"postcode": "TN25 6QD"})).code == 1
    refused = await desk.submit(2, values={"postcode": "TN25 6QE"})
    assert (refused.code, refused.info) == (-10, {"status": "NOT_LISTED"})


async def test_numbering_plans_know_impossible_numbers(desk: Checks) -> None:
    await desk.checked((CheckKind.HLR, await desk.provider(CheckKind.HLR, Numbering())))
    assert (await desk.submit(1, values={"phone1": "07400123456"})).code == 1
    refused = await desk.submit(2, values={"phone1": "07000000000"})
    answer = {"status": "UNDELIV", "code": "EC_UNKNOWN_SUBSCRIBER"}
    assert (refused.code, refused.info) == (-8, answer)
