"""What came of the checks of one lead, and what that means for it: pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import msgspec

from leadyard.intake.providers.compiled import Check
from leadyard.intake.providers.model import (
    RANKS,
    REFUSALS,
    Answer,
    CheckKind,
    Outcome,
    WhenUnavailable,
)
from leadyard.kit.money import from_micros, plain
from leadyard.ledger.model import Entry, EntryKind, cost, made

NO_ANSWER = {"status": "UNAVAILABLE"}
"""What the sender of a lead is told that is refused because a check got no answer."""


class Finding(msgspec.Struct, frozen=True):
    """One answer about one field of a lead."""

    kind: CheckKind
    provider_id: int
    provider: str
    field: str
    when_unavailable: WhenUnavailable
    answer: Answer


class Refusal(msgspec.Struct, frozen=True):
    """Why a lead is refused: code and text of LeadByte's, and the service's answer."""

    code: int
    text: str
    info: dict[str, Any]


class Inspection:
    """Everything that was asked about one lead; an answer is asked for once, however often the lead is judged."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.findings: list[Finding] = []
        self.refusal: Refusal | None = None
        self.put_aside = False
        self._answers: dict[bytes, Answer] = {}

    @property
    def cost(self) -> int:
        """Sum up what was spent, in micro-units."""
        return sum(finding.answer.cost for finding in self.findings)

    def known(self, key: bytes) -> Answer | None:
        """Give an answer that was got before."""
        return self._answers.get(key)

    def add(self, key: bytes, finding: Finding) -> None:
        """Take an answer in."""
        self._answers[key] = finding.answer
        self.findings.append(finding)

    def judge(self, findings: Sequence[Finding]) -> bool:
        """Decide by the answers to what is checked now; True when nothing more has to be asked."""
        self.refusal = refusal_of(findings)
        self.put_aside = self.refusal is None and any(
            _lacks_answer(finding, WhenUnavailable.QUARANTINE) for finding in findings
        )
        return self.refusal is not None or self.put_aside


def refusal_of(findings: Iterable[Finding]) -> Refusal | None:
    """Find the refusal that counts: the first in LeadByte's order, answers before missing ones of a kind."""
    refusing = [f for f in findings if _refuses(f)]
    if not refusing:
        return None
    first = min(refusing, key=lambda f: (RANKS[f.kind], f.answer.outcome is Outcome.UNAVAILABLE))
    code, text = REFUSALS[first.kind]
    if first.answer.outcome is Outcome.UNAVAILABLE:
        return Refusal(code, text, dict(NO_ANSWER))
    return Refusal(code, text, first.answer.info or {"status": "INVALID"})


def _refuses(finding: Finding) -> bool:
    return finding.answer.outcome is Outcome.INVALID or _lacks_answer(finding, WhenUnavailable.REFUSE)


def _lacks_answer(finding: Finding, policy: WhenUnavailable) -> bool:
    return finding.answer.outcome is Outcome.UNAVAILABLE and finding.when_unavailable is policy


def answer_key(account_id: int, check: Check, values: Mapping[str, str], country: str) -> bytes:
    """Name an answer by who is asked and by every value that the question holds, without keeping any of them."""
    asked = sorted((name, values.get(name, "")) for name in check.names)
    question = msgspec.json.encode((account_id, check.provider.id, check.kind, country, asked))
    return blake2b(check.fingerprint + question, digest_size=16).digest()


def cost_entries(
    account_id: int, lead_id: int | None, currency: str, findings: Iterable[Finding], now: datetime
) -> list[Entry]:
    """Book what was spent: one entry for each provider."""
    spent: dict[int, int] = {}
    for finding in findings:
        spent[finding.provider_id] = spent.get(finding.provider_id, 0) + finding.answer.cost
    return made(
        cost(
            account_id,
            EntryKind.VALIDATION_COST,
            now,
            lead_id,
            amount=amount,
            currency=currency,
            memo=f"validation provider {provider_id}",
            provider_id=provider_id,
        )
        for provider_id, amount in spent.items()
    )


def most_entries(findings: Iterable[Finding]) -> int:
    """Tell how many entries what was spent takes at most."""
    return len({finding.provider_id for finding in findings if finding.answer.cost})


def in_words(findings: Iterable[Finding]) -> str:
    """Write the answers as a line of the lead's history, without any value of the lead."""
    return "; ".join(_line(finding) for finding in findings)


def _line(finding: Finding) -> str:
    answer = finding.answer
    price = f", {plain(from_micros(answer.cost))}" if answer.cost else ""
    again = ", known from before" if answer.cached else ""
    return (
        f"{finding.kind} of {finding.field}: {answer.outcome} (provider {finding.provider_id}{price}{again})"
    )
