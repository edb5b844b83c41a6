"""The pages of one affiliate: by the permanent link, which shows, or signed in, which may change."""

import re
from collections.abc import Mapping
from typing import Any

from leadyard.affiliates.affiliates.fields import fields_of
from leadyard.affiliates.affiliates.links import affiliate_url
from leadyard.affiliates.commissions.model import CommissionStatus
from leadyard.affiliates.pages import asset_store, assets, changing, sessions
from leadyard.affiliates.pages.dashboard import Dashboard, masked_email
from leadyard.affiliates.pages.model import AssetKind, Visit
from leadyard.affiliates.pages.own_fields import form_name
from leadyard.affiliates.pages.period_statements import PeriodStatements
from leadyard.affiliates.pages.periods import Period
from leadyard.affiliates.pages.rendering import Renderer, by_field, qr_file, qr_svg
from leadyard.affiliates.pages.requests import Reply, Request, redirect
from leadyard.affiliates.pages.strangers import STALE, signed_out
from leadyard.affiliates.pages.tokens import INVITATION_PREFIX, Tokens
from leadyard.identity.rate_limits import TooManyRequestsError
from leadyard.kit.errors import ConflictError, InvalidInputError, NotFoundError
from leadyard.storage.database import Database

_page_number = re.compile(r"[1-9][0-9]{0,5}", re.ASCII).fullmatch
_id = re.compile(r"[1-9][0-9]{0,17}", re.ASCII).fullmatch
_TABS = {"overview": "", "statement": "statements", "period": "statements"}
_PERIODS = {period.value: period for period in Period}
_STATES = {state.value: state for state in CommissionStatus}
_SAVED = frozenset({"code", "account", "password"})


class Owners:
    """Answers an affiliate about itself."""

    def __init__(
        self, database: Database, dashboard: Dashboard, renderer: Renderer, tokens: Tokens, base_url: str
    ) -> None:
        """Share what the pages are made of; links for others begin with `base_url`."""
        self._database = database
        self._dashboard = dashboard
        self._periods = PeriodStatements(dashboard)
        self._renderer = renderer
        self._tokens = tokens
        self._base_url = base_url.rstrip("/")
        self._shown = {
            "": self._overview,
            "commissions": self._commissions,
            "statements": self._statements,
            "materials": self._materials,
            "invited": self._invited,
            "account": self._account,
        }
        self._taken = {"code": self._change_code}
        self._taken_signed_in = {
            "account": self._change_account,
            "password": self._change_password,
            "sign_out": self._sign_out,
        }

    async def answer(self, request: Request, visit: Visit, rest: str) -> Reply:
        """Answer for the part of the path after the dashboard's own."""
        if request.method == "POST":
            return await self._take(request, visit, rest)
        if visit.is_waiting:
            return self._page(visit, "waiting.html") if not rest else self._renderer.nothing()
        if rest == "qr.svg" and not visit.is_closed:
            return qr_file(_link(visit), visit.affiliate.code)
        name, _, detail = rest.partition("/")
        if name == "statements" and detail in {"period", "period.csv"}:
            return await self._periods.answer(request, visit, self._page, as_file=detail.endswith(".csv"))
        if name == "statements" and detail:
            return await self._statement(visit, detail)
        show = self._shown.get(rest)
        if show is None or (visit.is_closed and name in {"materials", "invited"}):
            return self._renderer.nothing()
        return await show(request, visit)

    async def _take(self, request: Request, visit: Visit, rest: str) -> Reply:
        known = self._taken if visit.session is None else {**self._taken, **self._taken_signed_in}
        take = known.get(rest)
        if take is None or (rest != "sign_out" and (visit.is_waiting or visit.is_closed)):
            return self._renderer.nothing()
        token = request.form.get("token", "")
        if not request.is_own or not self._tokens.form_is_ours(_binding(visit), token):
            return self._renderer.message(visit.site, 403, *STALE)
        try:
            return await take(request, visit)
        except TooManyRequestsError as error:
            words = "Please wait a while, then try again."
            page = self._renderer.message(visit.site, 429, "Too many tries", words)
            return page.with_headers(("retry-after", str(error.retry_after_seconds)))

    def _page(self, visit: Visit, template: str, *, status: int = 200, **values: Any) -> Reply:
        name = template.removesuffix(".html")
        return self._renderer.page(
            template, visit.site, status=status, visit=visit, token=self._tokens.form(_binding(visit)),
            here=_TABS.get(name, name), **values,
        )  # fmt: skip

    async def _overview(
        self, request: Request, visit: Visit, wrong_code: str = "", trouble: str = "", status: int = 200
    ) -> Reply:
        wanted = request.query.get("period", "")
        period = _PERIODS.get(wanted, Period.MONTH)
        return self._page(
            visit, "overview.html", status=status, period=period, periods=list(Period),
            charts=await self._dashboard.charts(visit, period), sums=await self._dashboard.sums(visit),
            link=_link(visit), qr=qr_svg(_link(visit)), wrong_code=wrong_code, trouble=trouble,
            saved=_saved(request),
        )  # fmt: skip

    async def _change_code(self, request: Request, visit: Visit) -> Reply:
        code = request.form.get("code", "")
        try:
            await changing.change_code(self._database, visit, code)
        except ConflictError as error:
            return await self._overview(request, visit, code, error.detail, 422)
        except InvalidInputError as error:
            words = "must have 1 to 64 letters, digits, _ or -"
            detail = error.problems[0].detail if len(code) in range(1, 65) else words
            return await self._overview(request, visit, code, words if "match" in detail else detail, 422)
        return redirect(f"{visit.base}?saved=code")

    async def _commissions(self, request: Request, visit: Visit) -> Reply:
        wanted = request.query.get("state", "")
        state = _STATES.get(wanted)
        rows = await self._dashboard.commissions(visit, state, _number(request))
        return self._page(visit, "commissions.html", rows=rows, state=state, states=list(CommissionStatus))

    async def _statements(self, request: Request, visit: Visit) -> Reply:
        return self._page(
            visit, "statements.html", rows=await self._dashboard.statements(visit, _number(request))
        )

    async def _statement(self, visit: Visit, text: str) -> Reply:
        if not _id(text):
            return self._renderer.nothing()
        try:
            payout = await self._dashboard.statement(visit, int(text))
        except NotFoundError:
            return self._renderer.nothing()
        return self._page(visit, "statement.html", payout=payout)

    async def _materials(self, _: Request, visit: Visit) -> Reply:
        async with self._database.connection() as connection:
            found = await asset_store.live(connection, visit.account_id)
        program = visit.site.program
        banners = [
            (asset, assets.image_url(self._base_url, visit.site.account.slug, asset),
             assets.link_of(asset, visit.affiliate, program))
            for asset in found if asset.kind is AssetKind.BANNER
        ]  # fmt: skip
        texts = [
            (asset, assets.filled_in(asset, visit.affiliate, program))
            for asset in found
            if asset.kind is AssetKind.TEXT
        ]
        return self._page(visit, "materials.html", banners=banners, texts=texts)

    async def _invited(self, request: Request, visit: Visit) -> Reply:
        link = None
        if visit.site.program.pages.affiliates_invite:
            token = self._tokens.invitation(visit.account_id, visit.affiliate.id)
            link = f"{self._base_url}{INVITATION_PREFIX}{token}"
        rows = await self._dashboard.brought(visit, _number(request))
        return self._page(visit, "invited.html", rows=rows, link=link)

    async def _account(
        self,
        request: Request,
        visit: Visit,
        values: Mapping[str, str] | None = None,
        problems: Mapping[str, str] | None = None,
        status: int = 200,
    ) -> Reply:
        async with self._database.connection() as connection:
            fields = await fields_of(connection, visit.account_id)
            has_password = await sessions.has_password(connection, visit.account_id, visit.affiliate.id)
        paypal = visit.affiliate.paypal_email
        stored = {
            "first_name": visit.affiliate.first_name or "",
            "last_name": visit.affiliate.last_name or "",
            "paypal_email": paypal or "",
            **{form_name(field): _text(visit.affiliate.custom_fields.get(field.name)) for field in fields},
        }
        return self._page(
            visit, "account.html", status=status, fields=fields, form_name=form_name,
            values=stored if values is None else values, problems=problems or {}, saved=_saved(request),
            masked=masked_email, needs_old=has_password and visit.session is not None and not visit.session.by_link,
            has_password=has_password,
        )  # fmt: skip

    async def _change_account(self, request: Request, visit: Visit) -> Reply:
        try:
            await changing.change_account(self._database, visit, request.form)
        except InvalidInputError as error:
            return await self._account(request, visit, request.form, by_field(error.problems), 422)
        return redirect(f"{visit.base}/account?saved=account")

    async def _change_password(self, request: Request, visit: Visit) -> Reply:
        if visit.session is None:
            return self._renderer.nothing()
        old, new, again = (
            request.form.get(name, "") for name in ("old_password", "password", "password_again")
        )
        try:
            await sessions.change_password(self._database, visit.account_id, visit.session, old, new, again)
        except InvalidInputError as error:
            return await self._account(request, visit, None, by_field(error.problems), 422)
        return redirect(f"{visit.base}/account?saved=password")

    async def _sign_out(self, request: Request, visit: Visit) -> Reply:
        if visit.session is not None:
            await sessions.sign_out(self._database, visit.account_id, visit.session)
        return signed_out(request, visit.site)


def _binding(visit: Visit) -> str:
    """Tie a form to what only this visitor knows: the session's token, or that of the permanent link."""
    return visit.affiliate.dashboard_token if visit.session is None else visit.session.token


def _link(visit: Visit) -> str:
    return affiliate_url(visit.site.program.site_url, visit.affiliate.code)


def _number(request: Request) -> int:
    text = request.query.get("page", "")
    return int(text) if _page_number(text) else 1


def _saved(request: Request) -> str:
    wanted = request.query.get("saved", "")
    return wanted if wanted in _SAVED else ""


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    return "on" if value is True else str(value)
