"""One request of this dialect, read and authorised, and the answer to it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec

from leadyard.campaigns.configuration import AccountSetup, Configuration
from leadyard.delivery.prospects import Prospects
from leadyard.dialects.leadbyte.background import Background
from leadyard.dialects.leadbyte.writing import encode
from leadyard.identity.model import InvalidKeyError, Permission, Principal
from leadyard.intake.plan import Plans
from leadyard.intake.providers.validating import Validating
from leadyard.intake.quarantine import Quarantine
from leadyard.intake.service import Intake
from leadyard.kit.errors import DeniedError
from leadyard.leads.after_sale.service import AfterSale
from leadyard.leads.service import Leads
from leadyard.ledger.credit.service import Credit
from leadyard.reports.locks import ReportLocks
from leadyard.storage.database import Database

PostJson = Callable[[str, bytes], Awaitable[None]]
OK = 200


class Services(msgspec.Struct, frozen=True):
    """What the dialect asks; `post_json` posts JSON bytes to a stranger's address, under the address guard."""

    database: Database
    configuration: Configuration
    plans: Plans
    intake: Intake
    leads: Leads
    quarantine: Quarantine
    report_locks: ReportLocks
    credit: Credit
    post_json: PostJson
    prospects: Prospects
    validating: Validating
    after_sale: AfterSale


class Answer(msgspec.Struct, frozen=True):
    """An encoded answer."""

    body: bytes
    status: int = OK
    is_text: bool = False


class Call(msgspec.Struct):
    """A request: `members` are the body's, filled up with the query's; `path_id` is the id in the path, if any."""

    services: Services
    background: Background
    version: str
    path_id: str
    members: dict[str, Any]
    query: dict[str, Any]
    debug: bool
    address: str
    host: str
    received_at: datetime
    key: str = ""
    holder: Principal | None = None

    @property
    def principal(self) -> Principal:
        """Tell who calls; raises InvalidKeyError on a route without keys."""
        if self.holder is None:
            raise InvalidKeyError("Invalid API key")
        return self.holder

    @property
    def account_id(self) -> int:
        """Tell whose leads these are."""
        return self.principal.account_id

    @property
    def supplier_id(self) -> int | None:
        """Name the one supplier whose leads the key may see, if it is a supplier's."""
        return self.principal.key.supplier_id

    @property
    def buyer_id(self) -> int | None:
        """Name the one buyer whose leads the key may see, if it is a buyer's."""
        return self.principal.key.buyer_id

    async def setup(self) -> AccountSetup:
        """Give the set-up of the caller's account."""
        return await self.services.configuration.setup(self.account_id)

    def require(self, permission: Permission) -> None:
        """Let a call on that its key is ticked for; raises DeniedError."""
        if not self.principal.may(permission):
            raise DeniedError(permission)

    def answer(self, payload: Any) -> Answer:
        """Encode an answer as the caller wants it; one that repeats what was sent never repeats the key."""
        body = encode(payload, debug=self.debug)
        key = self.key.encode()
        return Answer(body.replace(key, b"***") if key and key in body else body)


Handler = Callable[[Call], Awaitable[Answer]]
