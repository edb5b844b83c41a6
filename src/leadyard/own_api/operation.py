"""What an endpoint of the own API is: the one description that serves routing, checks and documentation."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from leadyard.campaigns.configuration import Configuration
from leadyard.identity.actor import Actor
from leadyard.identity.model import Permission, Principal
from leadyard.storage.database import Database

LARGEST_ID = 2**53 - 1
LARGEST_PAGE = 1_000_000

Id = Annotated[int, Meta(ge=1, le=LARGEST_ID)]
PageNumber = Annotated[int, Meta(ge=1, le=LARGEST_PAGE)]
PageSize = Annotated[int, Meta(ge=1, le=200)]


class Parameter(msgspec.Struct, frozen=True):
    """A parameter of the query or of the path; its type is what msgspec can read from text."""

    name: str
    type: Any
    description: str
    default: Any = None


PAGING = (
    Parameter("page", PageNumber, "Which page, counted from 1.", 1),
    Parameter("per_page", PageSize, "How many items on a page.", 50),
)


class Call(msgspec.Struct, frozen=True):
    """One request after its key, its path, its parameters and its body have been read.

    `path` holds values of the types that the operation's path parameters have; `body` is an instance of the
    operation's body type, or the JSON object of a merge patch.
    """

    database: Database
    configuration: Configuration
    principal: Principal
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any = None

    @property
    def account_id(self) -> int:
        """The account that everything of this request is about."""
        return self.principal.account_id

    @property
    def actor(self) -> Actor:
        """Whoever is on record for a change."""
        return Actor.of(self.principal)

    @property
    def paging(self) -> dict[str, int]:
        """The page asked for, as services take it."""
        return {"page": self.query["page"], "per_page": self.query["per_page"]}

    def id(self, name: str = "id") -> int:
        """Give an id from the path; raises TypeError for a part that the operation says is something else."""
        value = self.path[name]
        if not isinstance(value, int):
            raise TypeError(f"{name} of the path is no id")
        return value

    def text(self, name: str) -> str:
        """Give a text from the path; raises TypeError for a part that the operation says is something else."""
        value = self.path[name]
        if not isinstance(value, str):
            raise TypeError(f"{name} of the path is no text")
        return value


class Download(msgspec.Struct, frozen=True):
    """A file that is sent as it is made; an error while it is made breaks the connection off."""

    file_name: str
    media_type: str
    chunks: AsyncGenerator[bytes, None]


class Answer(msgspec.Struct, frozen=True):
    """What goes back: a Struct or JSON values (None: an empty body); `location` is relative to `/api/v1`.

    A download goes back instead of a body.
    """

    body: Any = None
    status: int | None = None
    location: str | None = None
    download: Download | None = None


Handler = Callable[[Call], Awaitable[Answer]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path, relative to `/api/v1`.

    `parts` are the parameters of the path that are no ids; every other one is an id. What cannot be read as its type is
    not found. `body` is the type of the request's body; `is_patch` makes it a merge patch of that type, `is_text` a text that the
    handler reads chunk by chunk, of one of `body_types` and of at most `largest_body` bytes. `answer` is the type of
    the answer, of each item when `is_list`; None is an empty answer. `other_status` is a second status of success.
    `media_types` are those of the file that is downloaded instead of a JSON answer. Any of `other_permissions` does in
    place of `permission`.
    """

    method: str
    path: str
    id: str
    summary: str
    handler: Handler
    permission: Permission
    status: int = 200
    other_status: int | None = None
    description: str = ""
    parts: tuple[Parameter, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    body: Any = None
    is_patch: bool = False
    is_text: bool = False
    body_types: tuple[str, ...] = ("text/plain", "text/csv")
    largest_body: int | None = None
    other_permissions: tuple[Permission, ...] = ()
    answer: Any = None
    is_list: bool = False
    example: Any = None
    media_types: tuple[str, ...] = ()

    @property
    def path_parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the path in its order, each with the type that its handler gets."""
        known = {part.name: part for part in self.parts}
        names = re.findall(r"{(\w+)}", self.path)
        return tuple(known.get(name) or Parameter(name, Id, _of_id(name)) for name in names)


def _of_id(name: str) -> str:
    noun = name.removesuffix("_id").replace("_", " ")
    return "The id." if name == "id" else f"The id of the {noun}."


class Section(msgspec.Struct, frozen=True):
    """Operations about one noun, shown together."""

    name: str
    description: str
    operations: Sequence[Operation]


def page_of(call: Call, items: Sequence[Any], total: int) -> Answer:
    """Answer with one page of a list."""
    return Answer({"items": items, **call.paging, "total": total})
