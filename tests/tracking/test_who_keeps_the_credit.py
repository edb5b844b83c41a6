"""The rule of credit, against a table of cases and against what must hold for any history."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.affiliates.model import Attribution
from leadyard.people.model import Credit
from leadyard.tracking.attribution import counts_as_first, credited, read_rule, recount, rule_number, standing
from leadyard.tracking.model import Touch, TouchSource

START = datetime(2026, 3, 1, tzinfo=UTC)
LINK, DIRECT, COUPON, MANUAL = TouchSource.LINK, TouchSource.DIRECT, TouchSource.COUPON, TouchSource.MANUAL
ANN, BOB, NOBODY = 21, 22, None


def touch(
    number: int, source: TouchSource, affiliate: int | None, campaign: int | None = None, day: int = 0
) -> Touch:
    at = START + timedelta(days=day, minutes=number)
    credit = Credit(affiliate, campaign, number, at, is_manual=source is MANUAL)
    return Touch(id=number, at=at, source=source, credit=credit)


def over(rule: Attribution, *steps: tuple[Any, ...]) -> Credit:
    """The credit after touches, each given as source, affiliate, campaign, day."""
    touches = [touch(number, *step) for number, step in enumerate(steps, 1)]
    return recount((one, rule) for one in touches)


@pytest.mark.parametrize(
    ("first_affiliate", "first_source", "steps", "credited_to"),
    [
        (True, False, [(LINK, ANN), (LINK, BOB)], ANN),
        (False, False, [(LINK, ANN), (LINK, BOB)], BOB),
        (True, False, [(DIRECT, NOBODY), (LINK, BOB)], BOB),
        (False, False, [(DIRECT, NOBODY), (LINK, BOB)], BOB),
        (True, True, [(DIRECT, NOBODY), (LINK, BOB)], NOBODY),
        (False, True, [(DIRECT, NOBODY), (LINK, BOB)], NOBODY),
        (True, True, [(LINK, ANN), (LINK, BOB)], ANN),
        (False, True, [(LINK, ANN), (LINK, BOB)], ANN),
        (True, False, [(LINK, ANN), (DIRECT, NOBODY)], ANN),
        (False, False, [(LINK, ANN), (DIRECT, NOBODY)], ANN),
        (False, False, [(LINK, ANN), (LINK, BOB), (LINK, ANN)], ANN),
        (True, False, [(DIRECT, NOBODY), (LINK, ANN), (LINK, BOB)], ANN),
        (True, True, [(LINK, ANN), (COUPON, BOB)], BOB),
        (True, True, [(DIRECT, NOBODY), (COUPON, BOB), (LINK, ANN)], BOB),
        (False, False, [(LINK, ANN), (COUPON, NOBODY)], ANN),
        (True, True, [(COUPON, NOBODY), (LINK, ANN)], ANN),
        (True, True, [(LINK, ANN), (MANUAL, BOB), (LINK, ANN)], BOB),
        (True, False, [(LINK, ANN), (MANUAL, NOBODY)], NOBODY),
    ],
)
def test_the_table(
    first_affiliate: bool, first_source: bool, steps: list[tuple[Any, ...]], credited_to: int | None
) -> None:
    rule = Attribution(first_affiliate_wins=first_affiliate, first_source_wins=first_source)

    assert over(rule, *steps).affiliate_id == credited_to


@pytest.mark.parametrize(("first_affiliate", "credited_to"), [(True, ANN), (False, BOB)])
def test_without_override_a_coupon_is_one_more_touch(first_affiliate: bool, credited_to: int) -> None:
    rule = Attribution(first_affiliate_wins=first_affiliate, coupon_override=False)

    assert over(rule, (LINK, ANN), (COUPON, BOB)).affiliate_id == credited_to


def test_an_affiliate_lapses_with_the_look_back_window() -> None:
    rule = Attribution(look_back_days=30)

    assert over(rule, (LINK, ANN, None, 0), (LINK, BOB, None, 29)).affiliate_id == ANN
    assert over(rule, (LINK, ANN, None, 0), (LINK, BOB, None, 31)).affiliate_id == BOB
    assert over(rule, (LINK, ANN, None, 0), (LINK, ANN, None, 20), (LINK, BOB, None, 40)).affiliate_id == ANN
    assert standing(over(rule, (LINK, ANN)), START + timedelta(days=31), rule).affiliate_id is None


def test_what_a_person_decided_never_lapses() -> None:
    rule = Attribution(look_back_days=1)
    credit = over(rule, (MANUAL, ANN), (LINK, BOB, None, 30))

    assert credit.affiliate_id == ANN
    assert standing(credit, START + timedelta(days=400), rule) == credit


def test_a_campaign_joins_an_affiliate_that_came_without_one() -> None:
    rule = Attribution()

    assert over(rule, (LINK, ANN), (TouchSource.CAMPAIGN, None, 7)).traffic_campaign_id == 7
    both = over(rule, (TouchSource.CAMPAIGN, None, 7), (LINK, ANN))
    assert (both.affiliate_id, both.traffic_campaign_id) == (ANN, 7)
    assert over(Attribution(first_source_wins=True), (DIRECT, None), (TouchSource.CAMPAIGN, None, 7)) == over(
        Attribution(), (DIRECT, None)
    )


RULES = st.builds(
    Attribution,
    first_affiliate_wins=st.booleans(),
    first_source_wins=st.booleans(),
    coupon_override=st.booleans(),
    look_back_days=st.none() | st.integers(1, 3650),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([LINK, DIRECT, COUPON, TouchSource.CAMPAIGN]),
        st.sampled_from([None, ANN, BOB]),
        st.sampled_from([None, 7]),
        st.integers(0, 90),
    ),
    max_size=12,
)


@given(RULES)
def test_settings_are_kept_with_each_touch(rule: Attribution) -> None:
    assert read_rule(rule_number(rule)) == rule
    assert rule_number(rule) < 2**15


@given(RULES, STEPS)
def test_the_credit_is_that_of_a_touch_there_was(rule: Attribution, steps: list[Any]) -> None:
    credit = over(rule, *steps)

    assert credit.affiliate_id in {None, *(step[1] for step in steps)}
    assert credit.touch_id in {None, *range(1, len(steps) + 1)}


@given(RULES, STEPS, st.sampled_from([None, ANN, BOB]))
def test_a_persons_word_always_decides(rule: Attribution, steps: list[Any], affiliate: int | None) -> None:
    assert over(rule, *steps, (MANUAL, affiliate)).affiliate_id == affiliate


@given(RULES, STEPS)
def test_a_direct_visit_never_takes_credit_away(rule: Attribution, steps: list[Any]) -> None:
    before = over(rule, *steps)
    after = over(rule, *steps, (DIRECT, None, None, 90))

    assert after == before or not before.touch_id


@given(RULES, STEPS)
def test_running_the_rule_step_by_step_gives_what_it_gives_over_all(
    rule: Attribution, steps: list[Any]
) -> None:
    credit, has_first = Credit(), False
    for number, step in enumerate(steps, 1):
        one = touch(number, *step)
        credit = credited(credit, one, rule, is_first=counts_as_first(one) and not has_first)
        has_first = has_first or counts_as_first(one)

    assert credit == over(rule, *steps)
