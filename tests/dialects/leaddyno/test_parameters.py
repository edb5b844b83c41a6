"""How parameters may be written (docs/leaddyno.md, "Parameters")."""

from typing import Any

import pytest
from tests.dialects.leaddyno.world import PRIVATE_KEY, World

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nann@example.com\r\n'
    b'--x\r\nContent-Disposition: form-data; name="custom_fields[tax]"\r\n\r\n1\r\n--x--\r\n'
)


async def _post(world: World, query: str, body: bytes | str, content_type: str | None) -> Any:
    headers = {} if content_type is None else {"content-type": content_type}
    return await world.http.post(f"/affiliates?key={PRIVATE_KEY}{query}", content=body, headers=headers)


@pytest.mark.parametrize(
    ("query", "body", "content_type"),
    [
        ("&email=ann@example.com&custom_fields[tax]=1", b"", None),
        ("", b"email=ann%40example.com&custom_fields%5Btax%5D=1", FORM),
        ("", b"email=ann%40example.com&custom_fields[tax]=1", f"{FORM}; charset=utf-8"),
        ("", b"email=ann%40example.com&custom_fields[tax]=1", None),
        ("", b'{"email":"ann@example.com","custom_fields":{"tax":"1"}}', JSON),
        ("", b'{"email":"ann@example.com","custom_fields":{"tax":"1"}}', f"{JSON}; charset=UTF-8"),
        ("", b'\xef\xbb\xbf {"email":"ann@example.com","custom_fields":{"tax":"1"}}', FORM),
        ("", b'{"email":"ann@example.com","custom_fields":{"tax":"1"}}', "text/plain"),
        ("", MULTIPART, "multipart/form-data; boundary=x"),
        ("", b'{"email":"ann@example.com","custom_fields":{"tax":"1"}}', "multipart/form-data; boundary=x"),
        ("&email=ann@example.com&custom_fields[tax]=1", b"[]", JSON),
        ("&email=ann@example.com&custom_fields[tax]=1", b"null", JSON),
        ("&email=other@example.com", b"email=ann@example.com&custom_fields[tax]=1", FORM),
        ("&email=ann@example.com", b'{"email":"","custom_fields":{"tax":"1"}}', JSON),
        (
            "",
            b'{"email":" ann@example.com ","first_name":"","unknown":{"deep":[1]},"custom_fields":{"tax":"1"}}',
            JSON,
        ),
    ],
)
async def test_parameters_are_read_in_every_form(
    world: World, query: str, body: bytes, content_type: str | None
) -> None:
    answer = await _post(world, query, body, content_type)

    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert (shown["email"], shown["first_name"]) == ("ann@example.com", None)
    assert shown["custom_fields"] == {"tax": "1"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{", JSON),
        (b'{"email":"a@example.com"', FORM),
        (b"[1]", JSON),
        (b'"text"', JSON),
        (b"email=a", JSON),
        (b"null", JSON),
        (b"[]", JSON),
        (b"email=caf%E9@example.com", FORM),
        (b'{"first_name":"caf\xe9"}', JSON),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"[" * 100_000, JSON),
        (b'{"a":' * 100_000, JSON),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(world: World, body: bytes, content_type: str) -> None:
    answer = await _post(world, "", body, content_type)

    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)
    assert await world.get("/affiliates/count") == {"count": 0}


@pytest.mark.parametrize("body", [b"[]", b" [ ] ", b"null"])
async def test_a_body_of_nothing_will_do_where_nothing_need_be_said(world: World, body: bytes) -> None:
    made = await world.http.post(f"/visitors?key={PRIVATE_KEY}", content=body, headers={"content-type": JSON})
    listed = await world.http.request(
        "GET", f"/visitors?key={PRIVATE_KEY}", content=body, headers={"content-type": JSON}
    )
    assert (made.status_code, listed.json()) == (201, [made.json()])


@pytest.mark.parametrize("body", [b"null", b'{"leads":[]', b"[1"])
async def test_an_import_needs_its_rows(world: World, body: bytes) -> None:
    answer = await world.http.post(
        f"/leads/import?key={PRIVATE_KEY}", content=body, headers={"content-type": JSON}
    )
    assert answer.status_code == 400


async def test_own_fields_that_are_an_empty_array_are_none(world: World) -> None:
    made = await world.post("/affiliates", email="a@example.com", custom_fields=[])
    assert made["custom_fields"] == {}
    await world.put(f"/affiliates/{made['id']}", custom_fields={"tax": "1"})
    assert (await world.put(f"/affiliates/{made['id']}", custom_fields=[]))["custom_fields"] == {"tax": "1"}


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("&email=jo+tag@example.com", b""),
        ("", b"email=jo+tag@example.com"),
        ("", b"email=jo%2Btag%40example.com"),
        ("", b"email=jo+tag%40example.com+"),
    ],
)
async def test_a_plus_sign_that_nobody_encoded_stays_in_an_address(
    world: World, query: str, body: bytes
) -> None:
    made = await _post(world, query, body, FORM)

    assert made.json()["email"] == "jo+tag@example.com"
    found = await world.http.get(f"/affiliates/by_email?key={PRIVATE_KEY}&email=jo+tag@example.com")
    assert found.json() == made.json()


async def test_a_plus_sign_stays_in_the_addresses_of_a_form_of_rows(world: World) -> None:
    answer = await world.http.post(
        f"/leads/import?key={PRIVATE_KEY}", content="leads[0][email]=jo+tag@example.com&leads[1][email]=a b+c@example.com",
        headers={"content-type": FORM},
    )  # fmt: skip
    good, bad = answer.json()
    assert (good["email"], bad) == ("jo+tag@example.com", {"error": {"email": ["is invalid"]}})


async def test_a_blank_inside_an_address_of_json_is_wrong(world: World) -> None:
    answer = await world.call("POST", "/affiliates", {"email": "jo tag@example.com"})
    assert (answer.status_code, answer.json()) == (400, {"error": {"email": ["is invalid"]}})


@pytest.mark.parametrize(
    ("email", "status"),
    [("a@b.c", 201), ("jo@shop.test", 201), ("foo@bar", 400), ("a@b.1", 400), ("a@b.", 400), ("@b.c", 400)],
)
async def test_addresses_are_judged_by_their_syntax_alone(world: World, email: str, status: int) -> None:
    for path in ("/affiliates", "/leads", "/purchases"):
        answer = await world.call("POST", path, {"email": email})
        assert answer.status_code == status, path
        assert status == 201 or answer.json() == {"error": {"email": ["is invalid"]}}


async def test_a_query_that_is_not_utf8_is_refused(world: World) -> None:
    answer = await world.http.get(f"/affiliates?key={PRIVATE_KEY}&query=%E9")
    assert answer.status_code == 400


async def test_a_body_beyond_ten_megabytes_is_refused(world: World) -> None:
    body = b'{"email":"a@example.com","x":"' + b"y" * (10 * 1024 * 1024) + b'"}'
    answer = await _post(world, "", body, JSON)
    assert answer.status_code == 413
    assert isinstance(answer.json()["error"], str)


@pytest.mark.parametrize(
    ("members", "fields"),
    [
        ({}, {"email": ["can't be blank"]}),
        ({"email": " "}, {"email": ["can't be blank"]}),
        ({"email": None}, {"email": ["can't be blank"]}),
        ({"email": "nobody"}, {"email": ["is invalid"]}),
        ({"email": ["a@example.com"]}, {"email": ["is invalid"]}),
        ({"email": True}, {"email": ["is invalid"]}),
        ({"email": "a@example.com", "first_name": "x" * 256}, {"first_name": ["is invalid"]}),
        ({"email": "a@example.com", "first_name": "a\0b"}, {"first_name": ["is invalid"]}),
        ({"email": "a@example.com", "first_name": {"a": 1}}, {"first_name": ["is invalid"]}),
        ({"email": "a@example.com", "unsubscribed": "perhaps"}, {"unsubscribed": ["is invalid"]}),
        ({"email": "a@example.com", "custom_fields": "text"}, {"custom_fields": ["is invalid"]}),
        (
            {
                "email": "no",
                "affiliate_code": "a b",
                "affiliate_type": "gold",
                "referring_affiliate": "b@example.com",
            },
            {
                key: ["is invalid"]
                for key in ("email", "affiliate_code", "affiliate_type", "referring_affiliate")
            },
        ),
    ],
)
async def test_all_bad_fields_are_named_at_once(
    world: World, members: dict[str, Any], fields: dict[str, list[str]]
) -> None:
    answer = await world.call("POST", "/affiliates", members)

    assert answer.status_code == 400
    assert answer.json() == {"error": fields}
    assert await world.get("/affiliates/count") == {"count": 0}


async def test_a_lone_surrogate_is_refused(world: World) -> None:
    answer = await _post(world, "", b'{"email":"a@example.com","first_name":"\\ud800"}', JSON)
    assert answer.json() == {"error": {"first_name": ["is invalid"]}}


@pytest.mark.parametrize("text", ["<b>Jo</b> & co", "🦊 Åsa", "\u202eabc\u202c", " x ", "a\nb", "x" * 255])
async def test_texts_come_back_exactly_as_sent(world: World, text: str) -> None:
    made = await world.post("/affiliates", email="a@example.com", first_name=text)
    assert made["first_name"] == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, True),
        ("true", True),
        (1, True),
        ("1", True),
        ("TRUE", True),
        (False, False),
        ("0", False),
        (0, False),
    ],
)
async def test_booleans_come_in_eight_forms(world: World, value: Any, expected: bool) -> None:
    made = await world.post("/affiliates", email="a@example.com", unsubscribed=value)
    assert made["unsubscribed"] is expected


async def test_numbers_may_stand_for_texts_and_stay_exact(world: World) -> None:
    made = await _post(
        world, "", b'{"email":"a@example.com","first_name":12,"last_name":1.50,"custom_fields":{"n":1.5,"b":'
        b"123456789012345678901234567890}}", JSON,
    )  # fmt: skip
    shown = made.json()
    assert (shown["first_name"], shown["last_name"]) == ("12", "1.50")
    assert shown["custom_fields"] == {"n": 1.5, "b": "123456789012345678901234567890"}


async def test_blank_clears_names_and_leaves_addresses_and_codes_alone(world: World) -> None:
    made = await world.post(
        "/affiliates", email="a@example.com", first_name="A", last_name="B", affiliate_code="AB"
    )

    changed = await world.put(
        f"/affiliates/{made['id']}", email="", first_name=" ", last_name=None, affiliate_code=""
    )

    assert (changed["email"], changed["affiliate_code"]) == ("a@example.com", "AB")
    assert (changed["first_name"], changed["last_name"]) == (None, None)


async def test_blank_members_of_a_body_win_over_the_query_where_they_clear_texts(world: World) -> None:
    made = await world.post("/affiliates", email="a@example.com", first_name="A", last_name="B")

    answer = await world.http.put(
        f"/affiliates/{made['id']}?key={PRIVATE_KEY}&first_name=Ann&last_name=Beck", json={"first_name": "", "key": ""}
    )  # fmt: skip

    assert (answer.json()["first_name"], answer.json()["last_name"]) == (None, "Beck")


async def test_two_values_of_others_are_both_named(world: World) -> None:
    await world.post("/affiliates", email="a@example.com", affiliate_code="A1")
    made = await world.post("/affiliates", email="b@example.com")

    answer = await world.call(
        "PUT", f"/affiliates/{made['id']}", {"email": "A@example.com", "affiliate_code": "a1"}
    )

    taken = ["has already been taken"]
    assert (answer.status_code, answer.json()) == (409, {"error": {"email": taken, "affiliate_code": taken}})
    assert await world.get(f"/affiliates/{made['id']}") == made
