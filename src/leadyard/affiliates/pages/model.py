"""Banners, texts and logos as operators send and see them, and who looks at a dashboard."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from leadyard.affiliates.model import Affiliate, AffiliateStatus, Program
from leadyard.affiliates.pages.settings import WebAddress
from leadyard.identity.model import Account
from leadyard.kit.masking import SecretText

LARGEST_IMAGE = 1024 * 1024
LONGEST_SIDE = 5000
MOST_ASSETS = 500


class AssetKind(StrEnum):
    """What an asset is for."""

    BANNER = "banner"
    TEXT = "text"
    LOGO = "logo"


class AssetInput(msgspec.Struct, frozen=True, kw_only=True):
    """A banner or logo with its `image` (base64 of PNG, JPEG, GIF or WebP), or a text.

    `{link}`, `{code}` and `{name}` in a text stand for the affiliate's; `url` is where the affiliate's link leads,
    the programme's site when left out.
    """

    kind: AssetKind
    title: Annotated[str, Meta(min_length=1, max_length=255, pattern=r"\S")]
    text: Annotated[str, Meta(max_length=10_000)] = ""
    url: WebAddress | None = None
    image: Annotated[str, Meta(max_length=LARGEST_IMAGE * 4 // 3 + 4)] | None = None


class AssetSettings(msgspec.Struct, frozen=True):
    """What is kept of an asset besides its title and its image."""

    text: str = ""
    url: str | None = None
    width: int = 0
    height: int = 0
    size_bytes: int = 0


class AssetRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An asset as it stands; `image_url` is where anybody can fetch its image."""

    id: int
    kind: AssetKind
    title: str
    text: str
    url: str | None
    content_type: str | None
    width: int
    height: int
    size_bytes: int
    image_url: str | None
    created_at: datetime
    archived_at: datetime | None


class Asset(msgspec.Struct, frozen=True):
    """One row of affiliate_assets without its image."""

    id: int
    kind: AssetKind
    title: str
    settings: AssetSettings
    content_type: str | None
    created_at: datetime
    archived_at: datetime | None = None


class Site(msgspec.Struct, frozen=True):
    """An account whose pages are shown; `logo` is the asset at the top of them."""

    account: Account
    program: Program
    logo: Asset | None = None

    @property
    def title(self) -> str:
        """What the pages call the programme."""
        return self.program.pages.title.strip() or self.account.name


class Session(msgspec.Struct, frozen=True):
    """Who is signed in; `by_link` means that no password has been asked for."""

    affiliate_id: int
    by_link: bool
    token: SecretText


class Visit(msgspec.Struct, frozen=True):
    """An affiliate's dashboard being looked at: by the permanent link (`session` is None) or signed in."""

    site: Site
    affiliate: Affiliate
    base: str
    session: Session | None = None

    @property
    def account_id(self) -> int:
        """The account that all of it is about."""
        return self.site.account.id

    @property
    def is_waiting(self) -> bool:
        """Tell whether the affiliate is to read that its application is looked at; one who was rejected reads it too."""
        return self.affiliate.status in {AffiliateStatus.PENDING, AffiliateStatus.REJECTED}

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing credits the affiliate any more, while what it has earned is still its own."""
        return self.affiliate.status is AffiliateStatus.ARCHIVED


class Day(msgspec.Struct, frozen=True):
    """What an affiliate brought on one day."""

    day: date
    clicks: int
    visitors: int
    leads: int
    purchases: int


class Earned(msgspec.Struct, frozen=True):
    """What an affiliate earned on one day in one currency."""

    day: date
    currency: str
    amount: Decimal
