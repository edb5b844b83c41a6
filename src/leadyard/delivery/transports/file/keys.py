"""Keys of SFTP: the server's pinned one and the client's own."""

from typing import TYPE_CHECKING

from leadyard.delivery.kinds import SftpDestination

if TYPE_CHECKING:
    from asyncssh import SSHKey


class BadKeyError(ValueError):
    """A key of the set-up that cannot be read."""


def host_key(where: SftpDestination) -> "SSHKey":
    """Read the pinned host key; raises BadKeyError."""
    # Imported when first needed: the library is large, and only SFTP destinations need it.
    import asyncssh  # noqa: PLC0415

    try:
        return asyncssh.import_public_key(where.host_key.strip())
    except (asyncssh.KeyImportError, ValueError) as error:
        raise BadKeyError("is not a public key such as `ssh-ed25519 AAAA…`") from error


def private_key(where: SftpDestination) -> "SSHKey | None":
    """Read the client's private key, None when it has none; raises BadKeyError."""
    import asyncssh  # noqa: PLC0415 - as above

    if not where.private_key:
        return None
    try:
        return asyncssh.import_private_key(where.private_key, where.password or None)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise BadKeyError("is not a private key that can be read, or its passphrase is wrong") from error
