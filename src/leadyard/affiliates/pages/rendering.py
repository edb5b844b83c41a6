"""Templates into answers, with the headers that keep a page to itself."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from leadyard.affiliates.pages.brand import brand_css
from leadyard.affiliates.pages.model import Site
from leadyard.affiliates.pages.requests import Reply
from leadyard.kit.currencies import to_smallest_unit
from leadyard.kit.errors import FieldProblem

STYLE_PATH = "/affiliates/pages.css"
_HERE = Path(__file__).parent
_STYLE = (_HERE / "static" / "pages.css").read_bytes()
_CONTENT = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'"
_ALWAYS = (
    ("x-content-type-options", "nosniff"),
    # Not `no-referrer`: browsers would then send forms without saying from where.
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
)


class Renderer:
    """Turns templates into answers."""

    def __init__(self) -> None:
        """Load the templates once."""
        self._templates = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["money"] = money
        self._templates.filters["day"] = _day
        self._templates.filters["sentence"] = _sentence
        self._templates.globals["style"] = f"{STYLE_PATH}?v={_version(_STYLE)}"

    def page(self, template: str, site: Site | None, *, status: int = 200, **values: Any) -> Reply:
        """Make a page of an account, or of nobody's."""
        brand = None if site is None else _version(brand_css(site.program.pages).encode())
        html = self._templates.get_template(template).render(
            site=site,
            brand=None if site is None else f"/affiliates/{site.account.slug}/brand.css?v={brand}",
            zone="UTC" if site is None else site.account.time_zone,
            **values,
        )
        return Reply(status, html.encode(), headers=(*_ALWAYS, *_page_headers(site)))

    def message(self, site: Site | None, status: int, heading: str, *words: str) -> Reply:
        """Make a page that says one thing."""
        return self.page("message.html", site, status=status, heading=heading, words=words)

    def nothing(self) -> Reply:
        """Answer for whatever is not there, is not there any more, or is not for this caller."""
        return self.message(
            None, 404, "There is nothing here", "The address is wrong, or it is not in use any more."
        )


def style() -> Reply:
    """Give the pages' style sheet, whose address changes with it."""
    return Reply(200, _STYLE, b"text/css; charset=utf-8", (*_ALWAYS, _kept(31_536_000)))


def brand_style(site: Site) -> Reply:
    """Give an account's style sheet, which shows itself to nobody but these pages."""
    css = brand_css(site.program.pages).encode()
    own = ("content-security-policy", "default-src 'none'"), ("cross-origin-resource-policy", "same-origin")
    return Reply(200, css, b"text/css; charset=utf-8", (*_ALWAYS, *own, _kept(300)))


def image(content: bytes, content_type: str) -> Reply:
    """Give a banner, which affiliates show on sites of their own."""
    shut = ("content-security-policy", "default-src 'none'; sandbox")
    shared = ("cross-origin-resource-policy", "cross-origin")
    return Reply(200, content, content_type.encode(), (*_ALWAYS, shut, shared, _kept(3600)))


def qr_svg(link: str) -> str:
    """Draw a link as a QR code, dark on light in any colour scheme."""
    code = segno.make(link, error="m", micro=False)
    return code.svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=True)


def qr_file(link: str, code: str) -> Reply:
    """Give a link's QR code as a file to print."""
    drawing = segno.make(link, error="m", micro=False).svg_inline(scale=8, border=4, light="#fff")
    text = drawing.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    named = ("content-disposition", f'attachment; filename="{code}.svg"')
    shut = ("content-security-policy", "default-src 'none'; sandbox")
    return Reply(200, text.encode(), b"image/svg+xml", (*_ALWAYS, named, shut, ("cache-control", "no-store")))


def money(amount: Decimal, currency: str) -> str:
    """Write an amount of money with thousands separators."""
    return f"{to_smallest_unit(amount, currency):,} {currency}".replace("-", "\N{MINUS SIGN}", 1)


def by_field(problems: Sequence[FieldProblem]) -> dict[str, str]:
    """Sort problems by the inputs that they are about; the first of each is enough."""
    found: dict[str, str] = {}
    for problem in problems:
        found.setdefault(problem.field, problem.detail)
    return found


def _page_headers(site: Site | None) -> tuple[tuple[str, str], ...]:
    ancestors = () if site is None else site.program.pages.frame_ancestors
    if ancestors:
        framing = " ".join(["'self'", *ancestors])
        return (("content-security-policy", f"{_CONTENT}; frame-ancestors {framing}"), *_UNKEPT)
    return (
        ("content-security-policy", f"{_CONTENT}; frame-ancestors 'none'"),
        ("x-frame-options", "DENY"),
        *_UNKEPT,
    )


_UNKEPT = ("cache-control", "no-store"), ("x-robots-tag", "noindex, nofollow")


def _kept(seconds: int) -> tuple[str, str]:
    return "cache-control", f"public, max-age={seconds}"


def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _day(at: datetime | None, zone: str) -> str:
    if at is None:
        return "-"
    local = at.astimezone(ZoneInfo(zone) if zone != "UTC" else UTC)
    return f"{local.day} {local:%b %Y}"
