"""The paths at which billing systems call, as a bare ASGI application."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

import msgspec
import structlog

from leadyard.affiliates.billing import service as settings
from leadyard.affiliates.billing.model import BillingProvider
from leadyard.campaigns.configuration import Configuration
from leadyard.delivery.transports.http.calling import Reply, TroubleError
from leadyard.dialects.billing.model import Message, Provider, UnreadableError
from leadyard.dialects.billing.providers import PROVIDERS, paypal
from leadyard.dialects.billing.taking import Taker, as_known
from leadyard.identity.model import KeyKind
from leadyard.kit.asgi import BodyTooLargeError, ClientGoneError, Receive, Scope, Send, read_body, send_json
from leadyard.kit.errors import ConflictError, InvalidInputError, UnavailableError
from leadyard.storage.database import Database

_log = structlog.get_logger(__name__)
_BODY_LIMIT = 1_000_000
_LONGEST_KEY = 128
_OK, _BAD, _DENIED, _NO_METHOD, _TOO_LARGE, _UNAVAILABLE = 200, 400, 401, 405, 413, 503
_LIVE, _SANDBOX = (
    "https://ipnpb.paypal.com/cgi-bin/webscr",
    "https://ipnpb.sandbox.paypal.com/cgi-bin/webscr",
)

Exchange = Callable[[str, str, str | None, Mapping[str, str]], Awaitable[Reply]]


class RefusedError(Exception):
    """A message that does not count; `status` is how its sender is told."""

    def __init__(self, status: int, sentence: str) -> None:
        """Say why, in one sentence."""
        super().__init__(sentence)
        self.status = status


class BillingWebhooks:
    """Answers every billing system's calls; whoever sends twice is answered twice and counted once."""

    def __init__(
        self, database: Database, configuration: Configuration, taker: Taker, exchange: Exchange
    ) -> None:
        """Share the process's services; `exchange` asks PayPal under the address guard."""
        self._database = database
        self._configuration = configuration
        self._taker = taker
        self._exchange = exchange

    @staticmethod
    def owns(path: str) -> bool:
        """Tell whether a billing system calls at a path."""
        return path.rstrip("/") in PROVIDERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call."""
        try:
            results = await self._take(scope, receive)
        except ClientGoneError:
            return
        except RefusedError as refusal:
            await _refuse(send, refusal.status, str(refusal))
        except BodyTooLargeError:
            await _refuse(send, _TOO_LARGE, f"The body is larger than {_BODY_LIMIT} bytes.")
        except (UnreadableError, InvalidInputError, ConflictError) as error:
            await _refuse(send, _BAD, str(error))
        except UnavailableError:
            await _refuse(send, _UNAVAILABLE, "Try again later.")
        except Exception as error:  # noqa: BLE001 - whatever happens, the caller is answered
            _log.exception("a billing webhook failed", error=str(error))
            await _refuse(send, 500, "Something went wrong here; try again later.")
        else:
            await send_json(send, _OK, msgspec.json.encode({"ok": True, "results": results}))

    async def _take(self, scope: Scope, receive: Receive) -> list[str]:
        if scope["method"] != "POST":
            raise RefusedError(_NO_METHOD, "Only POST is answered here.")
        provider = PROVIDERS[scope["path"].rstrip("/")]
        body = await read_body(receive, _BODY_LIMIT, scope["headers"])
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        message = Message(headers, body)
        account_id, is_public = await self._account(scope, provider)
        async with self._database.connection() as connection:
            known = await settings.read(connection, account_id, provider.name)
        if is_public and not known.receivers:
            raise RefusedError(
                _DENIED, "The public key counts once the account's own addresses at PayPal are set."
            )
        secret = known.signing_secret
        if secret and provider.is_signed is not None and not provider.is_signed(message, secret):
            raise RefusedError(_DENIED, "The signature is missing or wrong.")
        events = provider.read(message)
        if events and provider.takes_public_key:
            _refuse_strangers(message, known)
            await self._confirm(message, known)
        return [await self._taker.take(account_id, provider.name, as_known(event)) for event in events]

    async def _account(self, scope: Scope, provider: Provider) -> tuple[int, bool]:
        """Give the account of the key in the address, and whether it is the one that stands on its pages."""
        query = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=100)
        key = next((text.strip() for text in query.get("key", ()) if text.strip()), "")
        holder = None
        if key and len(key) <= _LONGEST_KEY:
            holder = await self._configuration.current_principal(key)
        kinds = {KeyKind.LEADDYNO_PRIVATE}
        if provider.takes_public_key:
            kinds.add(KeyKind.LEADDYNO_PUBLIC)
        if holder is None or holder.key.kind not in kinds:
            raise RefusedError(_DENIED, "The key is missing or wrong.")
        return holder.account_id, holder.key.kind is KeyKind.LEADDYNO_PUBLIC

    async def _confirm(self, message: Message, known: BillingProvider) -> None:
        """Ask PayPal whether it sent a notification: the key in the address is on the merchant's pages."""
        address = known.verify_url or (_SANDBOX if paypal.is_from_sandbox(message) else _LIVE)
        body = "cmd=_notify-validate&" + message.body.decode("ascii", "replace")
        kind = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Leadyard-IPN"}
        try:
            reply = await self._exchange("POST", address, body, kind)
        except TroubleError as trouble:
            raise RefusedError(_UNAVAILABLE, "PayPal could not be asked; try again later.") from trouble
        if reply.text.strip() == "VERIFIED":
            return
        if reply.text.strip() == "INVALID":
            raise RefusedError(_BAD, "PayPal does not know this notification.")
        raise RefusedError(_UNAVAILABLE, "PayPal gave no verdict; try again later.")


def _refuse_strangers(message: Message, known: BillingProvider) -> None:
    """Refuse what PayPal would confirm although it is no payment to the account: play money, and other people's."""
    if paypal.is_from_sandbox(message) and not known.allows_sandbox:
        raise RefusedError(_BAD, "Notifications of PayPal's sandbox are not taken here.")
    own = {receiver.strip().casefold() for receiver in known.receivers}
    if own and not own & paypal.receivers_of(message):
        raise RefusedError(_BAD, "The payment went to somebody else.")


async def _refuse(send: Send, status: int, sentence: str) -> None:
    headers = ((b"allow", b"POST"),) if status == _NO_METHOD else ()
    await send_json(send, status, msgspec.json.encode({"error": sentence}), headers)
