"""How a delivery answers an offer in a replay, and what follows for the lead."""

from leadyard.campaigns.model import UnknownPolicy
from leadyard.leads.model import AttemptState
from leadyard.replay.assuming import Assumptions
from leadyard.replay.model import Answer
from leadyard.replay.way import Way
from leadyard.routing.offers import Offer, Sale


def answer_of(way: Way, delivery_id: int) -> Answer | None:
    """Find how a delivery answered this lead the n-th time; None when it never got it."""
    answers = way.lead.answers.get(delivery_id, ())
    if not answers:
        return None
    return answers[min(way.asked.get(delivery_id, 0), len(answers) - 1)]


def result_of(offer: Offer, answer: Answer | None, assumptions: Assumptions) -> tuple[AttemptState, int]:
    """Tell what becomes of an offer, and what it earns in micro-units."""
    if answer is None:
        if assumptions.takes(offer.delivery):
            return AttemptState.SOLD, assumptions.revenue(offer)
        return AttemptState.REJECTED, 0
    if answer.state is not AttemptState.SOLD:
        return answer.state, 0
    # A buyer that named its own price keeps it; one that paid what was asked pays what is asked now.
    return AttemptState.SOLD, offer.price if answer.revenue == answer.offer else answer.revenue


def goes_on(way: Way, offer: Offer, state: AttemptState) -> bool:
    """Tell whether an answer leaves the lead with something to do, as the worker decides it."""
    if state is AttemptState.SOLD:
        return way.route.goes_on_after(offer.delivery.id, offer.sale)
    if state is AttemptState.UNKNOWN:
        return offer.delivery.settings.when_unknown is UnknownPolicy.NEXT or offer.sale is Sale.SHARED
    return True
