"""The affiliates' pages under `/p/`, `/join/`, `/accept_invite/` and `/affiliates/`: plain HTML, without a script."""

import re
from collections.abc import Sequence

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.links import DASHBOARD_PREFIX, SIGN_IN_PREFIX
from leadyard.affiliates.commissions.service import Commissions
from leadyard.affiliates.pages import asset_store, sessions, store
from leadyard.affiliates.pages.dashboard import Dashboard
from leadyard.affiliates.pages.model import Site, Visit
from leadyard.affiliates.pages.owners import Owners
from leadyard.affiliates.pages.rendering import STYLE_PATH, Renderer, brand_style, image, style
from leadyard.affiliates.pages.requests import Reply, Request, read_request, redirect, send_reply
from leadyard.affiliates.pages.sites import home_of, site_of, site_of_slug
from leadyard.affiliates.pages.strangers import SESSION_COOKIE, Strangers
from leadyard.affiliates.pages.tokens import INVITATION_PREFIX, Tokens
from leadyard.affiliates.payouts.service import Payouts
from leadyard.kit.asgi import BodyTooLargeError, ClientGoneError, Network, Receive, Scope, Send
from leadyard.kit.bodies.text import BodyError
from leadyard.kit.errors import UnavailableError
from leadyard.storage.database import Database

JOIN_PREFIX, OWN_PREFIX = "/join/", "/affiliates/"
PREFIXES = DASHBOARD_PREFIX, JOIN_PREFIX, INVITATION_PREFIX, OWN_PREFIX
_dashboard_token = re.compile(r"[0-9a-f]{40}").fullmatch
_asset_id = re.compile(r"[1-9][0-9]{0,17}", re.ASCII).fullmatch
_slug = re.compile(r"[a-z0-9-]{1,63}").fullmatch


class AffiliatePages:
    """Answers affiliates and those who want to become some."""

    def __init__(
        self,
        database: Database,
        commissions: Commissions,
        payouts: Payouts,
        *,
        secret_key: str,
        base_url: str,
        trusted_proxies: Sequence[Network] = (),
    ) -> None:
        """Share the process's services; links and cookies go by the installation's public address."""
        self._database = database
        self._base_url = base_url
        self._proxies = trusted_proxies
        self._renderer = Renderer()
        tokens = Tokens(secret_key)
        self._strangers = Strangers(database, self._renderer, tokens)
        dashboard = Dashboard(database, commissions, payouts)
        self._owners = Owners(database, dashboard, self._renderer, tokens, base_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await send_reply(send, await self._answer(scope, receive))
        except ClientGoneError:
            return
        except BodyTooLargeError:
            await send_reply(
                send, self._renderer.message(None, 413, "That is too much", "The form is too large.")
            )
        except BodyError:
            await send_reply(
                send, self._renderer.message(None, 400, "That is not a form", "Please try again.")
            )
        except UnavailableError:
            words = "Please try again in a minute."
            await send_reply(send, self._renderer.message(None, 503, "Not available just now", words))

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            reply = self._renderer.message(None, 405, "This cannot be done here")
            return reply.with_headers(("allow", "GET, HEAD, POST"))
        request = await read_request(scope, receive, self._base_url, self._proxies)
        path = request.path
        if path == STYLE_PATH:
            return style()
        if path.startswith(SIGN_IN_PREFIX):
            return await self._strangers.sign_in_by_link(request, path.removeprefix(SIGN_IN_PREFIX))
        if path.startswith(DASHBOARD_PREFIX):
            return await self._by_permanent_link(request, path.removeprefix(DASHBOARD_PREFIX))
        if path.startswith(INVITATION_PREFIX):
            return await self._strangers.accept(request, path.removeprefix(INVITATION_PREFIX))
        prefix = JOIN_PREFIX if path.startswith(JOIN_PREFIX) else OWN_PREFIX
        slug, _, rest = path.removeprefix(prefix).partition("/")
        site = await self._site(slug)
        if site is None or (prefix == JOIN_PREFIX and rest):
            return self._renderer.nothing()
        if prefix == JOIN_PREFIX:
            return await self._strangers.join(request, site)
        return await self._of_account(request, site, rest.removesuffix("/"))

    async def _site(self, slug: str) -> Site | None:
        if not _slug(slug):
            return None
        async with self._database.connection() as connection:
            return await site_of_slug(connection, slug)

    async def _by_permanent_link(self, request: Request, rest: str) -> Reply:
        token, _, rest = rest.partition("/")
        if not _dashboard_token(token):
            return self._renderer.nothing()
        async with self._database.connection() as connection:
            who = await store.by_dashboard(connection, token)
            if who is None:
                return self._renderer.nothing()
            site = await site_of(connection, who[0])
            affiliate = await affiliates.read(connection, *who)
        visit = Visit(site, affiliate, f"{DASHBOARD_PREFIX}{token}")
        return await self._owners.answer(request, visit, rest.removesuffix("/"))

    async def _of_account(self, request: Request, site: Site, rest: str) -> Reply:
        if rest == "sign_in":
            return await self._strangers.sign_in(request, site)
        if rest == "sign_in_link":
            return await self._strangers.ask_for_link(request, site)
        if rest == "brand.css":
            return brand_style(site)
        if rest.startswith("assets/"):
            return await self._image(site, rest.removeprefix("assets/"))
        async with self._database.connection() as connection:
            session = await sessions.find(connection, site.account.id, request.cookies.get(SESSION_COOKIE))
            if session is None:
                return redirect(f"{home_of(site)}/sign_in")
            affiliate = await affiliates.read(connection, site.account.id, session.affiliate_id)
        return await self._owners.answer(request, Visit(site, affiliate, home_of(site), session), rest)

    async def _image(self, site: Site, text: str) -> Reply:
        found = None
        if _asset_id(text):
            async with self._database.connection() as connection:
                found = await asset_store.image(connection, site.account.id, int(text))
        return self._renderer.nothing() if found is None else image(*found)
