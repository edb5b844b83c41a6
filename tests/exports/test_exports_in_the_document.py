"""The OpenAPI document describes exports as files."""

import httpx
import jsonschema_rs
from tests.desk import Desk

from leadyard.exports.api import KINDS
from leadyard.exports.model import Format


async def test_every_export_is_described(own: httpx.AsyncClient, desk: Desk) -> None:
    document = (await own.get(str(own.base_url.join("/api/openapi.json")))).json()
    for kind in KINDS:
        operation = document["paths"][f"/api/v1{kind.path}"]["get"]
        assert set(operation["responses"]["200"]["content"]) == {one.media_type for one in Format}
        assert {"format", "columns", "formulas"} <= {
            parameter["name"] for parameter in operation["parameters"]
        }
    for schema in document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema)
    assert "/api/v1/exports/leads" in (await own.get(str(own.base_url.join("/api/docs")))).text
