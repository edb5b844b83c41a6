"""Each SQL text in the source that touches a tenant table names the account."""

import ast
import re
from pathlib import Path

import leadyard
from leadyard.storage.tables import REFERENCE_TABLES, metadata

_SOURCE = Path(leadyard.__file__).parent
_TENANT_TABLES = sorted({table.name for table in metadata.sorted_tables} - REFERENCE_TABLES)
_TOUCHES = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+({'|'.join(_TENANT_TABLES)})\b", re.IGNORECASE)

_OVER_ALL_ACCOUNTS = {
    "_DUE_ACCOUNTS": "finds the accounts that have work; the claims that follow name one each",
    "_QUEUES": "counts queues for the operator's metrics",
    "_BY_HASH": "finds the account of a key, before which there is none to name",
}


def sql_texts() -> list[tuple[str, str, str]]:
    """Every SQL text assigned to a constant, as (file, constant, text)."""
    found = []
    for path in sorted(_SOURCE.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                texts = [
                    c.value
                    for c in ast.walk(node.value)
                    if isinstance(c, ast.Constant) and isinstance(c.value, str)
                ]
                text = " ".join(texts)
                if _TOUCHES.search(text):
                    found.append((path.name, node.targets[0].id, text))
    return found


def test_every_sql_constant_on_a_tenant_table_names_the_account() -> None:
    texts = sql_texts()
    assert len(texts) > 20
    careless = [
        f"{file}: {name}"
        for file, name, text in texts
        if "account_id" not in text and name not in _OVER_ALL_ACCOUNTS
    ]
    assert careless == []
