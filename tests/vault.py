"""The secret key that all tests encrypt with."""

from leadyard.storage.vault import Vault

SECRET_KEY = "a secret key for tests that is long enough"
VAULT = Vault.of(SECRET_KEY)
