"""What an operator may ask of a field beyond its type (docs/fields.md)."""

import re
import unicodedata
from collections.abc import Callable, Iterator

import re2

from leadyard.intake.fields.model import FieldRule, FieldRuleError

LONGEST_PATTERN = 1000

_VOWELS = frozenset("aeiouy")
# `y` speaks as either, so it counts for both.
_CONSONANTS = frozenset("bcdfghjklmnpqrstvwxyz")

Constraint = tuple[Callable[[str], bool], str]


def constraints(rule: FieldRule) -> Iterator[Constraint]:
    """Yield tests that a stored value has to pass, each with the words that follow the label where it fails.

    Raises FieldRuleError for limits that contradict each other and for a bad pattern.
    """
    _check_limits(rule)
    if rule.minimum_length:
        yield _at_least(rule.minimum_length), "is too short"
    if rule.maximum_length is not None:
        yield _at_most(rule.maximum_length), "is too long"
    if rule.minimum_vowels:
        yield _letters_at_least(rule.minimum_vowels, _VOWELS), "has too few vowels"
    if rule.minimum_consonants:
        yield _letters_at_least(rule.minimum_consonants, _CONSONANTS), "has too few consonants"
    if any(map(_words, rule.rejected_words)):
        yield _without_words(rule.rejected_words), "contains a word that is not allowed"
    if rule.pattern:
        yield _matching(rule), "is not in the expected format"


def _check_limits(rule: FieldRule) -> None:
    limits = (rule.minimum_length, rule.maximum_length, rule.minimum_vowels, rule.minimum_consonants)
    if any(limit is not None and limit < 0 for limit in limits):
        raise FieldRuleError(f"{rule.shown_label}: a limit cannot be below 0")
    if rule.maximum_length is not None and (rule.minimum_length or 0) > rule.maximum_length:
        raise FieldRuleError(f"{rule.shown_label}: the minimum length is above the maximum length")


def _at_least(length: int) -> Callable[[str], bool]:
    return lambda value: len(value) >= length


def _at_most(length: int) -> Callable[[str], bool]:
    return lambda value: len(value) <= length


def _letters_at_least(count: int, letters: frozenset[str]) -> Callable[[str], bool]:
    """Return a test that counts Latin letters without their accents; other scripts have no such count and pass."""

    def has_enough(value: str) -> bool:
        bare = unicodedata.normalize("NFD", value).lower()
        if any(character.isalpha() and not character.isascii() for character in bare):
            return True
        return sum(character in letters for character in bare) >= count

    return has_enough


def _without_words(rejected: tuple[str, ...]) -> Callable[[str], bool]:
    """Return a test for whole words and phrases, so that a rude word inside an honest name does no harm."""
    phrases = {" ".join(_words(entry)) for entry in rejected if _words(entry)}
    longest = max(phrase.count(" ") for phrase in phrases) + 1

    def is_clean(value: str) -> bool:
        words = _words(value)
        return not any(
            " ".join(words[start : start + length]) in phrases
            for start in range(len(words))
            for length in range(1, longest + 1)
        )

    return is_clean


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _matching(rule: FieldRule) -> Callable[[str], bool]:
    pattern = rule.pattern or ""
    if len(pattern) > LONGEST_PATTERN:
        raise FieldRuleError(f"{rule.shown_label}: the pattern is longer than {LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        matches = re2.compile(pattern, options).fullmatch
    except (re2.error, UnicodeEncodeError) as error:
        reason = error.args[0].decode("utf-8", "replace") if isinstance(error, re2.error) else "not UTF-8"
        raise FieldRuleError(f"{rule.shown_label}: the pattern cannot be used: {reason}") from error

    def is_match(value: str) -> bool:
        # RE2 reads UTF-8, which has no lone surrogates.
        return matches(value.encode("utf-8", "replace").decode()) is not None

    return is_match
