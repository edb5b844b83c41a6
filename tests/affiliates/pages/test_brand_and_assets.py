"""Banners, texts, logo, colours, CSS and frames: set by the own API, seen on the pages."""

import base64
from typing import Any

import httpx
import pytest
from tests.affiliates.pages import pictures
from tests.affiliates.pages.conftest import Caller, Portal, path_of

PATH = "/affiliate-assets"
BANNER = {"kind": "banner", "title": "Big <banner>", "text": "Tea", "url": "https://shop.example.com/tea?a=1"}


def image(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_a_banner_is_shown_with_the_affiliates_link_and_served_to_everybody(
    portal: Portal, caller: Caller, client: httpx.AsyncClient
) -> None:
    ann = await portal.affiliate("ann")

    made = await client.post(PATH, json={**BANNER, "image": image(pictures.png(30, 20))})

    assert made.status_code == 201, made.text
    asset = made.json()
    assert (asset["content_type"], asset["width"], asset["height"]) == ("image/png", 30, 20)
    shown = (await caller.get(f"{path_of(ann)}/materials")).text
    assert "Big &lt;banner&gt;" in shown
    assert "https://shop.example.com/tea?a=1&amp;amp;afmc=ann" in shown
    served = await caller.get(f"/affiliates/agency/assets/{asset['id']}")
    assert served.content == pictures.png(30, 20)
    assert served.headers["content-type"] == "image/png"
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.headers["cross-origin-resource-policy"] == "cross-origin"


async def test_a_text_is_filled_in_and_can_be_changed_and_archived(
    portal: Portal, caller: Caller, client: httpx.AsyncClient
) -> None:
    ann = await portal.affiliate("ann", last_name="<b>")
    made = (
        await client.post(PATH, json={"kind": "text", "title": "Mail", "text": "{name}: {link} or {code}"})
    ).json()
    shown = (await caller.get(f"{path_of(ann)}/materials")).text
    assert "Ann &lt;b&gt;: https://shop.example.com/?afmc=ann or ann" in shown

    changed = await client.patch(f"{PATH}/{made['id']}", json={"text": "New {code}"})

    assert changed.json()["text"] == "New {code}"
    assert "New ann" in (await caller.get(f"{path_of(ann)}/materials")).text
    assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 204
    assert "New ann" not in (await caller.get(f"{path_of(ann)}/materials")).text
    assert (await client.get(f"{PATH}/{made['id']}")).json()["archived_at"] is not None


async def test_a_changed_banner_keeps_its_image_and_an_archived_one_is_served_no_more(
    caller: Caller, portal: Portal, client: httpx.AsyncClient
) -> None:
    made = (await client.post(PATH, json={**BANNER, "image": image(pictures.png(30, 20))})).json()
    path = f"/affiliates/agency/assets/{made['id']}"
    assert (await client.patch(f"{PATH}/{made['id']}", json={"title": "Small"})).json()["width"] == 30
    assert (await caller.get(path)).content == pictures.png(30, 20)
    other = await client.patch(f"{PATH}/{made['id']}", json={"image": image(pictures.png(3, 2))})
    assert other.json()["width"] == 3
    assert (await caller.get(path)).content == pictures.png(3, 2)
    await client.delete(f"{PATH}/{made['id']}")
    assert (await caller.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"kind": "banner"}, "image"),
        ({"kind": "banner", "image": "not base64!"}, "image"),
        ({"kind": "banner", "image": image(b"<svg onload=alert(1)>")}, "image"),
        ({"kind": "logo", "image": image(b"<script>GIF89a")}, "image"),
        ({"kind": "banner", "image": image(pictures.gif(5001, 5))}, "image"),
        ({"kind": "banner", "image": image(pictures.png() + b"x" * 1024 * 1024)}, "image"),
        ({"kind": "text"}, "text"),
        ({"kind": "text", "text": "x", "image": image(pictures.png())}, "image"),
        ({"kind": "text", "text": "x", "url": "javascript:alert(1)"}, "url"),
        ({"kind": "poster", "text": "x"}, "kind"),
        ({"kind": "text", "text": "x", "title": " "}, "title"),
    ],
)
async def test_what_is_no_asset_is_refused(
    client: httpx.AsyncClient, document: dict[str, Any], field: str
) -> None:
    refused = await client.post(PATH, json={"title": "T", **document})
    assert refused.status_code == 422, refused.text
    assert field in {error["field"] for error in refused.json()["errors"]}
    assert (await client.get(PATH)).json()["total"] == 0


async def test_an_upload_beyond_the_limit_is_refused(client: httpx.AsyncClient) -> None:
    huge = await client.post(PATH, json={**BANNER, "image": "A" * 9_000_000})
    assert huge.status_code == 413


async def test_no_account_sees_or_serves_anothers_assets(
    caller: Caller, portal: Portal, client: httpx.AsyncClient, foreign: httpx.AsyncClient
) -> None:
    made = (await client.post(PATH, json={**BANNER, "image": image(pictures.png())})).json()
    assert (await foreign.get(f"{PATH}/{made['id']}")).status_code == 404
    assert (await foreign.patch(f"{PATH}/{made['id']}", json={"title": "x"})).status_code == 404
    assert (await foreign.delete(f"{PATH}/{made['id']}")).status_code == 404
    assert (await foreign.get(PATH)).json()["total"] == 0
    for path in (
        f"other/assets/{made['id']}",
        "agency/assets/x",
        "agency/assets/0",
        f"agency/assets/{'9' * 30}",
    ):
        assert (await caller.get(f"/affiliates/{path}")).status_code == 404


async def test_the_brand_is_in_its_own_style_sheet(
    caller: Caller, portal: Portal, client: httpx.AsyncClient
) -> None:
    pages = {"title": "Tea & Friends", "brand_colour": "#FFD400", "css": "h1 { color: red } </style><script>"}
    assert (await client.patch("/affiliate-program", json={"pages": pages})).status_code == 200
    await client.post(PATH, json={"kind": "logo", "title": "Logo", "image": image(pictures.png(300, 60))})

    shown = (await caller.get("/join/agency")).text
    css = await caller.get("/affiliates/agency/brand.css")

    assert "<script>" not in shown
    assert "Tea &amp; Friends" in shown
    assert '<img class="logo"' in shown
    assert css.headers["content-type"] == "text/css; charset=utf-8"
    assert css.headers["x-content-type-options"] == "nosniff"
    assert "--brand: #FFD400; --on-brand: #000000" in css.text
    assert css.text.endswith("h1 { color: red } </style><script>\n")
    assert (await caller.get("/affiliates/other/brand.css")).status_code == 404


async def test_pages_can_be_framed_where_that_is_allowed(caller: Caller, portal: Portal) -> None:
    ann = await portal.affiliate("ann")
    await portal.program(
        pages={"frame_ancestors": ["https://shop.example.com", "https://*.example.org:8443"]}
    )
    answer = await caller.get(path_of(ann))
    policy = answer.headers["content-security-policy"]
    assert policy.endswith("frame-ancestors 'self' https://shop.example.com https://*.example.org:8443")
    assert "x-frame-options" not in answer.headers


@pytest.mark.parametrize(
    "pages",
    [
        {"brand_colour": "red"},
        {"brand_colour": "#12345"},
        {"css": "x" * 50_001},
        {"frame_ancestors": ["*"]},
        {"frame_ancestors": ["https://a.example; script-src *"]},
        {"frame_ancestors": ["https://a.example\r\nx: y"]},
        {"frame_ancestors": ["javascript:alert(1)"]},
        {"frame_ancestors": ["https://a.example\n"]},
        {"terms_url": "javascript:alert(1)"},
        {"contact_email": "nobody"},
        {"contact_email": "a@b?subject=x"},
        {"unknown": 1},
        {"title": "a\0b"},
    ],
)
async def test_settings_of_pages_that_cannot_be_are_refused(
    client: httpx.AsyncClient, pages: dict[str, Any]
) -> None:
    before = (await client.get("/affiliate-program")).json()
    refused = await client.patch("/affiliate-program", json={"pages": pages})
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["field"].startswith("pages.")
    assert (await client.get("/affiliate-program")).json() == before
