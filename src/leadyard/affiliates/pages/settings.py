"""How an account's pages for affiliates look and what they allow."""

from typing import Annotated

import msgspec
from msgspec import Meta

LONGEST_CSS = 50_000

Colour = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$(?!\n)")]
WebAddress = Annotated[str, Meta(max_length=2048, pattern=r"^https?://[^\s<>\"]+$(?!\n)")]
FrameAncestor = Annotated[
    str, Meta(max_length=255, pattern=r"^https?://(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$(?!\n)")
]


class PageSettings(msgspec.Struct, frozen=True):
    """The pages for affiliates, and what they are written.

    `title` empty is the account's name, colours are `#rrggbb`, `css` follows Leadyard's. `frame_ancestors` are the
    origins whose pages may show these in a frame; none may unless it is named.
    """

    title: Annotated[str, Meta(max_length=255)] = ""
    introduction: Annotated[str, Meta(max_length=5000)] = ""
    takes_sign_ups: bool = True
    terms_url: WebAddress | None = None
    contact_email: Annotated[str, Meta(max_length=254, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+$(?!\n)")] | None = (
        None
    )
    code_can_change: bool = True
    affiliates_invite: bool = True
    brand_colour: Colour | None = None
    brand_colour_dark: Colour | None = None
    mails_sign_ups: bool = False
    mails_approvals: bool = True
    css: Annotated[str, Meta(max_length=LONGEST_CSS)] = ""
    frame_ancestors: Annotated[tuple[FrameAncestor, ...], Meta(max_length=50)] = ()
