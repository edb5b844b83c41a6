"""Who answers a check: what is built in, or a service over HTTP."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import msgspec

from leadyard.campaigns.configuration import AccountSetup
from leadyard.delivery.answers import Answer as HttpAnswer
from leadyard.delivery.answers import compile_rules
from leadyard.delivery.model import AnswerRules, Verdict
from leadyard.delivery.model import Outcome as Sent
from leadyard.delivery.transports.http import HttpTransport
from leadyard.intake.fields.phone_plan import Line
from leadyard.intake.fields.phones import line_normaliser
from leadyard.intake.providers.compiled import VALUE, Check
from leadyard.intake.providers.countries import Countries
from leadyard.intake.providers.disposable import is_disposable
from leadyard.intake.providers.mail import MailDomains
from leadyard.intake.providers.model import (
    Answer,
    CheckKind,
    CountryDatabase,
    HttpSource,
    Lists,
    MailExchange,
    Numbering,
    Outcome,
)
from leadyard.kit import clock
from leadyard.storage.database import Database
from leadyard.suppression.lookup import matching_lists, sought_in

_MOST_INFO = 2000
_LONGEST_SHOWN = 500
_DEEPEST = 5
_UNKNOWN_SUBSCRIBER = {"status": "UNDELIV", "code": "EC_UNKNOWN_SUBSCRIBER"}
_DISPOSABLE = Answer(Outcome.INVALID, "a throw-away domain", {"status": "INVALID", "code": "DISPOSABLE"})


class Sources:
    """What one process asks; without a transport no service over HTTP answers."""

    def __init__(
        self,
        database: Database,
        transport: HttpTransport | None = None,
        mail: MailDomains | None = None,
        countries: Countries | None = None,
    ) -> None:
        """Share the process's database and HTTP client, its name servers and its file of countries."""
        self._database = database
        self._transport = transport
        self._mail = mail or MailDomains()
        self._countries = countries or Countries()

    async def ask(self, setup: AccountSetup, check: Check, values: Mapping[str, str], country: str) -> Answer:
        """Get an answer about the value under VALUE; trouble becomes `unavailable`, never an exception of its own."""
        source, value = check.provider.settings.source, values[VALUE]
        match source:
            case Numbering():
                return ask_numbering(check.kind, value, country)
            case CountryDatabase():
                return self._countries.ask(value, source)
            case Lists():
                return await self._ask_lists(setup, source, value, country)
            case MailExchange():
                return await self._ask_mail(setup, source, value, country)
            case HttpSource():
                return await self._ask_service(source, values)

    async def _on_lists(
        self, setup: AccountSetup, list_ids: tuple[int, ...], value: str, country: str
    ) -> set[int]:
        sought = sought_in(setup.suppression_lists, list_ids, value, country)
        if not sought:
            return set()
        async with self._database.connection() as connection:
            return await matching_lists(
                connection, setup.account.id, setup.suppression_lists, sought, clock.now()
            )

    async def _ask_lists(self, setup: AccountSetup, source: Lists, value: str, country: str) -> Answer:
        found = await self._on_lists(setup, source.lists, value, country)
        names = [setup.suppression_lists[list_id].name for list_id in sorted(found)]
        reason = f"on the list {names[0]}" if names else "on no list"
        if bool(found) is (source.match == "accept"):
            return Answer(Outcome.VALID, reason)
        return Answer(Outcome.INVALID, reason, {"status": "LISTED" if found else "NOT_LISTED"})

    async def _ask_mail(self, setup: AccountSetup, source: MailExchange, value: str, country: str) -> Answer:
        domain = value.rpartition("@")[2].strip().lower()
        if source.refuse_disposable and is_disposable(domain):
            return _DISPOSABLE
        if source.disposable_lists and await self._on_lists(setup, source.disposable_lists, domain, country):
            return _DISPOSABLE
        return await self._mail.ask(domain, source)

    async def _ask_service(self, source: HttpSource, values: Mapping[str, str]) -> Answer:
        if self._transport is None:
            return Answer(Outcome.UNAVAILABLE, "this process makes no outbound calls")
        verdict = await self._transport.deliver(
            source.http, source.answers, values, idempotency_key=str(uuid4())
        )
        return answer_of(source, verdict)


def ask_numbering(kind: CheckKind, value: str, country: str) -> Answer:
    """Tell whether a number is a possible one of its kind, by the numbering plans of the world."""
    line = Line.FIXED if kind is CheckKind.LANDLINE else Line.MOBILE
    if line_normaliser(line, country)(value) is not None:
        return Answer(Outcome.VALID, "a number of its kind")
    return Answer(Outcome.INVALID, "not a number of its kind", dict(_UNKNOWN_SUBSCRIBER))


def answer_of(source: HttpSource, verdict: Verdict) -> Answer:
    """Read what a service said from what became of the request to it."""
    outcome = {Sent.ACCEPT: Outcome.VALID, Sent.REJECT: Outcome.INVALID}.get(
        verdict.outcome, Outcome.UNAVAILABLE
    )
    return Answer(outcome, verdict.reason, _shown(source, verdict), elapsed_ms=verdict.elapsed_ms)


def _shown(source: HttpSource, verdict: Verdict) -> dict[str, Any]:
    """Choose what is kept of an answer: what the set-up names, else the object that was answered."""
    if source.shown:
        answer = HttpAnswer(verdict.status_code or 0, "", verdict.response_text)
        found = {shown.name: _read(shown.extract, answer) for shown in source.shown}
        return {name: text for name, text in found.items() if text}
    try:
        document = msgspec.json.decode(verdict.response_text)
    except (msgspec.DecodeError, RecursionError):
        return {}
    if not isinstance(document, dict) or len(verdict.response_text) > _MOST_INFO:
        return {}
    return {_clean(name, 0): _clean(value, 0) for name, value in document.items()}


def _clean(value: Any, depth: int) -> Any:
    """Keep what the database can hold: no NUL, no lone surrogates, nothing that is nested beyond use."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd").encode(errors="replace").decode()
    if isinstance(value, dict) and depth < _DEEPEST:
        return {_clean(name, depth): _clean(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list) and depth < _DEEPEST:
        return [_clean(part, depth + 1) for part in value]
    return None if isinstance(value, dict | list) else value


def _read(extract: Any, answer: HttpAnswer) -> str:
    reader = compile_rules(AnswerRules(reason=extract)).reason
    text = (None if reader is None else reader(answer)) or ""
    return str(_clean(text, 0))[:_LONGEST_SHOWN]
