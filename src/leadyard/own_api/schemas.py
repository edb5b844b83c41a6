"""JSON Schemas of the own API's types: what msgspec derives, made as strict as our reading is."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from leadyard.kit.money import MAX_AMOUNT

REF = "#/components/schemas/"
Schema = dict[str, Any]

_AMOUNT: Schema = {
    "type": ["string", "number"],
    "pattern": r"^([0-9]{1,9}(\.[0-9]{1,12})?|1000000000)$",
    "minimum": 0,
    "maximum": int(MAX_AMOUNT),
    "description": "An exact amount, as text or number, kept to six decimals; answers have it as text.",
}


def build_schemas(types: Iterable[Any], patched: Iterable[Any]) -> dict[str, Schema]:
    """Make the components of all types, and a `…Patch` of each type that is patched."""
    wanted = [*types, *patched]
    _, components = msgspec.json.schema_components(wanted, ref_template=f"{REF}{{name}}")
    schemas = {name: _strict(schema) for name, schema in components.items()}
    for target in patched:
        _add_patch(target.__name__, schemas)
    return dict(sorted(schemas.items()))


def schema_of(target: Any) -> Schema:
    """Make the schema of one type, which refers to the components."""
    (schema,), _ = msgspec.json.schema_components([target], ref_template=f"{REF}{{name}}")
    strict: Schema = _strict(schema)
    return strict


def ref_to(target: Any) -> Schema:
    """Refer to a type's component."""
    return {"$ref": f"{REF}{target.__name__}"}


def patch_ref_to(target: Any) -> Schema:
    """Refer to the merge patch of a type."""
    return {"$ref": f"{REF}{target.__name__}Patch"}


def _strict(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if schema.get("format") == "decimal":
        own = {name: schema[name] for name in ("default",) if name in schema}
        return {**_AMOUNT, **own}
    result = {name: _strict(part) if name != "default" else part for name, part in schema.items()}
    if "properties" in result:
        result.setdefault("additionalProperties", False)
    return result


def _add_patch(name: str, schemas: dict[str, Schema]) -> None:
    patch_name = f"{name}Patch"
    if patch_name in schemas:
        return
    schema = schemas[name]
    patch = {key: part for key, part in schema.items() if key not in {"required", "properties", "title"}}
    schemas[patch_name] = patch
    required = schema.get("required", [])
    patch["title"] = patch_name
    patch["description"] = f"Changes to {name}: absent members stay, null sets a member back to its default."
    patch["properties"] = {
        member: _patch_of(part, schemas, nullable=member not in required)
        for member, part in schema.get("properties", {}).items()
    }


def _patch_of(schema: Schema, schemas: dict[str, Schema], *, nullable: bool) -> Schema:
    part = {key: value for key, value in schema.items() if key != "default"}
    alternatives = [_deeper(option, schemas) for option in part.pop("anyOf", [])]
    own = alternatives or [_deeper(part, schemas)]
    if nullable and {"type": "null"} not in own:
        own.append({"type": "null"})
    return own[0] if len(own) == 1 else {"anyOf": own}


def _deeper(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    name = schema.get("$ref", "").removeprefix(REF)
    if not name or "properties" not in schemas[name]:
        return schema
    _add_patch(name, schemas)
    return {"$ref": f"{REF}{name}Patch"}
