"""What affiliates are written: a link that signs in, and what became of signing up."""

from leadyard.affiliates.affiliates import service as affiliates
from leadyard.affiliates.affiliates.links import affiliate_url, sign_in_url
from leadyard.affiliates.model import Affiliate, AffiliateStatus
from leadyard.affiliates.pages.model import Site
from leadyard.affiliates.pages.sites import home_of, site_of
from leadyard.mails.model import Letter, MailKind, WaitingMail, Writers
from leadyard.storage.database import Connection

MAILED_LINK_SECONDS = 1800
_LONGEST_NAME = 40


class AffiliateLetters:
    """Writes to affiliates; links lead to the installation's public address."""

    def __init__(self, base_url: str) -> None:
        """Take where the pages are."""
        self._base_url = base_url.rstrip("/")

    def writers(self) -> Writers:
        """Give the writer of each kind."""
        return {
            MailKind.SIGN_IN_LINK: self._sign_in_link,
            MailKind.AFFILIATE_JOINED: self._joined,
            MailKind.AFFILIATE_APPROVED: self._approved,
        }

    async def _sign_in_link(
        self, connection: Connection, account_id: int, mail: WaitingMail
    ) -> Letter | None:
        """Make a link for the affiliate of an address that somebody typed in; nobody's address gets nothing."""
        affiliate = await affiliates.by_email(connection, account_id, mail.recipient)
        if affiliate is None:
            return None
        site = await site_of(connection, account_id)
        link = await affiliates.make_link_in(connection, affiliate, MAILED_LINK_SECONDS)
        return Letter(
            f"Sign in to {_named(site)}",
            _lines(
                _greeting(affiliate),
                f"This link signs you in to {site.title}. It works once, within {MAILED_LINK_SECONDS // 60} minutes:",
                sign_in_url(self._base_url, link.token),
                "Once you are signed in you can set another password under Account.",
                "If you did not ask for it, you need not do anything.",
                *_whom_to_ask(site),
            ),
        )

    async def _joined(self, connection: Connection, account_id: int, mail: WaitingMail) -> Letter | None:
        known = await self._still(connection, account_id, mail)
        if known is None or known[1].status is AffiliateStatus.REJECTED:
            return None
        site, affiliate = known
        if affiliate.status is AffiliateStatus.PENDING:
            what = [
                "Thank you for signing up. We look at your application and write to you when it is approved."
            ]
        else:
            what = ["Thank you for signing up.", *self._links(site, affiliate)]
        return Letter(f"Welcome to {_named(site)}", _lines(_greeting(affiliate), *what, *_whom_to_ask(site)))

    async def _approved(self, connection: Connection, account_id: int, mail: WaitingMail) -> Letter | None:
        known = await self._still(connection, account_id, mail)
        if known is None or known[1].status is not AffiliateStatus.ACTIVE:
            return None
        site, affiliate = known
        words = f"You are now a partner of {site.title}."
        return Letter(
            f"You are now a partner of {_named(site)}",
            _lines(_greeting(affiliate), words, *self._links(site, affiliate), *_whom_to_ask(site)),
        )

    async def _still(
        self, connection: Connection, account_id: int, mail: WaitingMail
    ) -> tuple[Site, Affiliate] | None:
        """Find whom a letter is for, unless they want none or have another address by now."""
        affiliate = await affiliates.by_email(connection, account_id, mail.recipient)
        if affiliate is None or affiliate.is_unsubscribed:
            return None
        return await site_of(connection, account_id), affiliate

    def _links(self, site: Site, affiliate: Affiliate) -> list[str]:
        return [
            f"Your link, for your pages and messages:\n{affiliate_url(site.program.site_url, affiliate.code)}",
            f"Your dashboard:\n{self._base_url}{home_of(site)}",
        ]


def _greeting(affiliate: Affiliate) -> str:
    """Greet by name, if it looks like one: whoever signs an address up must not have us write what they like."""
    name = (affiliate.first_name or "").strip()
    is_plain = 0 < len(name) <= _LONGEST_NAME and all(c.isalpha() or c in " '-" for c in name)
    return f"Hello {name}," if is_plain else "Hello,"


def _named(site: Site) -> str:
    """Name the programme on one line."""
    return " ".join(site.title.split())


def _whom_to_ask(site: Site) -> list[str]:
    address = site.program.pages.contact_email
    return [] if address is None else [f"Questions? Write to {address}."]


def _lines(*paragraphs: str) -> str:
    return "\n\n".join(paragraphs) + "\n"
