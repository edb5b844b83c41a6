"""What addresses claim, however they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.tracking.claims import claim_of, cut_arrival, domains_of, host_of
from leadyard.tracking.model import Arrival, TouchSource

SHOP = "https://shop.example.com/"
LINK, FRAGMENT = TouchSource.LINK, TouchSource.FRAGMENT


@pytest.mark.parametrize(
    ("url", "codes", "campaigns"),
    [
        (f"{SHOP}?afmc=abc", [(LINK, "abc")], []),
        (f"{SHOP}?x=1&afmc=%61bc&afmc=d#_a_e", [(LINK, "abc"), (LINK, "d"), (FRAGMENT, "e")], []),
        (f"{SHOP}#_a_abc&_l_news", [(FRAGMENT, "abc")], ["news"]),
        (f"{SHOP}#!/page/_l_my%20news", [], ["my news"]),
        (f"{SHOP}#section_a_one", [], []),
        (f"{SHOP}?utm_campaign=News&afmc=", [], ["News"]),
        (f"{SHOP}?AFMC=abc", [], []),
        ("https://[::1/?afmc=abc#_l_x", [(LINK, "abc")], ["x"]),
        ("?afmc=abc", [(LINK, "abc")], []),
        ("not an address", [], []),
    ],
)
def test_codes_and_campaigns(url: str, codes: list[tuple[TouchSource, str]], campaigns: list[str]) -> None:
    claim = claim_of(Arrival(url=url))

    assert (list(claim.affiliate_codes), list(claim.campaign_codes)) == (codes, campaigns)


@pytest.mark.parametrize(
    ("url", "referrer", "term"),
    [
        (f"{SHOP}?utm_term=red+shoes", "https://google.com/?q=blue", "red shoes"),
        (SHOP, "https://google.com/search?q=blue%20shoes", "blue shoes"),
        (SHOP, "https://search.example/?query=a&p=b", "a"),
        (SHOP, "https://search.yahoo.com/?p=b", "b"),
        (f"{SHOP}?q=mine", "https://x.example/", None),
        (SHOP, "::", None),
    ],
)
def test_search_terms(url: str, referrer: str, term: str | None) -> None:
    assert claim_of(Arrival(url=url, referrer=referrer)).search_term == term


@pytest.mark.parametrize("name", ["subid", "sub_id"])
def test_sub_ids(name: str) -> None:
    assert claim_of(Arrival(url=f"{SHOP}?{name}=spring")).subid == "spring"


def test_hosts_and_the_domains_above_them() -> None:
    assert host_of("HTTPS://User@Blog.Example.COM:8080/x") == "blog.example.com"
    assert host_of("nothing") is None
    assert domains_of("a.blog.example.com") == ["a.blog.example.com", "blog.example.com", "example.com"]
    assert domains_of("localhost") == ["localhost"]


def test_long_texts_are_cut_and_bad_addresses_dropped() -> None:
    told = cut_arrival(
        Arrival(url="u" * 3000, referrer="r" * 3000, agent="a" * 3000, remote_ip="999.1.1.1", channel=" ")
    )

    assert (len(told.url or ""), len(told.referrer or ""), len(told.agent or "")) == (2048, 2048, 1024)
    assert (told.remote_ip, told.channel) == (None, None)


@given(st.text() | st.from_regex(r"https?://[^ ]*[?#][^ ]*"), st.text(), st.text())
def test_no_address_is_harmful(url: str, referrer: str, code: str) -> None:
    told = cut_arrival(Arrival(url=url, referrer=referrer, code=code))
    claim = claim_of(told)

    for text in (
        told.url,
        told.referrer,
        claim.subid,
        claim.search_term,
        *(c for _, c in claim.affiliate_codes),
    ):
        assert text is None or ("\x00" not in text and text.encode())
