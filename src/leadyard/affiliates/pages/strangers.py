"""The pages for whoever is not signed in: sign-up, invitation, sign-in."""

import re
import secrets
from collections.abc import Mapping

from leadyard.affiliates.affiliates.fields import fields_of
from leadyard.affiliates.model import Affiliate
from leadyard.affiliates.pages import joining, sessions
from leadyard.affiliates.pages.letters import MAILED_LINK_SECONDS
from leadyard.affiliates.pages.model import Site
from leadyard.affiliates.pages.own_fields import form_name
from leadyard.affiliates.pages.rendering import Renderer, by_field
from leadyard.affiliates.pages.requests import Reply, Request, cookie, redirect
from leadyard.affiliates.pages.sites import home_of, site_of
from leadyard.affiliates.pages.tokens import Tokens
from leadyard.identity.rate_limits import TooManyRequestsError
from leadyard.kit.errors import InvalidInputError
from leadyard.mails import service as mails
from leadyard.storage.database import Database

SESSION_COOKIE = "leadyard_affiliate"
_FORM_COOKIE = "leadyard_form"
_FORM_SECONDS = 12 * 3600
_looks_like_ours = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII).fullmatch
STALE = "This form is not valid any more", "Please go back, load the page again and send it once more."


class Strangers:
    """Answers whoever is not signed in."""

    def __init__(self, database: Database, renderer: Renderer, tokens: Tokens) -> None:
        """Share what the pages are made of."""
        self._database = database
        self._renderer = renderer
        self._tokens = tokens

    async def join(self, request: Request, site: Site, parent: Affiliate | None = None) -> Reply:
        """Show and take the sign-up form; an invitation's works while sign-up is closed to others."""
        if parent is None and not site.program.pages.takes_sign_ups:
            return self._renderer.nothing()
        if request.method == "GET":
            return await self._form(site, parent, {}, {})
        binding = f"join {site.account.id}"
        if not request.is_own or not self._tokens.form_is_ours(binding, request.form.get("token", "")):
            return self._renderer.message(site, 403, *STALE)
        try:
            await joining.sign_up(self._database, site.account.id, request.caller, request.form, parent)
        except InvalidInputError as error:
            return await self._form(site, parent, request.form, by_field(error.problems), 422)
        except TooManyRequestsError as error:
            return self._busy(site, error)
        return self._renderer.page("joined.html", site, waits=site.program.approves_affiliates)

    async def accept(self, request: Request, token: str) -> Reply:
        """Show and take the sign-up form of an affiliate's invitation."""
        who = self._tokens.read_invitation(token)
        if who is None:
            return self._renderer.nothing()
        async with self._database.connection() as connection:
            parent = await joining.inviter(connection, *who)
            if parent is None:
                return self._renderer.nothing()
            site = await site_of(connection, who[0])
        return await self.join(request, site, parent)

    async def _form(
        self,
        site: Site,
        parent: Affiliate | None,
        values: Mapping[str, str],
        problems: Mapping[str, str],
        status: int = 200,
    ) -> Reply:
        async with self._database.connection() as connection:
            fields = await fields_of(connection, site.account.id)
        return self._renderer.page(
            "join.html", site, status=status, fields=fields, form_name=form_name, values=values,
            problems=problems, token=self._tokens.form(f"join {site.account.id}"),
            invited_by=None if parent is None else (parent.first_name or "a partner"),
        )  # fmt: skip

    async def sign_in(self, request: Request, site: Site) -> Reply:
        """Show and take the form of e-mail address and password."""
        known = _form_cookie(request)
        if request.method == "GET":
            return await self._sign_in_form(request, site, known or secrets.token_urlsafe(16))
        if not self._is_ours(request, site, known):
            return self._stale(site)
        email = request.form.get("email", "")
        try:
            token = await sessions.sign_in_by_password(
                self._database, site.account.id, request.caller, email, request.form.get("password", "")
            )
        except TooManyRequestsError as error:
            return self._busy(site, error)
        if token is None:
            return await self._sign_in_form(request, site, known, email, status=422)
        return self._signed_in(request, site, token)

    async def ask_for_link(self, request: Request, site: Site) -> Reply:
        """Take the form that asks for a link by e-mail; the answer is the same for every address."""
        if request.method == "GET":
            return redirect(f"{home_of(site)}/sign_in")
        if not self._is_ours(request, site, _form_cookie(request)):
            return self._stale(site)
        if not await self._can_write(site):
            return self._renderer.nothing()
        try:
            await sessions.mail_link(
                self._database, site.account.id, request.caller, request.form.get("email", "")
            )
        except TooManyRequestsError as error:
            return self._busy(site, error)
        minutes = MAILED_LINK_SECONDS // 60
        return self._renderer.message(
            site,
            200,
            "Look at your e-mails",
            "If this is the address of a partner, a link that signs you in is on its way to it.",
            f"It works once, within {minutes} minutes. Once signed in you can set another password.",
        )

    def _is_ours(self, request: Request, site: Site, known: str) -> bool:
        """Tell whether a form is one of the sign-in page, shown to this browser."""
        token = request.form.get("token", "")
        return bool(known) and request.is_own and self._tokens.form_is_ours(_binding(site, known), token)

    def _stale(self, site: Site) -> Reply:
        return self._renderer.message(site, 403, *STALE, "Signing in needs cookies: please allow them.")

    async def _can_write(self, site: Site) -> bool:
        async with self._database.connection() as connection:
            return await mails.can_send(connection, site.account.id)

    async def _sign_in_form(
        self, request: Request, site: Site, known: str, email: str = "", *, status: int = 200
    ) -> Reply:
        page = self._renderer.page(
            "sign_in.html", site, status=status, email=email, is_wrong=status != 200,  # noqa: PLR2004
            token=self._tokens.form(_binding(site, known)), sends_links=await self._can_write(site),
        )  # fmt: skip
        return page.with_headers(("set-cookie", _cookie(request, site, _FORM_COOKIE, known, _FORM_SECONDS)))

    async def sign_in_by_link(self, request: Request, token: str) -> Reply:
        """Use the link up and sign its affiliate in; HEAD, which only looks whether the link works, leaves it good."""
        if request.is_head:
            account_id, session = await sessions.account_of_link(self._database, token), None
        else:
            account_id, session = await sessions.sign_in_by_link(self._database, token) or (None, None)
        if account_id is None:
            return self._renderer.nothing()
        async with self._database.connection() as connection:
            site = await site_of(connection, account_id)
        return redirect(home_of(site)) if session is None else self._signed_in(request, site, session)

    def _signed_in(self, request: Request, site: Site, token: str) -> Reply:
        seconds = sessions.SESSION_DAYS * 86_400
        return redirect(home_of(site), _cookie(request, site, SESSION_COOKIE, token, seconds))

    def _busy(self, site: Site, error: TooManyRequestsError) -> Reply:
        seconds = str(error.retry_after_seconds)
        words = "Please wait a while, then try again."
        return self._renderer.message(site, 429, "Too many tries", words).with_headers(
            ("retry-after", seconds)
        )


def signed_out(request: Request, site: Site) -> Reply:
    """Send whoever has signed out to the sign-in form, without the cookie."""
    return redirect(f"{home_of(site)}/sign_in", _cookie(request, site, SESSION_COOKIE, "", 0))


def _binding(site: Site, known: str) -> str:
    return f"sign in {site.account.id} {known}"


def _form_cookie(request: Request) -> str:
    known = request.cookies.get(_FORM_COOKIE, "")
    return known if _looks_like_ours(known) else ""


def _cookie(request: Request, site: Site, name: str, value: str, seconds: int) -> str:
    framed = bool(site.program.pages.frame_ancestors)
    return cookie(name, value, home_of(site), seconds=seconds, request=request, is_framed=framed)
