"""A release rule picks every lead whose time has come, once, and never more at a time than the throttle allows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadyard.leads.release_rules.model import Fate, HeldFacts, ReleaseSettings, choose, fate

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
MINUTES = st.integers(0, 3 * 24 * 60)
SETTINGS = st.builds(
    ReleaseSettings,
    release_after_minutes=st.none() | st.integers(1, 1439),
    reject_after_days=st.integers(1, 2),
)


def held(lead_id: int, minutes: int) -> HeldFacts:
    return HeldFacts(lead_id, {}, NOW, None, 1, NOW - timedelta(minutes=minutes))


@given(settings=SETTINGS, minutes=MINUTES)
def test_a_lead_is_rejected_when_it_is_too_old_else_released_when_its_time_has_come(
    settings: ReleaseSettings, minutes: int
) -> None:
    found = fate(settings, NOW - timedelta(minutes=minutes), NOW)
    if minutes >= (settings.reject_after_days or 0) * 24 * 60:
        assert found is Fate.REJECT
    elif settings.release_after_minutes is not None and minutes >= settings.release_after_minutes:
        assert found is Fate.RELEASE
    else:
        assert found is None
    if timedelta(minutes=minutes) < settings.shortest_wait:
        assert found is None


@given(
    settings=SETTINGS,
    ages=st.lists(st.tuples(MINUTES, st.booleans()), max_size=40),
    most=st.integers(1, 7),
    page=st.integers(1, 12),
)
def test_a_pass_picks_each_lead_that_is_due_once(
    settings: ReleaseSettings, ages: list[tuple[int, bool]], most: int, page: int
) -> None:
    leads = [held(number, minutes) for number, (minutes, _) in enumerate(ages, 1)]
    wanted = {number for number, (_, matches) in enumerate(ages, 1) if matches}
    released: list[int] = []
    rejected: list[int] = []
    cursor, at_end = 0, False
    while not at_end:
        rest = [lead for lead in leads if lead.id > cursor]
        shown = rest[:page]
        chosen = choose(
            settings, shown, lambda lead: lead.id in wanted, most, NOW, was_last=len(shown) < page
        )
        assert len(chosen.release) + len(chosen.reject) <= most
        released += chosen.release
        rejected += chosen.reject
        cursor, at_end = max(cursor, chosen.looked_to), chosen.at_end
    due = {lead.id: fate(settings, lead.held_since, NOW) for lead in leads if lead.id in wanted}
    assert released == [number for number, found in due.items() if found is Fate.RELEASE]
    assert rejected == [number for number, found in due.items() if found is Fate.REJECT]
