"""How often strangers may try things: limits by caller and by e-mail address, over all processes.

Both are counted in a bounded number of buckets, so that nobody fills the database by calling from many addresses.
"""

import zlib
from datetime import timedelta
from ipaddress import ip_address, ip_network

from leadyard.identity.rate_limits import RateLimit

_BUCKETS = 4096
_IPV6_SITE = 64
_SIGN_UPS_PER_HOUR = 20
_TRIES_PER_CALLER, _TRIES_PER_EMAIL = 30, 10
_LINKS_PER_CALLER, _LINKS_PER_EMAIL = 20, 3
_QUARTER = timedelta(minutes=15)


def sign_ups_of(caller: str) -> RateLimit:
    """Limit the sign-ups that come from one caller."""
    return RateLimit(f"sign-up {_bucket(_site(caller))}", _SIGN_UPS_PER_HOUR, timedelta(hours=1))


def tries_of(caller: str) -> RateLimit:
    """Limit the wrong passwords that come from one caller."""
    return RateLimit(f"sign-in from {_bucket(_site(caller))}", _TRIES_PER_CALLER, _QUARTER)


def tries_for(email_key: str) -> RateLimit:
    """Limit the wrong passwords for one e-mail address, whether it is known or not."""
    return RateLimit(f"sign-in as {_bucket(email_key)}", _TRIES_PER_EMAIL, _QUARTER)


def tries_within(affiliate_id: int) -> RateLimit:
    """Limit the wrong passwords of somebody who is signed in and wants another."""
    return RateLimit(f"password of {affiliate_id}", _TRIES_PER_EMAIL, _QUARTER)


def links_to(email_key: str) -> RateLimit:
    """Limit the sign-in links that are asked for by one e-mail address, whether it is known or not."""
    return RateLimit(f"sign-in links to {_bucket(email_key)}", _LINKS_PER_EMAIL, _QUARTER)


def links_of(caller: str) -> RateLimit:
    """Limit the sign-in links that one caller asks for."""
    return RateLimit(f"sign-in links for {_bucket(_site(caller))}", _LINKS_PER_CALLER, _QUARTER)


def _site(caller: str) -> str:
    """Take the network of an IPv6 address, all of which is one subscriber's."""
    if ":" not in caller:
        return caller
    return str(ip_network((ip_address(caller), _IPV6_SITE), strict=False))


def _bucket(text: str) -> int:
    return zlib.crc32(text.encode()) % _BUCKETS
