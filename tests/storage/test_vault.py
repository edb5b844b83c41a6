"""A sealed text opens with its key, its account and its kind, and with nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadyard.storage.vault import PREFIX, SecretKeyError, Vault

OLD, NEW = "an old key that is long enough to be one", "a new key that is long enough to be one"
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200)


@given(TEXTS)
def test_what_is_sealed_opens_and_shows_nothing(text: str) -> None:
    vault = Vault([OLD])
    sealed = vault.seal(text, 1, "deliveries")
    assert sealed.startswith(PREFIX)
    assert len(text) < 4 or text not in sealed
    assert vault.open(sealed, 1, "deliveries") == text


def test_the_same_text_is_sealed_differently_each_time() -> None:
    vault = Vault([OLD])
    assert vault.seal("a", 1, "b") != vault.seal("a", 1, "b")


@pytest.mark.parametrize(("account_id", "kind"), [(2, "deliveries"), (1, "webhooks")])
def test_a_sealed_text_that_stands_elsewhere_does_not_open(account_id: int, kind: str) -> None:
    vault = Vault([OLD])
    with pytest.raises(SecretKeyError, match="stood elsewhere"):
        vault.open(vault.seal("secret", 1, "deliveries"), account_id, kind)


def test_another_key_is_named_as_missing() -> None:
    sealed = Vault([OLD]).seal("secret", 1, "deliveries")
    with pytest.raises(SecretKeyError, match=f"lacks the key {Vault([OLD]).key_ids[0]}"):
        Vault([NEW]).open(sealed, 1, "deliveries")


@given(st.integers(0, 200), st.characters(codec="ascii"))
def test_a_changed_text_never_opens_as_another(place: int, character: str) -> None:
    vault = Vault([OLD])
    sealed = vault.seal("the secret", 1, "deliveries")
    place = len(PREFIX) + 9 + place % (len(sealed) - len(PREFIX) - 9)
    changed = sealed[:place] + character + sealed[place + 1 :]
    try:
        assert vault.open(changed, 1, "deliveries") == "the secret"
    except SecretKeyError:
        assert changed != sealed


def test_the_first_key_seals_and_all_of_them_open() -> None:
    both = Vault.of(f"{NEW}, {OLD}")
    assert both.open(Vault([OLD]).seal("a", 1, "b"), 1, "b") == "a"
    assert Vault([NEW]).open(both.seal("a", 1, "b"), 1, "b") == "a"


def test_a_key_says_nothing_of_itself() -> None:
    assert OLD not in f"{Vault([OLD]).key_ids}{Vault([OLD]).seal('a', 1, 'b')}"


def test_nothing_is_sealed_without_a_key() -> None:
    with pytest.raises(SecretKeyError, match="LEADYARD_SECRET_KEY is not set"):
        Vault.of(None).seal("a", 1, "b")


def test_a_text_that_was_never_sealed_is_given_as_it_is() -> None:
    assert Vault([OLD]).open("plain", 1, "b") == "plain"
