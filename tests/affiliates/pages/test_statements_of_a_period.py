"""An affiliate sees what it earned, got and is owed in a period, and takes it along as a file."""

from tests.affiliates.pages.conftest import Caller, Portal, path_of

from leadyard.kit import clock


async def test_the_current_month_is_shown_and_can_be_fetched(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    await portal.earn(ann, "12.5", note="=1+1")
    page = await caller.get(f"{path_of(ann)}/statements/period")
    assert page.status_code == 200
    assert "12.50 USD" in page.text
    file = await caller.get(f"{path_of(ann)}/statements/period.csv")
    assert file.headers["content-type"].startswith("text/csv")
    assert "attachment" in file.headers["content-disposition"]
    assert file.text.splitlines()[-1].startswith("USD,")
    assert "/statements/period" in (await caller.get(f"{path_of(ann)}/statements")).text


async def test_a_period_before_anything_is_empty(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    await portal.earn(ann, "12.5")
    page = await caller.get(f"{path_of(ann)}/statements/period?from=2020-01-01&to=2020-01-31")
    assert "Nothing was earned" in page.text


async def test_what_is_no_period_is_told(portal: Portal, caller: Caller) -> None:
    ann = await portal.affiliate("ann")
    today = clock.now().date()
    for query in (f"from={today}&to=2020-01-01", "from=x&to=y", "from=0001-01-01", "to=9999-12-31"):
        for name in ("period", "period.csv"):
            page = await caller.get(f"{path_of(ann)}/statements/{name}?{query}")
            assert page.status_code == 422, query
            assert 'role="alert"' in page.text


async def test_nobody_sees_anothers(portal: Portal, caller: Caller) -> None:
    ann, ben = await portal.affiliate("ann"), await portal.affiliate("ben")
    await portal.earn(ann, "12.5")
    assert "12.50" not in (await caller.get(f"{path_of(ben)}/statements/period")).text
