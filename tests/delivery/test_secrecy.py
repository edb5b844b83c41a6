"""Secrets of a delivery are shown masked, and a masked one that comes back means the stored one."""

from msgspec import structs

from leadyard.delivery.model import MASK, BasicAuth, BearerAuth, HttpTarget, Secret
from leadyard.delivery.secrecy import masked, unmasked

STORED = HttpTarget(
    "https://buyer.example/a", secrets=(Secret("key", "k-1"),), auth=BasicAuth("me", "opensesame")
)


def test_a_masked_target_shows_no_secret() -> None:
    assert masked(STORED).auth == BasicAuth("me", MASK)
    assert masked(STORED).secrets == (Secret("key", MASK),)
    assert masked(structs.replace(STORED, auth=BearerAuth("token"))).auth == BearerAuth(MASK)
    assert masked(structs.replace(STORED, auth=None)).auth is None


def test_what_was_shown_masked_can_be_sent_back_unchanged() -> None:
    for stored in (
        STORED,
        structs.replace(STORED, auth=BearerAuth("token")),
        structs.replace(STORED, auth=None),
    ):
        assert unmasked(masked(stored), stored) == stored


def test_a_new_secret_replaces_the_stored_one() -> None:
    changed = structs.replace(STORED, auth=BasicAuth("me", "new"), secrets=(Secret("key", "k-2"),))
    assert unmasked(changed, STORED) == changed


def test_a_stored_secret_does_not_follow_to_another_host() -> None:
    for url in (
        "https://evil.example/a",
        "http://buyer.example/a",
        "https://buyer.example:444/a",
        "https://buyer.example.evil/a",
    ):
        changed = structs.replace(masked(STORED), url=url)
        assert "opensesame" not in str(unmasked(changed, STORED))
        assert "k-1" not in str(unmasked(changed, STORED))
