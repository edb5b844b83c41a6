"""Secrets at rest: encrypted with the installation's key, bound to their account and kind of thing.

A sealed text is `enc:1:KEY:DATA`: KEY is the id of the key (8 hexadecimal digits, which tell nothing of the key),
DATA the nonce and AES-256-GCM's output in base64. The account and the table are authenticated with it, so a sealed
text that is copied into another account's row opens nowhere.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from leadyard.kit.errors import UnavailableError

PREFIX = "enc:1:"
_NONCE_BYTES = 12
_SEPARATOR = ","


class SecretKeyError(UnavailableError):
    """Secrets cannot be read or written with the LEADYARD_SECRET_KEY that this process was given."""


class Vault:
    """The secret keys of one process: the first encrypts, all of them decrypt."""

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """Derive what is needed from each key; without any, nothing can be sealed or opened."""
        self._ciphers = {_derived(key, "id", 4).hex(): AESGCM(_derived(key, "secrets", 32)) for key in keys}
        self.key_ids = tuple(self._ciphers)

    @classmethod
    def of(cls, secret_key: str | None) -> "Vault":
        """Take the setting as it is written: one key, or several with commas."""
        return cls([key.strip() for key in (secret_key or "").split(_SEPARATOR) if key.strip()])

    @property
    def first_key_id(self) -> str:
        """Name the key that encrypts; raises SecretKeyError when there is none."""
        if not self.key_ids:
            raise SecretKeyError("A secret cannot be kept: LEADYARD_SECRET_KEY is not set.")
        return self.key_ids[0]

    def seal(self, text: str, account_id: int, kind: str) -> str:
        """Encrypt a text for one account's things of one kind; raises SecretKeyError without a key."""
        key_id, nonce = self.first_key_id, os.urandom(_NONCE_BYTES)
        data = self._ciphers[key_id].encrypt(nonce, text.encode(), _bound_to(account_id, kind))
        return f"{PREFIX}{key_id}:{urlsafe_b64encode(nonce + data).decode()}"

    def open(self, text: str, account_id: int, kind: str) -> str:
        """Decrypt a sealed text; one that was never sealed is given as it is.

        Raises SecretKeyError for a text of another key, account or kind, and for one that was tampered with.
        """
        if not text.startswith(PREFIX):
            return text
        key_id, _, data = text.removeprefix(PREFIX).partition(":")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SecretKeyError(missing_key(key_id))
        try:
            raw = urlsafe_b64decode(data)
            return cipher.decrypt(
                raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _bound_to(account_id, kind)
            ).decode()
        except (InvalidTag, Base64Error, ValueError) as error:
            raise SecretKeyError(
                f"A secret in {kind} of account {account_id} is damaged or stood elsewhere."
            ) from error


def missing_key(key_id: str) -> str:
    """Say that a key is needed which LEADYARD_SECRET_KEY does not hold."""
    return (
        f"LEADYARD_SECRET_KEY lacks the key {key_id}, with which secrets in the database are encrypted. "
        "Set the key that was used before; to change it, put the new one in front of it with a comma and run "
        "`leadyard secrets rotate`."
    )


def _derived(key: str, purpose: str, length: int) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=length, salt=None, info=f"leadyard {purpose} 1".encode())
    return derivation.derive(key.encode())


def _bound_to(account_id: int, kind: str) -> bytes:
    return f"{account_id} {kind}".encode()
