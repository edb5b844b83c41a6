"""Every example of LeadDyno's published documentation: names, shapes and types of what comes back."""

import re
from typing import Any

from tests.dialects.leaddyno.world import World

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Matching(str):
    """Equals every text of a form."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and re.fullmatch(str(self), other) is not None

    __hash__ = str.__hash__


class Whole:
    """Equals every whole number."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and not isinstance(other, bool)

    __hash__ = None  # type: ignore[assignment]


AT, CODE, ID = Matching(TIME.pattern), Matching(UUID.pattern), Whole()


def has(shown: dict[str, Any], expected: dict[str, Any]) -> None:
    """Check the members that the documentation shows; others may be there."""
    assert {name: shown.get(name, "missing") for name in expected} == expected


VISITOR = {
    "id": ID, "created_at": AT, "updated_at": AT, "tracking_code": CODE, "lead": None,
    "url": {"id": ID, "url": "http://example.com"}, "referrer": None, "affiliate": None, "campaign": None,
    "search_term": None,
}  # fmt: skip
LEAD = {
    "id": ID, "email": "example@example.com", "created_at": AT, "updated_at": AT, "status": "Registered",
    "custom_status": None, "first_name": None, "last_name": None,
    "latest_visitor": {"id": ID, "tracking_code": CODE}, "url": None, "referrer": None, "affiliate": None,
    "campaign": None, "search_term": None, "tracking_code": CODE,
}  # fmt: skip
PURCHASE = {
    "id": ID, "created_at": AT, "updated_at": AT, "cancelled": False, "purchase_code": CODE, "note": None,
    "purchase_amount": None, "commission_amount_override": None, "cancellation": None,
    "lead": {"id": ID, "email": "example@example.com"}, "affiliate": None, "plan": {"id": 7, "code": "basic"},
}  # fmt: skip
AFFILIATE = {
    "id": ID, "email": "example@example.com", "first_name": None, "last_name": None, "created_at": AT,
    "updated_at": AT, "affiliate_url": Matching(r"https://shop\.example\.com/\?afmc=\w+"),
    "affiliate_dashboard_url": Matching(r"https://leads\.example\.com/p/[0-9a-f]{40}"),
    "referring_affiliate": None, "total_leads": 0, "total_visitors": 0, "total_purchases": 0,
}  # fmt: skip


async def test_visitors(world: World) -> None:
    made = await world.post("/visitors", url="http://example.com")
    has(made, VISITOR)
    assert await world.get("/visitors") == [made]
    assert await world.get("/visitors/count") == {"count": 1}
    assert await world.get("/visitors/by_tracking_code", tracking_code=made["tracking_code"]) == made
    assert await world.get(f"/visitors/{made['id']}") == made
    imported = await world.post(
        "/visitors/import", visitors=[{"url": "http://example.com"}, {"url": "http://example.com"}]
    )
    assert [one["url"] for one in imported] == [made["url"]] * 2
    for one in imported:
        has(one, VISITOR)


async def test_leads(world: World) -> None:
    made = await world.post("/leads", email="example@example.com")
    has(made, LEAD)
    assert made["latest_visitor"]["tracking_code"] == made["tracking_code"]
    assert await world.get("/leads") == [made]
    assert await world.get("/leads/count") == {"count": 1}
    assert await world.get("/leads/by_email", email="example@example.com") == made
    assert await world.get(f"/leads/{made['id']}") == made
    changed = await world.put(f"/leads/{made['id']}", custom_status="party_rockin")
    has(changed, LEAD | {"custom_status": "party_rockin"})
    rows = [{"email": "example2@example.com"}, {"email": "example3@example.com"}]
    imported = await world.post("/leads/import", leads=rows)
    for one, row in zip(imported, rows, strict=True):
        has(one, LEAD | row)


async def test_a_visitor_with_everything(world: World) -> None:
    affiliate = await world.post("/affiliates", email="example@example.com")
    made = await world.post(
        "/visitors",
        tracking_code="72e2b089e149a14f5d67252059273241400b6f9c",
        url="http://example.com/demo?utm_campaign=examplecampaign",
        code=affiliate["affiliate_code"],
        referrer="https://search.example/?q=blue+widgets",
    )
    lead = await world.post("/leads", email="8-6-1@test.com", tracking_code=made["tracking_code"])
    has(
        await world.get(f"/visitors/{made['id']}"),
        {
            "tracking_code": "72e2b089e149a14f5d67252059273241400b6f9c",
            "lead": {"id": lead["id"], "email": "8-6-1@test.com"},
            "url": {"id": ID, "url": "http://example.com/demo?utm_campaign=examplecampaign"},
            "referrer": {"id": ID, "url": "https://search.example/?q=blue+widgets"},
            "affiliate": {"id": affiliate["id"], "email": "example@example.com"},
            "campaign": {"id": 7, "code": "ExampleCampaign"},
            "search_term": "blue widgets",
            "latest_click": AT,
        },
    )
    has(
        lead,
        {
            "affiliate": {"id": affiliate["id"], "email": "example@example.com"},
            "campaign": {"id": 7, "code": "ExampleCampaign"},
            "tracking_code": "72e2b089e149a14f5d67252059273241400b6f9c",
            "search_term": "blue widgets",
            "crm_data": {},
            "company": None,
        },
    )


async def test_purchases(world: World) -> None:
    made = await world.post("/purchases", email="example@example.com")
    has(made, PURCHASE)
    lead = await world.get("/leads/by_email", email="example@example.com")
    assert lead["status"] == "Customer"
    assert await world.get("/purchases") == [made]
    assert await world.get("/purchases/count") == {"count": 1}
    assert await world.get("/purchases/by_purchase_code", purchase_code=made["purchase_code"]) == made
    assert await world.get(f"/purchases/{made['id']}") == made
    assert await world.get(f"/leads/{lead['id']}/purchases") == [made]

    cancelled = await world.delete(f"/purchases/{made['id']}", source="api")

    has(cancelled, PURCHASE | {
        "cancelled": True,
        "cancellation": {"id": ID, "cancellation_code": CODE, "effective_date": AT, "source": "api"},
    })  # fmt: skip
    assert (await world.get(f"/leads/{lead['id']}"))["status"] == "Registered"


async def test_a_purchase_with_line_items(world: World) -> None:
    items = [
        {"sku": "sku1", "quantity": "2", "description": "Product One", "amount": "15"},
        {"sku": "sku2", "quantity": "1", "description": "Product Two", "amount": "20"},
    ]
    made = await world.post(
        "/purchases",
        email="purchaser@example.com",
        purchase_amount="50",
        purchase_code="PURCH001",
        line_items=items,
    )
    has(made, PURCHASE | {
        "purchase_code": "PURCH001", "purchase_amount": "50.0", "lead": {"id": ID, "email": "purchaser@example.com"},
    })  # fmt: skip
    assert "line_items" not in made
    shown = await world.get(f"/purchases/{made['id']}", include_line_items="true")
    assert shown["line_items"] == [
        {"sku": "sku1", "description": "Product One", "quantity": "2.0", "amount": "15.0"},
        {"sku": "sku2", "description": "Product Two", "quantity": "1.0", "amount": "20.0"},
    ]


async def test_all_purchases_of_a_lead_are_cancelled(world: World) -> None:
    for number in range(2):
        made = await world.post(
            "/purchases", email="a@b.com", purchase_amount="1000", purchase_code=f"P{number}"
        )
    shown = await world.delete(
        f"/leads/{made['lead']['id']}/purchases", cancellation_code="C1", source="shop"
    )
    assert [one["cancelled"] for one in shown] == [True, True]
    assert {one["cancellation"]["cancellation_code"] for one in shown} == {"C1"}
    assert len({one["cancellation"]["id"] for one in shown}) == 2
    assert await world.get(f"/leads/{made['lead']['id']}/purchases") == shown


async def test_affiliates(world: World) -> None:
    made = await world.post("/affiliates", email="example@example.com")
    has(made, AFFILIATE)
    assert await world.get("/affiliates") == [made]
    assert await world.get("/affiliates/count") == {"count": 1}
    assert await world.get("/affiliates/by_email", email="EXAMPLE@example.com") == made
    assert (
        await world.get("/affiliates/by_affiliate_code", affiliate_code=made["affiliate_code"].upper())
        == made
    )
    assert await world.get(f"/affiliates/{made['id']}") == made
    has(await world.put(f"/affiliates/{made['id']}", first_name="Joe"), AFFILIATE | {"first_name": "Joe"})
    assert await world.get(f"/affiliates/{made['id']}/leads") == []
    assert await world.get(f"/affiliates/{made['id']}/commissions") == []


async def test_a_commission_by_hand(world: World) -> None:
    affiliate = await world.post("/affiliates", email="example@example.com")
    made = await world.post(f"/affiliates/{affiliate['id']}/commissions", amount="42.00")
    has(made, {
        "id": ID, "date": Matching(r"\d{4}-\d\d-\d\d"), "amount": "42.0", "currency": "USD", "cancelled": False,
        "note": None, "paid": False, "purchase": None, "status": "due", "level": 0, "plan": None, "created_at": AT,
        "due_at": AT, "affiliate": {"id": affiliate["id"], "email": "example@example.com"},
    })  # fmt: skip
    assert await world.get(f"/affiliates/{affiliate['id']}/commissions") == [made]


async def test_campaigns(world: World) -> None:
    shown = await world.get("/campaigns/7")
    has(shown, {"id": 7, "created_at": AT, "updated_at": AT, "code": "ExampleCampaign"})
    assert await world.get("/campaigns") == [shown]
    assert await world.get("/campaigns/count") == {"count": 1}
    assert await world.get("/campaign/7") == shown
    lead = await world.post(
        "/leads", email="a@example.com", url="https://shop.example.com/#_l_EXAMPLECAMPAIGN"
    )
    assert await world.get("/campaigns/7/leads") == [lead]
