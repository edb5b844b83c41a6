"""Any tree, any gates, any answers: limits hold, nobody is asked twice, and the trace names the true reason."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.routing.market import Lead, campaign, delivery, group, tree

from leadyard.campaigns.distribution import Distribution, Group, Method, Others, SaleTerms
from leadyard.campaigns.model import Campaign
from leadyard.leads.model import AttemptState
from leadyard.routing.offers import Sale
from leadyard.routing.routes import BARRED, Place
from leadyard.routing.trace import CHOSEN, LATER, SKIPPED, decoded, encoded
from leadyard.routing.trace import Decision as Step

IDS = tuple(range(1, 9))
REASONS = ("rule mismatch", "duplicate", "delivery cap (day)", "credit")
METHODS = (Method.STANDARD, Method.PRIORITY, Method.WEIGHTED, Method.EVENLY_WEIGHTED, Method.HYBRID)


@st.composite
def trees(draw: Any) -> Distribution:
    """A distribution over some of the deliveries, each named once, two or three groups deep."""
    left = list(draw(st.permutations(IDS)))[: draw(st.integers(0, len(IDS)))]

    def members(depth: int) -> list[int | Group]:
        found: list[int | Group] = []
        while left and draw(st.integers(0, 3)):
            if depth < 3 and draw(st.booleans()):
                found.append(group(*members(depth + 1), **terms(draw)))
            else:
                found.append(left.pop())
        return found

    return tree(*members(1), others=draw(st.sampled_from(Others)), **terms(draw))


def terms(draw: Any) -> dict[str, Any]:
    sale = draw(st.sampled_from([SaleTerms.EXCLUSIVE, SaleTerms.SHARED]))
    limit = draw(st.none() | st.integers(1, 4)) if sale is SaleTerms.SHARED else None
    return {"method": draw(st.sampled_from(METHODS)), "sale": sale, "sell_limit": limit}


def places(place: Place) -> list[Place]:
    return [place, *(inner for seat in place.seats if seat.group for inner in places(seat.group))]


@settings(max_examples=300, deadline=None)
@given(
    trees(),
    st.dictionaries(st.sampled_from(IDS), st.sampled_from(REASONS)),
    st.dictionaries(
        st.sampled_from(IDS),
        st.sampled_from([AttemptState.REJECTED, AttemptState.ERROR, AttemptState.UNKNOWN]),
    ),
)
def test_limits_hold_and_reasons_are_true(
    distribution: Distribution, closed: dict[int, str], refuses: dict[int, AttemptState]
) -> None:
    of = campaign([delivery(n) for n in IDS], distribution)
    lead = Lead(of, gate=lambda offer: closed.get(offer.delivery.id))
    told = _route(lead, refuses)
    sold = [t for t in lead.tried if t.state is AttemptState.SOLD]
    held = [t for t in lead.tried if t.state is AttemptState.UNKNOWN]
    for place in places(lead.route.root):
        assert sum(t.delivery_id in place.ids for t in sold + held) <= place.limit
    if any(t.sale is Sale.EXCLUSIVE for t in sold + held):
        assert len(sold + held) == 1
    tries = [t.delivery_id for t in lead.tried]
    assert len(tries) == len(set(tries))
    _reasons_are_true(lead, told, closed)
    if not sold and not held:
        assert set(tries) == set(IDS)


def _route(lead: Lead, refuses: dict[int, AttemptState]) -> list[Step]:
    """Route to the end; gives the steps as they are stored and read again."""
    told = []
    for _ in range(100):
        choice = lead.step()
        told.append(decoded(encoded(Step(lead.route.root.method, choice.considered, choice.behind))))
        if not choice.sends:
            return told
        for offer in choice.sends:
            number = offer.delivery.id
            lead.answer(refuses.get(number, AttemptState.SOLD), [number])
    raise AssertionError("the lead never comes to an end")


def _reasons_are_true(lead: Lead, told: list[Step], closed: dict[int, str]) -> None:
    attempted = {t.delivery_id for t in lead.tried if t.state is not AttemptState.SKIPPED}
    chosen = [one.delivery_id for step in told for one in step.considered if one.verdict == CHOSEN]
    assert sorted(chosen) == sorted(attempted)
    for step in told:
        for one in step.considered:
            assert one.verdict in (CHOSEN, SKIPPED, LATER)
            if one.verdict == CHOSEN:
                assert one.delivery_id not in closed
            elif one.reason == BARRED:
                assert one.delivery_id in {d.id for d in lead.route.barred}
            elif one.reason == "the lead is sold already":
                assert attempted
            else:
                assert one.reason == closed[one.delivery_id]


def expected_by_priority(
    of: Campaign, closed: dict[int, str], refuses: set[int]
) -> tuple[list[tuple[int, str]], int | None]:
    """The oracle: walk down the list by hand."""
    walked: list[tuple[int, str]] = []
    for one in sorted(of.deliveries, key=lambda d: (d.settings.priority, d.id)):
        if one.id in closed:
            walked.append((one.id, closed[one.id]))
        elif one.id in refuses:
            walked.append((one.id, "refused"))
        else:
            return walked, one.id
    return walked, None


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=8),
    st.dictionaries(st.sampled_from(IDS), st.sampled_from(REASONS)),
    st.sets(st.sampled_from(IDS)),
)
def test_priority_does_what_walking_down_the_list_by_hand_does(
    priorities: list[int], closed: dict[int, str], refuses: set[int]
) -> None:
    of = campaign([delivery(n, priority=p) for n, p in enumerate(priorities, 1)])
    walked, winner = expected_by_priority(of, closed, refuses)
    lead = Lead(of, gate=lambda offer: closed.get(offer.delivery.id))
    taken = lead.run(lambda number, _: number not in refuses)
    assert taken == ([] if winner is None else [winner])
    states = [(t.delivery_id, t.state) for t in lead.tried if t.delivery_id != winner]
    assert states == [
        (number, AttemptState.REJECTED if why == "refused" else AttemptState.SKIPPED)
        for number, why in walked
    ]
