"""Where the key may stand, which one decides, and what a wrong one gets (docs/leaddyno.md, "Keys")."""

import pytest
from tests.dialects.leaddyno.world import OTHER_KEY, PRIVATE_KEY, PUBLIC_KEY, World

from leadyard.identity import service as identity

WRONG = "0" * 40
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("query", "body", "headers"),
    [
        (f"?key={PRIVATE_KEY}", "", {}),
        ("", f"key={PRIVATE_KEY}", FORM),
        ("", f'{{"key":"{PRIVATE_KEY}"}}', JSON),
        ("", f'{{"key":"{PRIVATE_KEY}"}}', FORM),
        ("", "", {"Key": PRIVATE_KEY}),
        ("", "", {"KEY": PRIVATE_KEY}),
        ("", "", {"Authorization": f"Bearer {PRIVATE_KEY}"}),
        ("", "", {"authorization": f"bearer  {PRIVATE_KEY} "}),
        (f"?key={PRIVATE_KEY}", "", {"Authorization": f"Bearer {WRONG}", "key": WRONG}),
        (f"?key={PRIVATE_KEY}", f"key={WRONG}", FORM),
        ("?key=", f"key={PRIVATE_KEY}", FORM | {"key": WRONG}),
        ("?key=%20", '{"key":null}', JSON | {"key": PRIVATE_KEY, "Authorization": f"Bearer {WRONG}"}),
        ("", "", {"key": " ", "Authorization": f"Bearer {PRIVATE_KEY}"}),
    ],
)
async def test_the_first_key_that_is_not_blank_lets_in(
    world: World, method: str, query: str, body: str, headers: dict[str, str]
) -> None:
    path = f"/affiliates{query}" if method == "GET" else f"/custom_fields{query}"

    answer = await world.http.request(method, path, content=body, headers=headers)

    expected = (200, []) if method == "GET" else (400, {"error": {"name": ["can't be blank"]}})
    assert (answer.status_code, answer.json()) == expected


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", {}),
        ("?key=", {}),
        (f"?key={WRONG}", {"key": PRIVATE_KEY}),
        (f"?key={PUBLIC_KEY}", {}),
        (f"?key={PRIVATE_KEY.upper()}", {}),
        (f"?key[]={PRIVATE_KEY}", {}),
        (f"?key={PRIVATE_KEY}0", {}),
        ("?key=a%00b", {}),
        ("", {"Authorization": f"Basic {PRIVATE_KEY}"}),
        ("", {"Authorization": PRIVATE_KEY}),
    ],
)
@pytest.mark.parametrize("path", ["/affiliates", "/affiliates/1", "/campaigns/count", "/affiliates/by_email"])
async def test_any_other_key_is_refused_before_the_parameters(
    world: World, path: str, query: str, headers: dict[str, str]
) -> None:
    answer = await world.http.get(f"{path}{query}", headers=headers)

    assert answer.status_code == 401
    assert isinstance(answer.json()["error"], str)
    assert PRIVATE_KEY not in answer.text


@pytest.mark.parametrize("body", [b'{"key":"%s",', b"key=%s&email=caf\xe9", b'"%s"'])
async def test_a_body_that_cannot_be_read_is_said_so_where_the_key_may_be_inside(
    world: World, body: bytes
) -> None:
    unreadable = body.replace(b"%s", PRIVATE_KEY.encode())
    kind = FORM if body.startswith(b"key") else JSON

    alone = await world.http.post("/affiliates", content=unreadable, headers=kind)
    with_wrong_key = await world.http.post("/affiliates", content=unreadable, headers=kind | {"key": WRONG})

    assert (alone.status_code, with_wrong_key.status_code) == (400, 401)
    assert isinstance(alone.json()["error"], str)
    assert PRIVATE_KEY not in alone.text


async def test_a_leadbyte_key_is_a_wrong_one(world: World) -> None:
    answer = await world.http.get("/affiliates", params={"key": world.exchange.key})
    assert answer.status_code == 401


async def test_a_revoked_key_is_refused_at_once(world: World) -> None:
    await world.get("/affiliates")
    keys, _ = await identity.list_keys(world.database, world.exchange.account_id)
    private = next(key for key in keys if key.kind == "leaddyno_private")

    await identity.revoke_key(world.database, world.exchange.actor, private.id)

    assert (await world.call("GET", "/affiliates")).status_code == 401


async def test_a_key_opens_its_own_account_only(world: World) -> None:
    made = await world.post("/affiliates", email="ann@example.com")

    assert (await world.call("GET", "/affiliates", key=OTHER_KEY)).json() == []
    found = await world.call("GET", f"/affiliates/{made['id']}", key=OTHER_KEY)
    assert (found.status_code, found.json()) == (404, {"error": "Not found"})
    finder = await world.call("GET", "/affiliates/by_email", {"email": "ann@example.com"}, key=OTHER_KEY)
    assert (finder.status_code, finder.json()) == (404, None)


async def test_the_last_use_of_a_key_is_noted(world: World) -> None:
    await world.get("/affiliates")
    await world.dialect.flush()

    keys, _ = await identity.list_keys(world.database, world.exchange.account_id)

    assert [k.kind for k in keys if k.last_used_at is not None] == ["leaddyno_private"]
