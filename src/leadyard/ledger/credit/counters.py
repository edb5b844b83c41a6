"""Buyers' credit inside the caller's unit of work: locking, moving and reading it."""

from collections.abc import Iterable, Mapping, Sequence

from leadyard.kit.errors import InvalidInputError
from leadyard.ledger import store as ledger_store
from leadyard.ledger.credit import store
from leadyard.ledger.credit.model import Alert, Balance, CreditKey, CreditRow
from leadyard.ledger.model import Entry, check_balanced
from leadyard.storage.counters import next_id
from leadyard.storage.database import Connection

_MOST_ADDED = 10**18
_CURRENCY = "SELECT currency FROM accounts WHERE id = $1"


async def lock_credit(
    connection: Connection, account_id: int, keys: Iterable[CreditKey]
) -> dict[CreditKey, CreditRow]:
    """Lock credit until the unit of work ends; lock caps before it, so that no two wait for each other."""
    return await store.lock(connection, account_id, keys)


async def read_credit(
    connection: Connection, account_id: int, keys: Iterable[CreditKey]
) -> dict[CreditKey, CreditRow]:
    """Read credit without locking it; who has none yet has nothing."""
    found: dict[CreditKey, CreditRow] = {}
    wanted = set(keys)
    for currency in sorted({key.currency for key in wanted}):
        rows = await store.read(connection, account_id, currency)
        found.update({CreditKey(buyer_id, currency): row for buyer_id, row in rows.items()})
    return {key: found.get(key, CreditRow()) for key in wanted}


async def write_credit(connection: Connection, account_id: int, rows: Mapping[CreditKey, CreditRow]) -> None:
    """Write locked credit as it stands now."""
    await store.write(connection, account_id, rows)


async def add_credit(connection: Connection, account_id: int, key: CreditKey, amount: int) -> CreditRow:
    """Add to a buyer's credit, in micro-units, and give it as it stands then, locked; the caller posts the entry.

    Raises InvalidInputError when it would be more than can be held.
    """
    rows = await store.lock(connection, account_id, [key])
    row = rows[key]
    if row.added + amount > _MOST_ADDED:
        raise InvalidInputError.of("amount", "is more than the buyer's credit can hold")
    row.added += amount
    row.alert = Alert.NONE
    await store.write(connection, account_id, rows)
    return row


async def account_currency(connection: Connection, account_id: int) -> str:
    """Give the currency in which an account's buyers pay unless another is named."""
    return str(await connection.fetchval(_CURRENCY, account_id))


async def post_rare(connection: Connection, entries: Sequence[Entry]) -> None:
    """Post entries whose ids were not reserved beforehand, because hardly any unit of work has one."""
    for entry in entries:
        check_balanced(entry)
    ids = [await next_id(connection, entry.account_id, "ledger_entries") for entry in entries]
    if entries:
        await ledger_store.insert(connection, entries, ids)


async def balances(connection: Connection, account_id: int) -> dict[int, Balance]:
    """Give what was added and what is left, in the account's currency, of each buyer that ever had credit.

    What attempts under way hold counts as left until they are sold.
    """
    currency = await account_currency(connection, account_id)
    rows = await store.read(connection, account_id, currency)
    return {buyer_id: Balance(row.added, row.added - row.spent) for buyer_id, row in rows.items()}
