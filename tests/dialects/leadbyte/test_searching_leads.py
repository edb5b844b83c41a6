"""POST /leads/search finds accepted leads by address or number, and posts the same to a callback."""

import asyncio
from typing import Any

import pytest
from tests.dialects.leadbyte.world import OTHER_KEY, World

from leadyard.kit.ids import read_queue_id


async def search(world: World, *searches: Any, **members: Any) -> Any:
    reply = await world.call(
        "POST", "/restapi/v1.3/leads/search", json={"searches": list(searches), **members}
    )
    assert reply.status == 200, reply.text
    return reply.json


async def test_the_published_answer(world: World) -> None:
    lead_id = await world.lead_id(
        email="example@email.com", phone1="07911111111", firstname="Jo", lastname="B"
    )
    row = (await world.rows("leads"))[0]
    body = {"searches": [{"campaignId": 9, "email": "Example@EMAIL.com"}]}
    reply = await world.call("POST", "/restapi/v1.2/leads/search", json=body)
    shown = reply.json["searches"][0]["results"][0]
    assert read_queue_id(shown["queue_ref"]) == row["uuid"]
    assert reply.text == (
        '{"status":"Success","message":"","warnings":[],"totalMatches":1,"searches":[{"campaignId":9,'
        '"email":"Example@EMAIL.com","results":[{"c1":"","c2":"","c3":"","sub_supplier_id":"0","title":"Ms",'
        '"firstname":"Jo","lastname":"B","email":"example@email.com","phone1":"07911111111","phone2":"",'
        f'"phone3":"","queue_ref":"{shown["queue_ref"]}","leadId":{lead_id},"campaignId":9,'
        f'"received":"{row["received_at"]:%Y-%m-%dT%H:%M:%SZ}"}}],"matches":1}}]}}'
    )


@pytest.mark.parametrize("phone", ["07911111111", "+447911111111", "0044 7911 111 111", 7911111111])
async def test_numbers_are_compared_in_their_normal_form(world: World, phone: Any) -> None:
    lead_id = await world.lead_id(phone1="07911 111111")
    answer = await search(world, {"phone": phone})
    assert [lead["leadId"] for lead in answer["searches"][0]["results"]] == [lead_id]


async def test_extra_fields_are_appended(world: World) -> None:
    await world.post(email="a@example.com")
    answer = await search(world, {"email": "a@example.com"}, extrafields=["data13", "nonsense", "email"])
    lead = answer["searches"][0]["results"][0]
    assert list(lead)[-3:] == ["received", "data13", "nonsense"]
    assert (lead["data13"], lead["nonsense"]) == ("Mini", "")


async def test_several_searches_keep_their_members(world: World) -> None:
    await world.post(email="a@example.com")
    await world.post(email="b@example.com", campid="EXAMPLE-SYSTEM")
    answer = await search(
        world,
        {"emailAddresses": ["a@example.com", "b@example.com"], "mine": {"x": [1]}},
        {"email": "b@example.com", "campaignIds": [9, 11]},
        {"email": "b@example.com", "campaignId": "12"},
        {"email": "nobody@example.com"},
        {"email": "a@example.com", "campaignId": 7777},
    )
    assert answer["totalMatches"] == 3
    assert [one["matches"] for one in answer["searches"]] == [2, 0, 1, 0, 0]
    assert answer["searches"][0]["mine"] == {"x": [1]}
    assert [lead["email"] for lead in answer["searches"][0]["results"]] == ["b@example.com", "a@example.com"]


async def test_a_search_without_a_criterion_is_a_warning(world: World) -> None:
    await world.post()
    answer = await search(world, {"campaignId": 9})
    assert answer["warnings"] == ["searches[0] names no email or phone"]
    assert answer["searches"] == [{"campaignId": 9, "results": [], "matches": 0}]


async def test_only_accepted_leads_of_the_own_account_are_found(world: World) -> None:
    await world.post(email="test@example.com", testmode="yes")
    await world.post(email="bad@example.com", firstname=None)
    await world.post(email="held@example.com", campid="EXAMPLE-QUARANTINE")
    await world.post(email="own@example.com")
    emails = [f"{name}@example.com" for name in ("test", "bad", "held", "own")]
    answer = await search(world, {"emailAddresses": emails})
    assert [lead["email"] for lead in answer["searches"][0]["results"]] == ["own@example.com"]
    body = {"searches": [{"emailAddresses": emails}]}
    foreign = await world.call("POST", "/restapi/v1.3/leads/search", json=body, headers={"X_KEY": OTHER_KEY})
    assert foreign.json["totalMatches"] == 0


@pytest.mark.parametrize("days", [1, "30", 10**25])
async def test_a_period_in_days(world: World, days: Any) -> None:
    await world.post(email="a@example.com")
    assert (await search(world, {"email": "a@example.com"}, searchPeriod=days))["totalMatches"] == 1
    async with world.database.unit_of_work() as connection:
        await connection.execute("UPDATE leads SET received_at = received_at - interval '200 years'")
    assert (await search(world, {"email": "a@example.com"}, searchPeriod=days))["totalMatches"] == 0
    assert (await search(world, {"email": "a@example.com"}))["totalMatches"] == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"searches": []},
        {"searches": "x"},
        {"searches": ["x"]},
        {"searches": [{"email": {"a": 1}}]},
        {"searches": [{"email": "a@example.com"}], "searchPeriod": "soon"},
        {"searches": [{"email": "a@example.com"}], "searchPeriod": -1},
        {"searches": [{"email": "a@example.com"}], "callback": "ftp://example.com"},
        {"searches": [{"email": "a@example.com"}], "callback": {"a": 1}},
        {"searches": [{"emailAddresses": [f"{i}@example.com" for i in range(1001)]}]},
        {"searches": [{"email": "a@example.com"}] * 501},
    ],
)
async def test_what_cannot_be_read_is_refused(world: World, body: Any) -> None:
    assert (await world.call("POST", "/restapi/v1.3/leads/search", json=body)).status == 400


async def test_the_callback_gets_the_same_answer_once(world: World) -> None:
    await world.post(email="a@example.com")
    got: list[bytes] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        got.append(await reader.readexactly(length))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        body = {
            "searches": [{"email": "a@example.com"}],
            "callback": f"http://127.0.0.1:{port}/hook",
        }
        reply = await world.call("POST", "/restapi/v1.3/leads/search", json=body)
        await world.dialect.close()
    assert got == [reply.body]


async def test_a_callback_that_nobody_takes_is_no_failure(world: World) -> None:
    answer = await search(world, {"email": "a@example.com"}, callback="http://127.0.0.1:9/hook")
    assert answer["status"] == "Success"
    await world.dialect.close()


@pytest.mark.parametrize("posted", ["jo@XN--exmple-cua.de", "Jo@EXÄMPLE.de"])
async def test_an_international_address_is_shown_as_it_was_posted_and_found_in_both_forms(
    world: World, posted: str
) -> None:
    await world.accepted(email=posted)
    for asked in ("jo@xn--exmple-cua.de", "jo@exämple.de", posted):
        (found,) = (await search(world, {"email": asked}))["searches"][0]["results"]
        assert found["email"] == posted.lower()
    other = "jo@exämple.de" if "XN" in posted else "jo@xn--exmple-cua.de"
    assert (await world.post(email=other)).json["code"] == -2
