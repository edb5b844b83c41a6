"""One request of this dialect, read and authorised, and the answer to it."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec

from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.model import ListOrder, Program
from leadyard.affiliates.purchases.service import Purchases
from leadyard.campaigns.configuration import Configuration
from leadyard.dialects.leaddyno.params import Params
from leadyard.dialects.leaddyno.writing import encode
from leadyard.identity.actor import Actor
from leadyard.identity.model import Principal
from leadyard.kit.errors import LeadyardError, NotFoundError
from leadyard.kit.paging import Page
from leadyard.storage.database import LARGEST_ID, Database
from leadyard.tracking.following import Following

OK, CREATED = 200, 201
ROWS_ON_A_PAGE, MOST_ROWS_ON_A_PAGE = 100, 200
MOST_PAGES = 10**12


class Services(msgspec.Struct, frozen=True):
    """What the dialect asks; links for affiliates begin with `base_url`, `work_in` works in what pages have sent."""

    database: Database
    configuration: Configuration
    base_url: str
    requests_per_minute: int
    purchases: Purchases
    commissions: Commissions
    following: Following
    work_in: Callable[[int], Awaitable[int]]


class Answer(msgspec.Struct, frozen=True):
    """An encoded answer."""

    body: bytes
    status: int = OK


class NoMatchError(LeadyardError):
    """A finder that found nothing: HTTP 404 with the JSON value null."""


class Call(msgspec.Struct):
    """A request: `members` are the parameters, `rows` the array of an import, `path_id` the id in the path, if any."""

    services: Services
    principal: Principal
    program: Program
    members: Mapping[str, Any]
    rows: list[Any] | None
    path_id: str
    at: datetime

    @property
    def database(self) -> Database:
        """Give the process's database."""
        return self.services.database

    @property
    def account_id(self) -> int:
        """Tell whose request it is."""
        return self.principal.account_id

    @property
    def actor(self) -> Actor:
        """Tell who is on record for a change."""
        return Actor.of(self.principal)

    @property
    def params(self) -> Params:
        """Read the parameters, beginning with no problem."""
        return Params(self.members)

    @property
    def newest_first(self) -> bool:
        """Tell how the account's lists are ordered."""
        return self.program.list_order is ListOrder.NEWEST_FIRST

    def id(self) -> int:
        """Read the id in the path; raises NotFoundError for what is none."""
        text = self.path_id
        if not (text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_ID))):
            raise NotFoundError("Not found")
        return int(text)

    def page(self, params: Params) -> Page:
        """Tell which rows of a list are asked for."""
        number = min(params.positive("page", 1), MOST_PAGES)
        limit = min(params.positive("per_page", ROWS_ON_A_PAGE), MOST_ROWS_ON_A_PAGE)
        return Page(limit, (number - 1) * limit, newest_first=self.newest_first)


Handler = Callable[[Call], Awaitable[Answer]]


def answer(payload: Any, status: int = OK) -> Answer:
    """Encode an answer."""
    return Answer(encode(payload), status)


def created(payload: Any, *, is_new: bool) -> Answer:
    """Answer a create: 201, or 200 when the thing was there already."""
    return answer(payload, CREATED if is_new else OK)


def count(number: int) -> Answer:
    """Answer how many there are."""
    return answer({"count": number})
