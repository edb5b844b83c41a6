"""How long each buyer is given to answer a ping: learned from its past answers, within the operator's bounds."""

from collections import deque

from leadyard.campaigns.distribution import PingTarget

REMEMBERED = 100
_ENOUGH = 10
_SHARE = 0.95
_LATE = 1.25


class Deadlines:
    """The answers of the buyers that this process has pinged; keys are (account, delivery)."""

    def __init__(self) -> None:
        """Start knowing nobody."""
        self._answers: dict[tuple[int, int], deque[int]] = {}

    def of(self, key: tuple[int, int], ping: PingTarget, patience: float) -> int:
        """Give a deadline in milliseconds; a buyer that is hardly known has as long as its bounds allow."""
        answers = self._answers.get(key)
        if answers is None or len(answers) < _ENOUGH:
            return ping.most_milliseconds
        usual = sorted(answers)[int((len(answers) - 1) * _SHARE)]
        return min(ping.most_milliseconds, max(ping.least_milliseconds, round(usual * patience)))

    def answered(self, key: tuple[int, int], milliseconds: int) -> None:
        """Remember an answer."""
        self._answers.setdefault(key, deque(maxlen=REMEMBERED)).append(milliseconds)

    def missed(self, key: tuple[int, int], deadline_milliseconds: int) -> None:
        """Remember a missed deadline as an answer a little after it, so that a buyer that slows down is waited for."""
        self.answered(key, round(deadline_milliseconds * _LATE))
