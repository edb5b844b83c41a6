"""Signed texts of the pages: invitations that stay good, and form tokens that do not."""

import hashlib
from typing import Any

from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer

INVITATION_PREFIX = "/accept_invite/"
FORM_SECONDS = 12 * 3600
_LONGEST_TOKEN = 512


class Tokens:
    """Signs with the installation's secret key; of several keys the first signs and all are read."""

    def __init__(self, secret_key: str) -> None:
        """Take the setting as it is written: one key, or several with commas."""
        # itsdangerous signs with the last of its keys.
        keys = [key.strip() for key in secret_key.split(",") if key.strip()][::-1]
        self._invitations = URLSafeSerializer(keys, salt="leadyard affiliate invitation")
        self._forms = URLSafeTimedSerializer(keys, salt="leadyard affiliate form")

    def invitation(self, account_id: int, affiliate_id: int) -> str:
        """Make what a link says whose newcomers are this affiliate's; it stays good."""
        return str(self._invitations.dumps([account_id, affiliate_id]))

    def read_invitation(self, token: str) -> tuple[int, int] | None:
        """Give account and affiliate of an invitation; None for what this installation did not sign."""
        if len(token) > _LONGEST_TOKEN:
            return None
        try:
            numbers: Any = self._invitations.loads(token)
        except BadData:
            return None
        if not isinstance(numbers, list) or [type(number) for number in numbers] != [int, int]:
            return None
        return numbers[0], numbers[1]

    def form(self, binding: str) -> str:
        """Make the token of a form that only whoever knows `binding` was shown."""
        return str(self._forms.dumps(_digest(binding)))

    def form_is_ours(self, binding: str, token: str) -> bool:
        """Tell whether a form's token was made for this `binding` in the last twelve hours."""
        if len(token) > _LONGEST_TOKEN:
            return False
        try:
            return bool(self._forms.loads(token, max_age=FORM_SECONDS) == _digest(binding))
        except BadData:
            return False


def _digest(binding: str) -> str:
    return hashlib.sha256(binding.encode()).hexdigest()[:32]
