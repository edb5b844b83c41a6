"""Whatever is sent, the answer is this dialect's and never a 5xx (docs/leaddyno.md, "Errors")."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.dialects.leaddyno.world import PRIVATE_KEY, World

NAMES = (
    "email", "code", "url", "referrer", "agent", "remote_ip", "tracking_code", "first_name", "custom_status", "affiliate",
    "purchase_code", "purchase_amount", "plan_code", "commission_amount_override", "line_items", "currency", "note",
    "description", "reassign_affiliate", "include_line_items", "source", "effective_date", "cancellation_code",
    "affiliate_code", "affiliate_type", "paypal_email", "unsubscribed", "override_approval", "referring_affiliate",
    "custom_fields", "query", "page", "per_page", "created_before", "created_after", "affiliate_id", "status", "amount",
    "due_at", "affiliate_email", "visitors", "leads", "name", "label", "field_type", "required", "options",
)  # fmt: skip
PATHS = (
    "/visitors", "/visitors/count", "/visitors/import", "/visitors/by_tracking_code", "/visitors/1", "/leads",
    "/leads/count", "/leads/import", "/leads/by_email", "/leads/1", "/leads/1/purchases", "/purchases",
    "/purchases/count", "/purchases/by_purchase_code", "/purchases/1", "/purchases/1/approve", "/purchases/1/reject",
    "/purchases/1/commissions", "/affiliates", "/affiliates/count", "/affiliates/by_email",
    "/affiliates/by_affiliate_code", "/affiliates/2", "/affiliates/2/leads", "/affiliates/2/purchases",
    "/affiliates/2/commissions", "/affiliates/2/commissions_total", "/affiliates/2/approve", "/affiliates/2/reject",
    "/affiliates/2/archive", "/affiliates/2/unarchive", "/affiliates/2/sign_in_link", "/affiliates/2/subids",
    "/custom_fields", "/campaigns", "/campaigns/count", "/campaigns/7", "/campaigns/7/leads", "/commissions",
    "/commissions/totals", "/commissions/mark_as_paid",
)  # fmt: skip
SENSIBLE = st.sampled_from(
    ["a@example.com", "b@example.com", "ann", "O-1", "10", "0.005", "2020-06-20", "usd", "true", "basic", "items", "due",
     "https://shop.example.com/?afmc=ann#_l_x", "http://[::1", "\0", "\ud800", "x" * 300, "NaN", "1e400", "-0", "٣"]
)  # fmt: skip
LEAVES = st.one_of(
    SENSIBLE,
    st.text(max_size=30),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.integers(10**300, 10**301),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(["sku", "quantity", "amount", "email", "url"]), st.text(max_size=5)),
                        inner, max_size=4),
    ),
    max_leaves=8,
)  # fmt: skip
MEMBERS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8)


@pytest.fixture
async def busy(world: World) -> World:
    """Something to be found under the ids of PATHS."""
    await world.settings(requests_per_minute=0)
    await world.post("/affiliates", email="ann@example.com", affiliate_code="ann")
    await world.post(
        "/purchases", email="a@example.com", purchase_code="O-1", purchase_amount="10", code="ann"
    )
    return world


def _answered(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    body = answer.json()
    if answer.status_code >= 400 and body is not None:
        assert set(body) <= {"error", "message"}
        assert isinstance(body["error"], str | dict)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_any_json_is_answered(busy: World, data: st.DataObject) -> None:
    for _ in range(4):
        method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
        path = data.draw(st.sampled_from(PATHS))
        body = json.dumps({"key": PRIVATE_KEY, **data.draw(MEMBERS)}).encode()
        _answered(await busy.http.request(method, path, content=body))


@pytest.mark.parametrize(
    "number", ["1e999999999", "1e-999999999", "1e99999999999999999999", "9" * 5000, "-0.0"]
)
async def test_any_number_is_answered(busy: World, number: str) -> None:
    for path, name in (
        ("/purchases", "purchase_amount"),
        ("/leads", "first_name"),
        ("/affiliates", "custom_fields"),
    ):
        value = f'{{"a":{number}}}' if name == "custom_fields" else number
        body = f'{{"key":"{PRIVATE_KEY}","email":"n@example.com","{name}":{value},"page":{number}}}'
        _answered(await busy.http.post(path, content=body))


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_any_form_is_answered(busy: World, data: st.DataObject) -> None:
    names = st.one_of(st.sampled_from(NAMES), st.sampled_from(["line_items[][sku]", "line_items[0][amount]",
                      "custom_fields[a]", "leads[][email]", "visitors[][url]", "visitors[]"]), st.text("ab[]", max_size=8))  # fmt: skip
    pairs = data.draw(st.lists(st.tuples(names, st.binary(max_size=20) | SENSIBLE.map(_bytes)), max_size=8))
    form = "&".join(f"{quote(name)}={quote(value)}" for name, value in pairs)
    method = data.draw(st.sampled_from(["GET", "POST", "PUT", "DELETE"]))
    path = data.draw(st.sampled_from(PATHS))
    _answered(await busy.http.request(method, f"{path}?key={PRIVATE_KEY}", content=form))
    _answered(await busy.http.request(method, f"{path}?key={PRIVATE_KEY}&{form}"))


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=60), path=st.sampled_from(PATHS), kind=st.sampled_from(["application/json", "multipart/form-data; boundary=x", "text/xml", ""]))  # fmt: skip
async def test_any_bytes_are_answered(busy: World, body: bytes, path: str, kind: str) -> None:
    headers = {"content-type": kind, "key": PRIVATE_KEY}
    _answered(await busy.http.post(path, content=body, headers=headers))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


async def test_the_books_are_in_order_after_much_of_it(busy: World) -> None:
    for number in range(30):
        body = {"email": f"a{number % 3}@example.com", "code": "ann", "purchase_amount": str(number), "plan_code": "items",
                "line_items": [{"sku": "sku1", "amount": number}], "purchase_code": f"P{number % 7}"}  # fmt: skip
        await busy.call("POST", "/purchases", body)
        await busy.call("DELETE", "/purchases", {"purchase_code": f"P{number % 5}"})
        await busy.call("POST", "/commissions/mark_as_paid", {"affiliate_email": "ann@example.com", "purchase_code": f"P{number % 7}"})  # fmt: skip
    assert await busy.exchange.differences() == []
