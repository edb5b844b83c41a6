"""Secrets of a target in the set-up API: written once, never shown again."""

from msgspec import structs

from leadyard.delivery.model import MASK, BasicAuth, BearerAuth, HttpTarget, Secret


def masked(target: HttpTarget) -> HttpTarget:
    """Give the target as people may see it: passwords, tokens and secrets masked."""
    auth = target.auth
    if isinstance(auth, BasicAuth):
        auth = structs.replace(auth, password=MASK)
    elif auth is not None:
        auth = BearerAuth(MASK)
    return structs.replace(target, auth=auth, secrets=tuple(Secret(s.name, MASK) for s in target.secrets))


def unmasked(changed: HttpTarget, stored: HttpTarget) -> HttpTarget:
    """Put the stored secrets back where a changed target still has the mask.

    Only while scheme and host stay the same: else whoever may edit a delivery could have its secrets sent elsewhere.
    """
    if _origin(changed.url) != _origin(stored.url):
        return changed
    auth, old = changed.auth, stored.auth
    if isinstance(auth, BasicAuth) and auth.password == MASK and isinstance(old, BasicAuth):
        auth = structs.replace(auth, password=old.password)
    elif isinstance(auth, BearerAuth) and auth.token == MASK and isinstance(old, BearerAuth):
        auth = old
    known = {secret.name: secret.value for secret in stored.secrets}
    secrets = tuple(
        Secret(s.name, known.get(s.name, MASK) if s.value == MASK else s.value) for s in changed.secrets
    )
    return structs.replace(changed, auth=auth, secrets=secrets)


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].partition('?')[0]}".lower()
