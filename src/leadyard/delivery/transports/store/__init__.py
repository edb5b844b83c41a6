"""The Store Lead kind: the lead stays here for the buyer to fetch, so every delivery succeeds."""

from collections.abc import Mapping

from leadyard.delivery.model import AnswerRules, Outcome, Verdict


class StoreTransport:
    """Accepts every lead without calling anyone."""

    async def deliver(
        self,
        target: None = None,  # noqa: ARG002 - the shape that all transports share
        rules: AnswerRules | None = None,  # noqa: ARG002 - nothing is answered
        values: Mapping[str, str] | None = None,  # noqa: ARG002 - the lead is stored already
        *,
        idempotency_key: str = "",  # noqa: ARG002 - storing twice is storing once
    ) -> Verdict:
        """Accept the lead."""
        return Verdict(Outcome.ACCEPT, "Stored")
