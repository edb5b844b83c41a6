"""Throw-away domains and data centres are built in, and come from files of the operator's."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tracking.conftest import SHOP, Site

from leadyard.app import WorkerParts
from leadyard.intake.providers import disposable
from leadyard.intake.providers.disposable import is_disposable
from leadyard.settings import Settings
from leadyard.tracking.fraud import networks as data_centres
from leadyard.tracking.fraud.networks import Networks, is_data_centre, read_network
from leadyard.tracking.fraud.service import look_at_visits

NETWORKS = st.builds(
    lambda address, bits: ip_network((address, min(bits, address.max_prefixlen)), strict=False),
    st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)),
    st.integers(0, 128),
)


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    (tmp_path / "domains").write_text("# seen in May\n@Brief.Example\nnot a domain\n")
    (tmp_path / "networks").write_text("198.51.100.0/24\n2001:db8:9::/48\nelsewhere\n")
    yield Settings.from_environment(
        {
            "LEADYARD_DATA_DIR": str(tmp_path),
            "LEADYARD_DISPOSABLE_DOMAINS": str(tmp_path / "domains"),
            "LEADYARD_DATA_CENTRE_NETWORKS": str(tmp_path / "networks"),
        }
    )
    disposable.OPERATORS.bring(None)
    data_centres.OPERATORS.bring(None)


async def kinds(site: Site) -> list[str]:
    return sorted(row["kind"] for row in await site.exchange.rows("fraud_signals"))


async def test_domains_of_the_file_are_throw_away_ones(site: Site, settings: Settings) -> None:
    assert not is_disposable("brief.example")
    WorkerParts(site.database, settings, "w1")

    assert is_disposable("brief.example")
    assert is_disposable("eu.brief.example")
    assert is_disposable("mailinator.com")
    assert not is_disposable("example")
    visitor, _ = await site.visit("t-1", url=f"{SHOP}?afmc=ann")
    await site.lead("jo@brief.example", visitor)
    assert await kinds(site) == ["disposable_email"]


@pytest.mark.parametrize("network", ["198.51.100.", "2001:db8:9::"])
async def test_visitors_from_networks_of_the_file_are_listed(
    site: Site, settings: Settings, network: str
) -> None:
    WorkerParts(site.database, settings, "w1")
    for number in range(3):
        await site.visit(url=f"{SHOP}?afmc=ann", remote_ip=f"{network}{number + 1}")
    await look_at_visits(site.database, site.account_id, site.now)

    assert await kinds(site) == ["data_centre"]


@given(st.lists(NETWORKS, max_size=8), st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)), st.data())
def test_networks_hold_what_the_library_says(
    networks: list[IPv4Network | IPv6Network], address: object, data: st.DataObject
) -> None:
    is_inside = data.draw(st.booleans())
    if networks and is_inside:
        address = data.draw(st.sampled_from(networks))[0]
    asked = ip_address(str(address))

    assert Networks(networks).hold(str(asked)) == any(asked in network for network in networks)


def test_own_networks_count_beside_those_that_are_built_in() -> None:
    assert is_data_centre("144.76.3.1", ())
    assert not is_data_centre("192.0.2.1", ())
    assert is_data_centre("192.0.2.1", ("192.0.2.0/28",))
    assert read_network("elsewhere") is None
